"""What the reference driver says to its device, from the first question to the last release."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Posting
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.buffers import Buffer, Buffers
from vdmabuf_inspect.reference.frontend import FrontEnd
from vdmabuf_inspect.reference.mailbox import Arrived, Mailbox
from vdmabuf_inspect.reference.message import build, counter_name, export_body, id_of, read_op, vmid_of
from vdmabuf_inspect.reference.options import DriverOptions
from vdmabuf_inspect.reference.ram import SharedRam
from vdmabuf_inspect.reference.steps import ExportedStep, Meet, StartStep

VMID_SECONDS = 1.5
"""How long to wait for the VM ID before asking again."""
VMID_TRIES = 3


class Traffic:
    """One run. `say` takes a line for each message, `trouble` what the device did wrong.

    `recover` finds another device when this one is gone; it raises SourceError when there is none.
    """

    def __init__(
        self,
        options: DriverOptions,
        front: FrontEnd,
        mailbox: Mailbox,
        buffers: Buffers,
        ram: SharedRam,
        meet: Meet,
        say: Callable[[str], None],
        trouble: Callable[[str], None],
        recover: Callable[[], None] | None = None,
    ) -> None:
        self._options, self._dialect = options, DIALECTS[options.dialect]
        self._front, self._mailbox, self._buffers, self._ram = front, mailbox, buffers, ram
        self._meet, self._say, self._trouble, self._recover = meet, say, trouble, recover
        self._vmid = self._exports = self._releases = self._serial = 0
        self._asked = self._answers = 0
        self._progress = time.monotonic()

    def run(self, end: float) -> None:
        """Everything until the last release, or until `end`, or until the device is silent for too long."""
        step = StartStep(self._dialect)
        self._meet(step)
        if step.export_first:
            self._export()
        done = self._learn_vmid() and self._export_all(end)
        if not self._until(lambda: not self._buffers.live and not self._mailbox.in_flight, None if done else 0.5):
            self._trouble(f"{len(self._buffers.live)} buffers and {self._mailbox.in_flight} chains never came back")

    def summary(self) -> str:
        """What was done, in a few words."""
        return f"{self._exports} exports, {self._releases} releases, {len(self._buffers.live)} buffers still out"

    def _learn_vmid(self) -> bool:
        if not self._dialect.asks_vmid:
            self._vmid = int.from_bytes(self._front.configuration(0, 8), "little")
            self._say(f"VM ID {self._vmid}, from the configuration space")
            return True
        for _ in range(VMID_TRIES):
            if self._ask_vmid() and self._vmid:
                return True
        self._trouble("the device does not tell the VM ID")
        return False

    def _ask_vmid(self) -> bool:
        before = self._answers
        self._until(lambda: self._mailbox.ready)
        self._say("asks for the VM ID")
        self._asked += 1
        self._send(Op.NEED_VMID, b"")
        return self._until(lambda: self._answers > before, VMID_SECONDS)

    def _export_all(self, end: float) -> bool:
        """Export as often as asked; False when no buffer comes back any more."""
        gap = 1 / self._options.rate if self._options.rate else 0.0
        due = time.monotonic()
        while (not self._options.count or self._exports < self._options.count) and time.monotonic() < end:
            if not self._until(self._may_export):
                self._trouble("no buffer came back in time")
                return False
            self._pause(due)
            due = time.monotonic() + gap
            if self._times(self._options.opens - 1) and self._dialect.asks_vmid:
                self._ask_vmid()
            if self._times(self._options.pauses):
                self._say("pauses")
                self._mailbox.pause(self._front)
            self._export()
        return True

    def _times(self, wanted: int) -> bool:
        """Whether it is time for what is done so often over the run."""
        every = self._options.count // (wanted + 1)
        return wanted > 0 and every > 0 and self._exports > 0 and self._exports % every == 0

    def _may_export(self) -> bool:
        room = self._dialect.posting not in (Posting.AHEAD,) or self._mailbox.posted > len(self._buffers.live)
        return bool(self._buffers.free) and self._mailbox.ready and room

    def _export(self) -> None:
        self._exports += 1
        buffer = self._buffers.prepare(self._vmid, self._exports, self._meet)
        step = buffer.exported
        assert step is not None
        private = step.private + step.private_slack
        body = export_body(
            step.halves, step.key, step.pages, step.first_offset, step.last_length, step.reference, private,
            step.private_size,
        )  # fmt: skip
        self._say(f"export {counter_name(self._dialect, buffer.id)} frame {self._exports} buffer {buffer.index}")
        self._send(Op.EXPORT, body, buffer)
        self._meet(ExportedStep(self._ram, [buffer.root, *buffer.seconds], step.entries, self._remap))

    def _remap(self) -> None:
        self._front.share_again(self._ram)

    def _send(self, op: Op, body: Mapping[str, Any] | bytes, tag: Buffer | None = None) -> None:
        self._serial += 1
        self._mailbox.send(op, build(self._dialect, op, body, self._serial), tag)

    def _until(self, done: Callable[[], bool], seconds: float | None = None) -> bool:
        """Work until it is so; False when nothing came for `seconds`."""
        wait = self._options.timeout if seconds is None else seconds
        self._progress = time.monotonic()
        while not done():
            left = self._progress + wait - time.monotonic()
            if left <= 0:
                return False
            self._wait(left)
            self._work()
        return True

    def _pause(self, due: float) -> None:
        self._work()
        while (left := due - time.monotonic()) > 0:
            self._wait(left)
            self._work()

    def _wait(self, seconds: float) -> None:
        try:
            self._mailbox.wait(self._front, seconds)
        except SourceError:
            if self._recover is None:
                raise
            self._work()
            self._recover()
            self._take_back()

    def _take_back(self) -> None:
        """Buffers that only the dead device knew of are ours again."""
        lost = [buffer for buffer in self._buffers.live if buffer not in self._mailbox.under_way]
        for buffer in lost:
            self._buffers.withdraw(buffer)
        self._say(f"another device goes on; {len(lost)} buffers were lost with the old one")
        self._progress = time.monotonic()

    def _work(self) -> None:
        for arrived in self._mailbox.collect():
            self._progress = time.monotonic()
            if arrived.spoilt and arrived.tag:
                self._buffers.withdraw(arrived.tag)
            if arrived.message is not None:
                self._receive(arrived)

    def _receive(self, arrived: Arrived) -> None:
        message = arrived.message or b""
        op = read_op(self._dialect, message) if len(message) == self._dialect.size else Op.UNKNOWN
        handler = {Op.NEED_VMID: self._answered, Op.DMABUF_REL: self._released}.get(op)
        if handler is None:
            self._trouble(f"message that is none of the driver's: {len(message)} bytes, {op.name}")
        if handler is None or not handler(message):
            self._mailbox.post_again()

    def _answered(self, message: bytes) -> bool:
        self._vmid = vmid_of(self._dialect, message)
        self._answers += 1
        self._say(f"VM ID {self._vmid}")
        if not self._vmid:
            self._trouble("VM ID 0")
        return self._answers <= self._asked

    def _released(self, message: bytes) -> bool:
        identifier = id_of(self._dialect, message)
        buffer = self._buffers.release(identifier)
        name = counter_name(self._dialect, identifier)
        if buffer is None:
            self._trouble(f"release of {name}, which is not out")
            return False
        self._releases += 1
        self._say(f"release {name} buffer {buffer.index}")
        return True
