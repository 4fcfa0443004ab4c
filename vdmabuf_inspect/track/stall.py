"""A queue that makes no progress: what it waits for, since when, and who is to move."""

from dataclasses import dataclass
from enum import Enum

from vdmabuf_inspect.model.finding import Culprit


class Wait(Enum):
    """What a queue waits for."""

    DEVICE = "the device to return it"
    KICK = "the driver to kick: the device asked for it and no kick was heard"
    REARM = "the device, which asked for no kick while this was waiting"
    CALL = "the device to interrupt: the driver asked for it and no call was heard"
    BUFFERS = "the driver to offer buffers: all were used and none came back"

    @property
    def mover(self) -> Culprit:
        """Who is to move."""
        return Culprit.DRIVER if self in {Wait.KICK, Wait.BUFFERS} else Culprit.DEVICE


@dataclass(frozen=True, slots=True)
class Stall:
    """One queue that waits. `row` is the event row of the chain's AVAILABLE, or of its USED when that is not noticed.

    Times are nanoseconds; `event` is the index at which a notification had been asked for, where one had.
    """

    qid: int
    row: int
    head: int
    since_ns: int
    age_ns: int
    wait: Wait
    event: int = 0
    full: bool = False
    """No descriptor of the ring is free."""
