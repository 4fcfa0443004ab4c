"""What the session asks of a device, whatever its protocol, and of the messages that it makes of a batch."""

from typing import Protocol

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.track.events import Events
from vdmabuf_inspect.track.objects import Operations


class Messages(Protocol):
    """Columns of n messages; `at` are the places of their events in the batch."""

    events: Events
    at: Array
    from_device: Array
    object: Array

    def __len__(self) -> int: ...

    @property
    def row(self) -> Array:
        """Event rows."""

    @property
    def op(self) -> Array:
        """Commands, as `protocols.numbers` counts them."""

    @property
    def whole(self) -> Array:
        """Mask: the right size, and captured to the end."""

    @property
    def stale(self) -> Array:
        """Mask: bytes that prove nothing."""

    @property
    def complete(self) -> Array:
        """Mask: nothing was missed on the message's queue before it."""


class Device(Protocol):
    """One device of a session: state that outlives a batch."""

    device: int
    """The session's number of it."""

    @property
    def protocol_name(self) -> str:
        """Whose rules judge its messages."""

    @property
    def states(self) -> Array:
        """uint8[states]: the numbers of its objects' states, as `protocols.numbers` counts them."""

    @property
    def steps(self) -> Operations | None:
        """What the last batch did to its objects."""

    def consume(self, events: Events, stuck_after_ns: int, /) -> Messages | None:
        """Decode and track one batch of the device's events; None when it holds no message."""

    def restart(self, features: int, /) -> None:
        """The device was set up again: the driver acknowledged these features, nothing is outstanding."""
