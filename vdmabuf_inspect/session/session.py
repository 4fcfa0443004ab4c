"""The logs of one inspection. Anybody may read them; only the writer adds to them."""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log
from vdmabuf_inspect.model.record import Record, unpack
from vdmabuf_inspect.protocols.device import Device
from vdmabuf_inspect.protocols.vdmabuf.device import VdmabufDevice
from vdmabuf_inspect.rules.runner import finding_log
from vdmabuf_inspect.rules.tool import ToolState
from vdmabuf_inspect.session.queues import QueueTable
from vdmabuf_inspect.track.objects import object_log, transition_log
from vdmabuf_inspect.track.pairing import chain_log

FROM_DEVICE, WHOLE, UNTRUSTED = 1, 2, 4
"""Bits of a message's `flags`."""
_RECORDS = 1024
"""Records that are kept unpacked: one moment is drawn from the same ones again and again."""


class Bytes(Protocol):
    """Where the records' bytes are: a mapped capture."""

    @property
    def data(self) -> memoryview:
        """All bytes."""

    @property
    def words(self) -> Array:
        """The same as little-endian uint32, length floor(size / 4)."""

    @property
    def shrunk(self) -> bool:
        """Whether nothing can be read any more, because the file became shorter."""


@dataclass(frozen=True)
class Settings:
    """What the user chose for judging. Times are nanoseconds; None means: detect, take what the source says."""

    dialect: str | None = None
    device_id: int | None = None
    features: int | None = None
    stuck_after_ns: int = 1_000_000_000
    leak_window_ns: int = 10_000_000_000
    rules: frozenset[str] | None = None
    """Codes of the rules to run, None for all."""
    messages: bool = True
    """Whether to decode messages, follow buffers and judge; rings alone are opened faster without."""


@dataclass(eq=False, repr=False)
class Session:
    """Everything known of one source so far; it may be read while it grows.

    The logs name rows of each other, and only such as are published: events and chains are at one instant, buffers
    before what is said of them, everything else after its event.
    Rows count from 0; a sequence number (`seq`) is a row plus 1, which is also Wireshark's frame number, and
    "at seq n" means after the first n events.
    """

    name: str
    settings: Settings = field(default_factory=Settings)
    store: Bytes | None = None
    events: Log = field(
        default_factory=lambda: Log(time_ns=np.int64, offset=np.int64, qid=np.uint16, kind=np.uint8, chain=np.int32)
    )
    chains: Log = field(init=False)
    messages: Log = field(default_factory=lambda: Log(row=np.int32, object=np.int32, op=np.uint16, flags=np.uint8))
    objects: Log = field(default_factory=object_log)
    transitions: Log = field(default_factory=transition_log)
    control: Log = field(default_factory=lambda: Log(row=np.int32, other=np.int32, session=np.uint32))
    """Messages of the control plane: event rows, the row of the answer or of what is answered (-1), the session."""
    pages: Log = field(default_factory=lambda: Log(row=np.int32, object=np.int32))
    """PAGES events by row, and the buffers that they tell of."""
    findings: Log = field(default_factory=finding_log)
    queues: QueueTable = field(default_factory=QueueTable)
    devices: dict[int, Device] = field(default_factory=dict)
    """Devices by number."""
    tool: ToolState = field(default_factory=ToolState)
    notes: dict[int, str] = field(default_factory=dict)
    """Comments kept in the capture, by event row."""
    remarks: dict[int, str] = field(default_factory=dict)
    """What the user says now in the place of those; an empty one takes a comment away."""
    now_ns: int = 0
    """The observer's time when it last looked without finding anything, 0 before."""
    whole: int = 0
    """Events of batches that were taken in whole: what follows from them is in the logs. Of later ones half may be."""
    finished: bool = False
    progress: float = 0.0
    """How much of a capture has been read, 0 to 1."""
    problem: str = ""
    """Why reading ended early; empty when it did not."""

    @property
    def seq(self) -> int:
        """The latest sequence number."""
        return len(self.events)

    @property
    def vdmabuf(self) -> dict[int, VdmabufDevice]:
        """The devices that are vdmabuf, or may turn out to be, by number."""
        return {number: device for number, device in [*self.devices.items()] if isinstance(device, VdmabufDevice)}

    def __post_init__(self) -> None:
        self.chains = chain_log(self.events)
        self.queues = QueueTable(self.settings.features)
        self._records: dict[int, Record] = {}

    def remarked(self) -> dict[int, str]:
        """All comments that hold, by event row."""
        return {row: text for row, text in (self.notes | self.remarks).items() if text}

    def record(self, row: int) -> Record:
        """The whole record of one event, read from the store. Raises IndexError for a row that is not there."""
        known = self._records.get(row)
        if known is not None:
            return known
        if not 0 <= row < len(self.events) or self.store is None:
            raise IndexError(row)
        start = int(self.events.offset[row])
        found = unpack(self.store.data[start : start + self.record_size(row)], int(self.events.time_ns[row]))
        if found is None:
            raise IndexError(row)
        if len(self._records) >= _RECORDS:
            self._records.clear()
        self._records[row] = found
        return found

    def record_size(self, row: int) -> int:
        """Captured bytes of an event's record."""
        assert self.store is not None
        return captured(self.store, int(self.events.offset[row]))

    def incomplete(self) -> bool:
        """Whether any stretch of any queue was not seen."""
        table = self.queues
        return bool(self.problem) or not (table.complete.all() and not table.gaps.any())


def captured(store: Bytes, offset: int) -> int:
    """Captured bytes of the record at `offset`: the word in its packet block that says so.

    The word has its section's byte order; read the wrong way round it is the larger number.
    """
    word = store.data[offset - 8 : offset - 4]
    return min(int.from_bytes(word, "little"), int.from_bytes(word, "big"))
