"""ELF cores: what is read from where, which lies are told apart, and that nothing is read as a whole."""

import time
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.cores import AVAIL, DESC, SIZE, USED, Load, note, ring_memory, write_core
from vdmabuf_inspect.errors import FaultError, InspectError, SourceError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.base import CapturePath, Mode, Producer, SourceOptions
from vdmabuf_inspect.sources.elf import core_memory
from vdmabuf_inspect.sources.elf_header import read_core
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import parse_queue_option

QUEUE = parse_queue_option(f"send={DESC:#x},{AVAIL:#x},{USED:#x},{SIZE}")
OPTIONS = SourceOptions(queues=(QUEUE,))


def memory_of(path: Path) -> Memory:
    file = EvidenceFile(path)
    return core_memory(str(path), file, read_core(str(path), file))


def producer(path: Path, options: SourceOptions = OPTIONS) -> Producer:
    source = open_source(str(path), options)
    assert not isinstance(source, CapturePath)
    return source


def records(source: Producer) -> list[Record]:
    found: list[Record] = []
    source.run(found.append)
    return found


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("order", ["<", ">"])
def test_rings_of_a_core_in_each_class_and_byte_order(tmp_path: Path, bits: int, order: str) -> None:
    source = producer(write_core(tmp_path / "core", [Load(0, bytes(ring_memory()))], bits=bits, order=order))
    found = records(source)
    assert source.mode is Mode.SNAPSHOT
    assert source.queue_names == {(0, 1): "vdmabuf0/send"}
    assert found[0].kind is EventKind.START
    outstanding = [r for r in found if r.kind is EventKind.AVAILABLE and not r.flags & EventFlag.STALE]
    assert [(r.head, r.readable_bytes) for r in outstanding] == [(1, b"hello, ring")]


def test_loads_by_physical_address_with_later_ones_first(tmp_path: Path) -> None:
    loads = [Load(0x4000, b"a" * 0x1000), Load(0x1000, b"b" * 0x2000), Load(0x2800, b"c" * 0x100)]
    memory = memory_of(write_core(tmp_path / "core", loads))
    assert memory.regions() == [(0x1000, 0x2000), (0x4000, 0x1000)]
    assert memory.read(0x27FE, 4) == b"bbcc"
    assert memory.read(0x28FE, 4) == b"ccbb"
    with pytest.raises(FaultError):
        memory.read(0x2FFF, 2)


@pytest.mark.parametrize(("notes", "zero"), [(b"", True), (note("CORE", 1), True), (note("QEMU"), False)])
def test_memory_size_above_file_size(tmp_path: Path, notes: bytes, zero: bool) -> None:
    memory = memory_of(write_core(tmp_path / "core", [Load(0x1000, b"x" * 16, memsz=64)], notes=notes))
    assert memory.covers(0x1000, 64) and not memory.covers(0x1000, 65)
    assert memory.read_some(0x1008, 56) == b"x" * 8 + (bytes(48) if zero else b"")


def test_a_load_left_out_of_the_file_is_memory_that_cannot_be_read(tmp_path: Path) -> None:
    loads = [Load(0x1000, memsz=0x1000, offset=(1 << 64) - 1), Load(0x5000, b"y" * 16)]
    memory = memory_of(write_core(tmp_path / "core", loads))
    assert memory.covers(0x1000, 0x1000)
    assert memory.read_some(0x1000, 8) == b""


def test_extended_numbering_and_repeated_loads_open_fast(tmp_path: Path) -> None:
    path = tmp_path / "core"
    body = 56 * 300_000 + 64 + 64
    loads = [Load(0x10_0000, offset=body, filesz=0x1000) for _ in range(65_536)]
    loads += [Load(0x1000 * i, offset=body + 0x1000 * i, filesz=0xFFF) for i in range(0x200, 0x200 + 234_464)]
    write_core(path, loads)
    with path.open("r+b") as file:
        file.truncate(body + 0x1000 * 300_000)
        file.seek(body)
        file.write(b"repeated")
    began = time.perf_counter()
    memory = memory_of(path)
    took = time.perf_counter() - began
    assert len(memory.regions()) == 234_465
    assert memory.read(0x10_0000, 8) == b"repeated"
    assert took < 3.0  # about 0.3 s on an idle machine; a loop over the headers in Python takes minutes


def test_one_load_over_another_many_times_is_no_trap(tmp_path: Path) -> None:
    loads = [Load(i, offset=0, filesz=40_000 - 2 * i) for i in range(20_000)]
    memory = memory_of(write_core(tmp_path / "core", loads))
    assert memory.regions() == [(0, 40_000)]


def test_a_large_sparse_core_is_not_read_through(tmp_path: Path) -> None:
    path = write_core(tmp_path / "core", [Load(0, offset=0x1000, filesz=8 << 30)])
    with path.open("r+b") as file:
        file.truncate(0x1000 + (8 << 30))
        file.seek(0x1000)
        file.write(ring_memory())
    began = time.perf_counter()
    with path.open("rb") as stream:
        assert [s["p_paddr"] for s in ELFFile(stream).iter_segments()] == [0]
    bare = time.perf_counter() - began
    began = time.perf_counter()
    found = records(producer(path))
    took = time.perf_counter() - began
    assert any(r.readable_bytes == b"hello, ring" for r in found)
    assert took < bare + 1.0


@pytest.mark.parametrize(
    ("loads", "keywords", "said"),
    [
        ([], {}, "without memory"),
        ([Load(0, b"a"), Load(0, b"b")], {}, "core of a process"),
        ([Load(0, b"a")], {"kind": 2}, "no core"),
        ([Load(0, b"a")], {"count": 60_000}, "do not fit"),
        ([Load(0, b"a")], {"count": 0xFFFFFFFF, "extended": True}, "do not fit"),
    ],
)
def test_what_is_no_guest_core_says_so_in_one_line(
    tmp_path: Path, loads: list[Load], keywords: dict[str, int], said: str
) -> None:
    path = write_core(tmp_path / "core", loads, **keywords)  # type: ignore[arg-type]
    with pytest.raises(SourceError, match=said) as error:
        open_source(str(path), OPTIONS)
    assert "\n" not in str(error.value)


def test_without_queues_the_error_lists_the_memory(tmp_path: Path) -> None:
    path = write_core(tmp_path / "core", [Load(0, bytes(0x10000)), Load(0x100000, bytes(100))])
    source = open_source(str(path))
    assert not isinstance(source, CapturePath)
    with pytest.raises(SourceError, match=r"give --queue .*0x0 \(64 KiB\), 0x100000 \(100 bytes\)"):
        source.run(lambda _: None)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_core_with_any_bytes_changed_or_cut_opens_or_says_why(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "core"
    write_core(path, [Load(0, bytes(ring_memory(0x9000))), Load(0x20000, b"z" * 32, memsz=64)], notes=note("QEMU"))
    raw = bytearray(path.read_bytes())
    for at in data.draw(st.lists(st.integers(4, 300), max_size=12)):
        raw[at] = data.draw(st.sampled_from([0, 1, 0x7F, 0x80, 0xFF]))
    path.write_bytes(raw[: data.draw(st.one_of(st.just(len(raw)), st.integers(0, len(raw))))])
    try:
        records(producer(path))
    except InspectError as error:
        assert "\n" not in str(error)
