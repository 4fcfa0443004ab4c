"""Whose half is whose: the VM ID in force at each message, and where a buffer ID carries it."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.messages import Messages
from vdmabuf_inspect.track.events import same_look

UNKNOWN = -1


@dataclass
class Identity:
    """What one device has announced so far."""

    announced: int = UNKNOWN
    """VM ID of the latest NEED_VMID answer (or of the configuration space), UNKNOWN before."""
    asked: int = 0
    """NEED_VMID requests that have no answer yet."""

    def apply(self, messages: Messages) -> None:
        """Fill in `announced`, `known`, `asked` and `vm_first`, and remember for the next batch."""
        answers = messages.told(Op.NEED_VMID) & messages.from_device
        requests = messages.told(Op.NEED_VMID) & ~messages.from_device
        self._announce(messages, answers)
        self._count(messages, requests, answers)
        low, high = messages.word("id.low"), messages.word("id.high")
        first = low.astype(np.int64) == messages.known
        last = high.astype(np.int64) == messages.known
        messages.vm_first = np.where(first == last, messages.dialect.vm_half_first, first)

    def _announce(self, messages: Messages, answers: Array) -> None:
        values = np.concatenate([[self.announced], messages.word("id.low").astype(np.int64)])
        latest = np.maximum.accumulate(np.concatenate([[0], np.where(answers, np.arange(1, len(answers) + 1), 0)]))
        messages.announced = values[latest[:-1]]
        ends = same_look(messages.events.time_ns[messages.at], np.arange(len(messages)))
        messages.known = values[latest[ends + 1]]
        self.announced = int(values[latest[-1]])

    def _count(self, messages: Messages, requests: Array, answers: Array) -> None:
        """Requests outstanding before each message; an answer that nobody asked for takes none."""
        change = requests.astype(np.int64) - answers
        level = self.asked + np.concatenate([[0], np.cumsum(change)])
        level -= np.minimum(0, np.minimum.accumulate(level))
        messages.asked = level[:-1]
        self.asked = int(level[-1])
