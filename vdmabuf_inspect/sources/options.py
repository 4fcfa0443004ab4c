"""What a source cannot know by itself and the user says: where rings lie, which device it is, features, dialect."""

import re
from dataclasses import dataclass

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.sources.number import parse_number

QUEUE_SYNTAX = "NAME=DESC,AVAIL,USED,SIZE[,packed]"
_PARTS = ("descriptor table", "available ring", "used ring", "size")


@dataclass(frozen=True)
class QueueOption:
    """One `--queue`: a ring's name and guest-physical addresses, its size in descriptors.

    `name` is `[DEVICE/]QUEUE[:INDEX]`: `send`, `vdmabuf1/recv`, `ctrl:2`, `0`.
    """

    name: str
    desc: int
    avail: int
    used: int
    size: int
    packed: bool = False
    legacy: bool = False
    """Only the descriptor table was given: the parts lie one after the other, as legacy devices have them."""


@dataclass(frozen=True)
class SourceOptions:
    """Everything the command line may say about a source."""

    queues: tuple[QueueOption, ...] = ()
    rings: str | None = None
    """A file that says where the rings of a memory snapshot are."""
    memory: str | None = None
    """A dump of the guest's memory to read beside the source: a path or a URI."""
    device: str | int | None = None
    """The device's type: virtio device ID or name (`vdmabuf`, `gpu`, `net`)."""
    features: int | None = None
    """Feature bits that the driver acknowledged."""
    dialect: str | None = None
    snaplen: int = 65536
    """Bytes kept of the readable and of the writable part of one chain."""
    look_after: float = 0.0
    """Seconds after a live session began before its rings are looked at."""
    poll: float | None = None
    """Looks a second at the rings of a live source, infinity for as many as can be, None by what happens."""
    follow: bool | None = False
    """Wait for more at the end of a capture file; None: where some process has it open for writing."""


def parse_queue_option(text: str) -> QueueOption:
    """Read `NAME=DESC,AVAIL,USED,SIZE[,packed]`, or `NAME=DESC,SIZE` for the contiguous layout of legacy devices.

    Raises UsageError that says which part is wrong.
    """
    name, equals, rest = text.partition("=")
    parts = rest.split(",")
    if not equals or not name.strip() or len(parts) not in (2, 4, 5):
        raise UsageError(f"--queue {text!r}: expected {QUEUE_SYNTAX}, for example send=0x1000,0x2000,0x3000,128")
    if len(parts) == 5 and parts[4].strip().lower() != "packed":
        raise UsageError(f"--queue {text!r}: {parts[4]!r} after the size; only 'packed' may stand there")
    if len(parts) == 2:
        desc, size = _part(text, _PARTS[0], parts[0]), _part(text, _PARTS[3], parts[1])
        ring = QueueLayout.legacy(0, 0, name, size, desc)
        return QueueOption(name.strip(), desc, ring.avail, ring.used, size, legacy=True)
    desc, avail, used, size = (_part(text, what, part) for what, part in zip(_PARTS, parts, strict=False))
    return QueueOption(name.strip(), desc, avail, used, size, len(parts) == 5)


def parse_poll(text: str) -> float:
    """Looks a second: a number above zero, or `max`. Raises UsageError."""
    rate = float("inf") if text == "max" else float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else 0.0
    if rate <= 0:
        raise UsageError(f"{text!r}: expected looks a second, such as 10000, or max")
    return rate


def _part(text: str, what: str, part: str) -> int:
    try:
        return parse_number(part)
    except ValueError as error:
        raise UsageError(f"--queue {text!r}: {what}: {error}") from None
