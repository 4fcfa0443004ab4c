"""The running kernel's memory: which loads count, and which right is missing."""

import os
import re
from pathlib import Path

import pytest

from tests.peers.kernel import missing
from tests.peers.stock_guest import StockGuest
from tests.sources.cores import Load, note, write_core
from tests.sources.test_elf import OPTIONS
from tests.sources.test_kdump import MEMORY
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources import kcore
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.snapshot import Snapshot

NOWHERE = (1 << 64) - 1
REAL = os.access(kcore.PATH, os.R_OK)


def test_only_loads_with_a_physical_address_are_memory(tmp_path: Path) -> None:
    loads = [Load(NOWHERE, b"vmalloc" * 100), Load(0, MEMORY[:0x8000]), Load(0x8000, MEMORY[0x8000:])]
    path = write_core(tmp_path / "kcore", loads, notes=note("CORE", 1) + note("VMCOREINFO"))
    source = kcore.open_path(str(path), OPTIONS)
    assert source.memory is not None and source.memory.regions() == [(0, len(MEMORY))]
    assert source.memory.read(0, len(MEMORY)) == MEMORY
    assert "the running kernel's memory" in source.status()


def test_a_kernel_that_does_not_tell_where_memory_lies(tmp_path: Path) -> None:
    path = write_core(tmp_path / "kcore", [Load(NOWHERE, b"v"), Load(0, b"a"), Load(0, b"b")])
    with pytest.raises(SourceError, match="does not tell in it where memory lies"):
        kcore.open_path(str(path), OPTIONS)


def test_what_is_missing_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="CONFIG_PROC_KCORE"):
        kcore.open_path(str(tmp_path / "kcore"), OPTIONS)
    (tmp_path / "kcore").write_bytes(b"")  # what a locked-down kernel's file looks like to a reader
    with pytest.raises(SourceError, match=r"CAP_SYS_RAWIO.*lockdown.*sudo") as error:
        kcore.open_path(str(tmp_path / "kcore"), OPTIONS)
    assert "\n" not in str(error.value)


@pytest.mark.skipif(os.geteuid() == 0 and not Path(kcore.PATH).exists(), reason="this kernel has no /proc/kcore")
@pytest.mark.skipif(REAL, reason="/proc/kcore may be read here")
def test_the_path_is_known_where_it_may_not_be_read() -> None:
    with pytest.raises(SourceError, match="CAP_SYS_RAWIO"):
        open_source(kcore.PATH, OPTIONS)


@pytest.mark.peers
@pytest.mark.skipif(not REAL, reason="/proc/kcore is not there or may not be read")
def test_the_running_kernel_has_memory_where_it_says_that_ram_is() -> None:
    source = open_source(kcore.PATH, OPTIONS)
    assert isinstance(source, Snapshot) and source.memory is not None
    lines = re.findall(r"^([0-9a-f]+)-([0-9a-f]+) : System RAM$", Path("/proc/iomem").read_text(), re.MULTILINE)
    ram = [(int(first, 16), int(last, 16) + 1) for first, last in lines]
    inside = [any(low <= gpa < high for low, high in ram) for gpa, _ in source.memory.regions()]
    assert inside and all(inside)


class Peeked(EvidenceFile):
    """A file in a guest, read over its serial line."""

    def __init__(self, guest: StockGuest, path: str) -> None:
        self._fd, self._guest = -1, guest
        self.path, self.size = Path(path), 1 << 62

    def read(self, offset: int, size: int) -> bytes:
        return self._guest.peek(str(self.path), offset, size)


@pytest.mark.peers
@pytest.mark.slow
@pytest.mark.skipif(bool(missing(drivers=True)), reason=missing(drivers=True) or "-")
def test_a_guest_s_kcore_tells_the_memory_that_its_host_sees(tmp_path: Path) -> None:
    with StockGuest(tmp_path, (), memory="128M") as guest:
        guest.wait_ready()
        memory = kcore.kernel_memory(kcore.PATH, Peeked(guest, kcore.PATH))
        iomem = guest.ask("cat /proc/iomem")
        code = int(re.findall(r"([0-9a-f]+)-[0-9a-f]+ : Kernel code", iomem)[0], 16)
        places = (0x1000, code, code + 0x3000, 0x7000000)
        seen = {at: memory.read(at, 512) for at in places}
        guest.qmp("stop")
        guest.qmp("pmemsave", val=0, size=128 << 20, filename=f"{tmp_path}/raw")
    raw = (tmp_path / "raw").read_bytes()
    assert seen == {at: raw[at : at + 512] for at in places}
    assert any(seen[code]) and not memory.covers(0xA0000, 0x20000)
    ram = [(int(a, 16), int(b, 16) + 1) for a, b in re.findall(r"([0-9a-f]+)-([0-9a-f]+) : System RAM", iomem)]
    assert sum(size for _, size in memory.regions()) > 0.9 * sum(b - a for a, b in ram)
