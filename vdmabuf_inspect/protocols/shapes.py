"""What kind of device a ring belongs to, guessed from the sizes and first bytes of the chains that it holds."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS

VDMABUF = 0
"""Stands for vdmabuf, whose device ID depends on the dialect."""
_MESSAGES = frozenset(dialect.size for dialect in DIALECTS.values())
_ETHERTYPES = frozenset({0x0800, 0x0806, 0x86DD, 0x8100, 0x88CC, 0x8035})
_BLOCK_TYPES = frozenset({0, 1, 4, 8, 10, 11, 13, 14, 15, 16, 18, 20, 22, 24, 26})
_SAMPLE = 64
"""Chains that are looked at, the latest."""


@dataclass(frozen=True)
class Shape:
    """Chains of one queue of one device type: its virtio device ID, the queue's index, how they are known."""

    device_id: int
    queue: int
    why: str
    fits: Callable[[Record], bool]
    last: bool = False
    """It is the device's last queue."""


def _u32(data: bytes, at: int = 0) -> int:
    return int.from_bytes(data[at : at + 4], "little") if len(data) >= at + 4 else -1


def _only_readable(record: Record) -> bool:
    return record.readable > 0 and not record.writable


def _only_writable(record: Record) -> bool:
    return record.writable > 0 and not record.readable


def _first(record: Record, writable: bool) -> int:
    """Bytes of the first readable or writable buffer, 0 when there is none."""
    parts = (d.len for d in record.descriptors if d.writable is writable and not d.flags & 4)
    return next(parts, 0)


def _block(record: Record) -> bool:
    known = record.readable >= 16 and _u32(record.readable_bytes) in _BLOCK_TYPES
    return known and _first(record, False) in (16, record.readable) and (record.writable - 1) % 512 in (0, 20)


def _frame(record: Record) -> bool:
    ethertypes = (int.from_bytes(record.readable_bytes[at : at + 2], "big") for at in (24, 22))
    return _only_readable(record) and any(each in _ETHERTYPES for each in ethertypes)


def _frame_buffer(record: Record) -> bool:
    return _only_writable(record) and (1514 <= record.writable <= 1600 or 65535 <= record.writable <= 65600)


def _network_command(record: Record) -> bool:
    return record.writable == 1 and _first(record, False) == 2 and record.readable_bytes[:1] < b"\6"


def _scsi(record: Record) -> bool:
    return _first(record, False) == 51 and _first(record, True) == 108


def _gpu(record: Record) -> bool:
    return record.readable >= 24 and record.writable >= 24 and 0x100 <= _u32(record.readable_bytes) < 0x400


def _cursor(record: Record) -> bool:
    return record.readable == 56 and not record.writable and _u32(record.readable_bytes) in (0x300, 0x301)


def _pages(record: Record) -> bool:
    return _only_readable(record) and record.readable <= 1024 and not record.readable % 4 and _numbers(record)


def _numbers(record: Record) -> bool:
    """Page numbers follow each other: no two are the same, none is zero."""
    data = record.readable_bytes
    found = [_u32(data, at) for at in range(0, len(data) - 3, 4)]
    return len(found) > 8 and 0 not in found and len(set(found)) == len(found) and max(found) < 1 << 28


def _fuse(record: Record) -> bool:
    return _first(record, False) == 40 and _u32(record.readable_bytes) == record.readable


def _nine(record: Record) -> bool:
    size = _u32(record.readable_bytes)
    kind = record.readable_bytes[4:5]
    return record.writable >= 11 and 7 <= size <= record.readable and bool(kind) and 6 <= kind[0] <= 126


SHAPES = (
    Shape(2, 0, "block requests", _block),
    Shape(1, 1, "network frames", _frame),
    Shape(1, 0, "buffers for network frames", _frame_buffer),
    Shape(1, 2, "network card commands", _network_command, last=True),
    Shape(VDMABUF, 1, "vdmabuf messages", lambda r: _only_readable(r) and r.readable in _MESSAGES),
    Shape(VDMABUF, 0, "buffers for vdmabuf messages", lambda r: _only_writable(r) and r.writable in _MESSAGES),
    Shape(8, 2, "SCSI commands", _scsi),
    Shape(16, 0, "GPU commands", _gpu),
    Shape(16, 1, "cursor commands", _cursor),
    Shape(26, 1, "FUSE requests", _fuse),
    Shape(9, 0, "9p messages", _nine),
    Shape(3, 3, "console control messages", lambda r: _only_readable(r) and r.readable == 8
          and 0 <= _u32(r.readable_bytes, 4) < 0x2_0000 and _u32(r.readable_bytes, 4) & 0xFFFF < 9),
    Shape(3, 0, "console buffers of 4096 bytes", lambda r: _only_writable(r) and r.writable == 4096),
    Shape(18, 0, "buffers for input events", lambda r: _only_writable(r) and r.writable == 8),
    Shape(4, 0, "one buffer for random bytes", lambda r: _only_writable(r) and r.writable in (16, 32, 64)),
    Shape(19, 0, "buffers for vsock packets", lambda r: _only_writable(r) and _first(r, True) == 44),
    Shape(19, 1, "vsock packets", lambda r: _only_readable(r) and _first(r, False) == 44),
    Shape(5, 0, "page numbers", _pages),
)  # fmt: skip
"""Tried in order: what tells more comes first."""


def guess(records: Iterable[Record]) -> Shape | None:
    """The kind of ring whose records (a snapshot's) these are, None where they tell nothing certain."""
    records = list(records)
    chains = [r for r in records if r.kind is EventKind.AVAILABLE and r.descriptors][-_SAMPLE:]
    votes = Counter(shape for chain in chains if (shape := _shape(chain)) is not None)
    if votes:
        best, count = votes.most_common(1)[0]
        return best if 2 * count > len(chains) else None
    return _by_lengths([r.used_len for r in records if r.kind is EventKind.USED])


def _shape(record: Record) -> Shape | None:
    return next((shape for shape in SHAPES if shape.fits(record)), None)


def _by_lengths(lengths: Sequence[int]) -> Shape | None:
    """A disk's: whole sectors and a status byte. Descriptors may be gone, what was written is still told."""
    disk = bool(lengths) and all(length % 512 in (1, 21) for length in lengths) and max(lengths) > 512
    return Shape(2, 0, "used lengths of sectors and a status byte", _block) if disk else None
