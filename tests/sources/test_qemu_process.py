"""Another process's memory read through /proc: nothing is allocated, and a missing right is named."""

import ctypes
import mmap
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.qemu.process import PAGE, ProcessMemory, file_behind, mapping_at, mappings

SIZE = 512 * PAGE
NOBODY = 65534


def address(memory: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(memory))


def zeros(_at: int, size: int) -> bytes:
    return bytes(size)


def present(at: int, size: int) -> int:
    """How many pages are mapped there."""
    with Path("/proc/self/pagemap").open("rb", buffering=0) as pages:
        pages.seek(at // PAGE * 8)
        return sum(entry >> 63 for entry in memoryview(pages.read(size // PAGE * 8)).cast("Q"))


@pytest.fixture
def private() -> Iterator[mmap.mmap]:
    memory = mmap.mmap(-1, SIZE, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        memory.madvise(mmap.MADV_NOHUGEPAGE)
    yield memory


def test_reading_what_was_never_touched_maps_nothing(private: mmap.mmap) -> None:
    private[5 * PAGE : 5 * PAGE + 4] = b"ring"
    at = address(private)
    assert present(at, SIZE) == 1
    data = ProcessMemory(os.getpid()).read(at, SIZE, zeros)
    assert len(data) == SIZE and data[5 * PAGE :].startswith(b"ring") and not any(data[: 5 * PAGE])
    assert present(at, SIZE) == 1


def test_a_page_that_comes_is_seen(private: mmap.mmap) -> None:
    memory, at = ProcessMemory(os.getpid()), address(private)
    assert memory.read(at + 10, 4, zeros) == bytes(4)
    private[10:14] = b"here"
    assert memory.read(at + 10, 4, zeros) == b"here"
    private[PAGE - 2 : PAGE + 2] = b"both"
    assert memory.read(at + PAGE - 2, 4, zeros) == b"both"


def test_reading_holes_of_a_shared_file_allocates_nothing() -> None:
    fd = os.memfd_create("ram")
    os.ftruncate(fd, SIZE)
    memory = mmap.mmap(fd, SIZE)
    memory[3 * PAGE : 3 * PAGE + 4] = b"ring"
    before = os.fstat(fd).st_blocks
    mapping = mapping_at(mappings(os.getpid()), address(memory))
    assert mapping is not None and mapping.shared
    file = file_behind(os.getpid(), mapping)
    assert file is not None
    data = file.read(0, SIZE)
    assert len(data) == SIZE and data[3 * PAGE :].startswith(b"ring")
    assert os.fstat(fd).st_blocks == before > 0
    os.close(fd)


def test_a_private_file_is_read_where_it_was_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "ram"
    path.write_bytes(b"file".ljust(2 * PAGE, b"."))
    with path.open("rb") as opened:
        memory = mmap.mmap(opened.fileno(), 2 * PAGE, mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_WRITE)
    memory[PAGE : PAGE + 4] = b"mine"
    at = address(memory)
    mapping = mapping_at(mappings(os.getpid()), at)
    assert mapping is not None and not mapping.shared
    file = file_behind(os.getpid(), mapping)
    assert file is not None
    data = ProcessMemory(os.getpid()).read(at, 2 * PAGE, lambda where, size: file.read(where - at, size))
    assert data[:4] == b"file" and data[PAGE : PAGE + 4] == b"mine"


def as_nobody(work: Callable[[], object]) -> str:
    """What it raises when it is done by a user without rights."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.setuid(NOBODY)
        try:
            work()
        except SourceError as error:
            os.write(writer, str(error).encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as stream:
        return stream.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="it takes root to become somebody else")
def test_the_right_that_is_missing_is_named() -> None:
    pid = os.getpid()
    for work in (lambda: ProcessMemory(pid), lambda: mappings(pid)):
        said = as_nobody(work)
        why = "it runs as root and you are nobody; run as root, or give the guest memory"
        assert f"guest memory cannot be read from QEMU, process {pid}: {why}" in said
        assert "memory-backend-file,share=on" in said and "\n" not in said


def test_a_process_that_is_gone() -> None:
    with pytest.raises(SourceError, match="is gone"):
        mappings(1 << 22)
