"""What a source is: a producer of records that may be live or a still picture, or a capture file to read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol, runtime_checkable

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.options import QueueOption, SourceOptions

__all__ = ["CapturePath", "Copying", "Mode", "Producer", "QueueOption", "SourceOptions", "Write"]

Write = Callable[[Record], None]


class Mode(StrEnum):
    """How a source relates to time."""

    CAPTURE = "capture"
    SNAPSHOT = "snapshot"
    LIVE = "live"


class Producer(Protocol):
    """A live source or a snapshot."""

    mode: Mode
    name: str
    """As the user gave it."""
    queue_names: Mapping[tuple[int, int], str]
    """(device, queue index) to `vdmabuf0/send`. A live source puts a larger one in its place when a queue is new."""

    @property
    def memory(self) -> Memory | None:
        """Guest memory where it can be read now, None where not or not yet."""

    def run(self, write: Write) -> None:
        """Write every event; return at the end (a snapshot: at once) or soon after `stop`. Raises SourceError."""

    def stop(self) -> None:
        """Make `run` return soon and in good order. May be called from any thread, and more than once."""

    def status(self) -> str:
        """One line for the screen: waiting, connected, closed and why."""


@runtime_checkable
class Attached(Protocol):
    """A live source that finds everything in progress, so that its state can be shown at once."""

    glance: float
    """Seconds of looking after which there is something to show."""


class Copying(Protocol):
    """A stream that is still being copied into a capture file."""

    @property
    def done(self) -> bool:
        """Nothing more will come."""

    def stop(self) -> None:
        """Stop copying; the file is removed when it was a temporary one."""


@dataclass(frozen=True)
class CapturePath:
    """A capture file, for the capture reader to open."""

    path: Path
    name: str
    follow: bool = False
    """It may still grow."""
    copying: Copying | None = None
    """Set when it is a copy of a stream (`-`); following may end once it is done."""
