"""Looking for rings through all of a memory that is not packed."""

import time
from pathlib import Path

import numpy as np

from tests.ring.carving.planted import GPA, PAGE, Split, noise
from vdmabuf_inspect.ring.carving.search import carve
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.raw import open_uri

from .bar import Bar

BYTES = 2 << 30
_KINDS = 1 << 14
"""Pages of noise that are made; the file repeats them in another order."""
_RINGS = tuple(Split(256, 1000 * page, 64, 1500, 40, 4, True) for page in range(1, 12))


def searching(folder: Path, times: int = 3) -> Bar:
    """Find the rings among 2 GiB of noise of all kinds, none of it holes, in this process' processor time."""
    path = folder / "noise.raw"
    _write(path)
    spent = min(_search(path) for _ in range(times))
    path.unlink()
    rate = BYTES / spent / 1e9
    return Bar("carving, uncompressed memory", f"{rate:.2f} GB/s", "1 GB/s or more on one core", rate >= 1)


def _search(path: Path) -> float:
    snapshot = open_uri(f"{path}@{GPA:#x}", SourceOptions())
    assert snapshot.memory is not None
    begun = time.process_time()
    found = {each.desc for each in carve(snapshot.memory)}
    spent = time.process_time() - begun
    if not {ring.place[0] for ring in _RINGS} <= found:
        raise SystemExit(f"carving found {len(found)} rings, not all of those that are there")
    return spent


def _write(path: Path) -> None:
    pages = np.frombuffer(bytes(noise(_KINDS, 1)), "u1").reshape(-1, PAGE)
    rng = np.random.default_rng(2)
    with path.open("wb") as file:
        for part in range(BYTES // PAGE // _KINDS):
            ram = bytearray(pages[rng.permutation(_KINDS)].tobytes())
            for ring in _RINGS if part == 0 else ():
                ring.plant(ram)
            file.write(ram)
