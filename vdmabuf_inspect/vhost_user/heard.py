"""One message of the control plane as it was recorded, and what is wrong with it taken alone."""

from dataclasses import dataclass

from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.vhost_user.forms import form_of
from vdmabuf_inspect.vhost_user.wire import VERSION, HeaderFlag, request_name

WRONG_SIZE, WRONG_VERSION, WRONG_DIRECTION = range(3)


@dataclass(frozen=True, slots=True)
class Heard:
    """A message, or (`boundary`) a connection that began or ended. `flags` are the header's, `size` was declared."""

    row: int
    time_ns: int
    request: int
    flags: int
    size: int
    fds: int
    payload: bytes
    back_end: bool
    channel: bool
    boundary: bool = False
    closed: bool = False

    @classmethod
    def of(cls, row: int, record: Record) -> "Heard":
        """The message behind a CONTROL record at event `row`."""
        marks = record.flags
        return cls(
            row, record.time_ns, record.head, record.index, record.count, record.event, record.readable_bytes,
            bool(marks & EventFlag.BACK_END), bool(marks & EventFlag.BACK_CHANNEL), bool(marks & EventFlag.BOUNDARY),
            bool(marks & EventFlag.CLOSED),
        )  # fmt: skip

    @property
    def reply(self) -> bool:
        """It comes from the side that answers on its connection, whatever its flags say."""
        return self.back_end is not self.channel and not self.boundary

    @property
    def name(self) -> str:
        """The request's name; `CONNECTED` and `CLOSED` for a boundary."""
        if self.boundary:
            return "CLOSED" if self.closed else "CONNECTED"
        return request_name(self.request, self.channel)

    @property
    def text(self) -> str:
        """What a boundary says."""
        return self.payload.decode("utf-8", "replace") if self.boundary else ""

    def fault(self) -> tuple[int, int] | None:
        """(WRONG_..., the number that is wrong) of a message that no peer should send; None when it is sound."""
        if self.flags & HeaderFlag.VERSION_MASK != VERSION:
            return WRONG_VERSION, self.flags & HeaderFlag.VERSION_MASK
        if bool(self.flags & HeaderFlag.REPLY) is not self.reply:
            return WRONG_DIRECTION, 0
        form = form_of(self.request, self.reply, self.channel)
        if form is None:
            return None
        right = form.right_sizes(self.payload)
        return (WRONG_SIZE, self.size) if right and self.size not in right else None
