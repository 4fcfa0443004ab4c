"""The control plane as records: every message as it is passed on, and where a session begins and ends."""

from dataclasses import dataclass

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import CONTROL_QUEUE, Record
from vdmabuf_inspect.vhost_user.connection import Message

NAME = "vhost-user"
"""Of the capture interface, behind the device's: `vdmabuf0/vhost-user`."""
KEPT = 4096
"""Bytes of a payload that are kept whatever the snap length: without memory tables nothing can be followed."""


@dataclass(frozen=True, slots=True)
class Way:
    """Who sends a message, and on which connection."""

    back_end: bool = False
    channel: bool = False
    """On the back end's own channel."""

    @property
    def flags(self) -> int:
        """As the record says it."""
        return (EventFlag.BACK_END if self.back_end else 0) | (EventFlag.BACK_CHANNEL if self.channel else 0)


def message_record(message: Message, way: Way, now_ns: int, snaplen: int) -> Record:
    """CONTROL of one message with up to `snaplen` bytes of its payload, KEPT at least."""
    size, kept = len(message.payload), message.payload[: max(snaplen, KEPT)]
    flags = way.flags | (EventFlag.SHORTENED if len(kept) < size else 0)
    return Record(
        EventKind.CONTROL, now_ns, queue=CONTROL_QUEUE, flags=flags, head=min(message.request, 0xFFFF),
        index=message.flags & 0xFFFF, event=len(message.fds), readable=size, count=size, readable_bytes=kept,
    )  # fmt: skip


def boundary_record(session: int, back_end: bool, closed: bool, text: str, now_ns: int) -> Record:
    """CONTROL of a peer that connected, or whose connection ended."""
    flags = EventFlag.BOUNDARY | (EventFlag.BACK_END if back_end else 0) | (EventFlag.CLOSED if closed else 0)
    line = text.encode()
    return Record(
        EventKind.CONTROL, now_ns, queue=CONTROL_QUEUE, flags=flags, readable=len(line), count=session,
        readable_bytes=line,
    )  # fmt: skip
