"""What the clock rules of vdmabuf read: one device's state after a batch."""

from dataclasses import dataclass

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.vdmabuf.device import VdmabufDevice


@dataclass(eq=False, repr=False)
class DeviceClock:
    """`closing`: every queue of the device was stopped, so nothing more can come. Times are nanoseconds."""

    device: VdmabufDevice
    now_ns: int
    stuck_after_ns: int
    qid_of_row: Array
    time_of_row: Array
    first_row: int
    """The device's first START event, -1 where there is none."""
    features: int = 0
    complete: bool = False
    closing: bool = False
    announced: tuple[tuple[int, int], ...] = ()
    """(device number, VM ID) of the session's devices, this one among them."""
    last_message: int = -1

    def qid(self, row: int) -> int:
        """The queue of an event."""
        return int(self.qid_of_row[row])
