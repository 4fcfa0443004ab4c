"""What a tour opens: the reference pair while it talks, a guest's memory after it hung, recordings of real guests."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docs.tour.terminal import PATIENCE_S, ROOT, TourError
from tests.sources.cores import Load, write_core
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.reference.pair import Pair
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.sources.options import SourceOptions

_SEED, _VMID = "7", "7"
_BUFFERS = 8
_DRIVER = ("--seed", _SEED, "--count", "0", "--rate", "4", "--buffers", str(_BUFFERS))
_DEVICE = ("--seed", _SEED, "--vmid", _VMID, "--hold", "4")
_FAULTS = ("--fault", "vmid-response-dirty,release-twice@16")
_HANGS = ("--fault", "release-nothing@1")


@dataclass(frozen=True)
class Opened:
    """The words for the program, and what is to be done once it runs."""

    words: tuple[str, ...]
    begin: Callable[[], None] = lambda: None


@contextmanager
def opened(source: str, folder: Path) -> Iterator[Opened]:
    """A source by its name: `live`, `hung`, or a recording's. Raises TourError."""
    if source == "live":
        with Pair(folder) as pair:
            pair.start_device(*_DEVICE, *_FAULTS)
            yield Opened((pair.source, "--device", "vdmabuf"), lambda: _drive(pair))
    elif source == "hung":
        yield Opened((str(hung_guest(folder)),))
    else:
        yield Opened((str(ROOT / "captures" / f"{source}.pcapng"),))


def _drive(pair: Pair) -> None:
    """Start the driver once somebody listens."""
    _until(pair.front.exists, "the proxy does not listen")
    pair.start_driver(*_DRIVER)


def _until(condition: Callable[[], bool], otherwise: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise TourError(otherwise)
        time.sleep(0.02)


def hung_guest(folder: Path) -> Path:
    """The memory of a driver whose device stopped giving buffers back, as an ELF core."""
    inspection = Inspection((pair := Pair(folder)).source, SourceOptions(device="vdmabuf"))
    with pair:
        pair.start_device(*_DEVICE, *_HANGS)
        inspection.start()
        try:
            _drive(pair)
            _until(lambda: _stands_still(inspection), "the driver does not hang")
            memory = getattr(inspection.source, "memory", None)
            assert isinstance(memory, Memory)
            loads = [Load(gpa, memory.read(gpa, size)) for gpa, size in memory.regions()]
        finally:
            inspection.stop()
    return write_core(folder / "hung-guest.elf", loads)


def _stands_still(inspection: Inspection) -> bool:
    """Whether every buffer was exported, and then nothing happened for a second."""
    session = inspection.session
    before = session.seq
    time.sleep(1.0)
    return len(session.objects) >= _BUFFERS and session.seq == before
