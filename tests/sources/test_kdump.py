"""Compressed kernel dumps: every codec and shape, absent pages, split sets, flattened pieces, and lies."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.cores import AVAIL, DESC, SIZE, USED, ring_memory
from tests.sources.kdumpfile import MISSING, read_pages
from tests.sources.kdumps import BLOCK, FLAGS, Dump, flattened, pages_of
from tests.sources.mutations import mutated
from tests.sources.test_elf import memory_of as elf_memory
from tests.sources.test_elf import producer, records, write_core
from vdmabuf_inspect.errors import FaultError, SourceError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.sources.codecs import PACKAGES
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import SourceOptions, parse_queue_option
from vdmabuf_inspect.sources.page_cache import PageCache

QUEUE = parse_queue_option(f"send={DESC:#x},{AVAIL:#x},{USED:#x},{SIZE}")
MEMORY = bytes(ring_memory(0x20000)[:0x18000]) + random.Random(7).randbytes(0x8000)
PAGES = pages_of(MEMORY)


def memory(spec: Path | str) -> Memory:
    source = open_source(str(spec), SourceOptions((QUEUE,)))
    found = getattr(source, "memory", None)
    assert isinstance(found, Memory)
    return found


@pytest.mark.parametrize("codec", FLAGS)
@pytest.mark.parametrize(("order", "wide"), [("<", True), (">", True), ("<", False)])
def test_the_ring_in_every_codec_byte_order_and_class(tmp_path: Path, codec: str, order: str, wide: bool) -> None:
    pytest.importorskip(PACKAGES.get(codec, "zlib"))
    path = Dump(PAGES, 40, codec=codec, order=order, wide=wide).save(tmp_path / "dump")
    assert memory(path).read(0, len(MEMORY)) == MEMORY
    outstanding = [
        r for r in records(producer(path)) if r.kind is EventKind.AVAILABLE and not r.flags & EventFlag.STALE
    ]
    assert [(r.head, r.readable_bytes) for r in outstanding] == [(1, b"hello, ring")]


@pytest.mark.peers
@pytest.mark.skipif(bool(MISSING), reason=MISSING or "-")
@pytest.mark.parametrize("codec", FLAGS)
def test_libkdumpfile_reads_the_same(tmp_path: Path, codec: str) -> None:
    pytest.importorskip(PACKAGES.get(codec, "zlib"))
    kept = {pfn: page for pfn, page in PAGES.items() if pfn % 3}
    parts = [
        Dump(kept, 32, codec=codec, part=part).save(tmp_path / f"part{part.start}")
        for part in (range(9), range(9, 20), range(20, 32))
    ]
    ours, theirs = memory("kdump:" + ",".join(map(str, parts[::-1]))), read_pages(parts, list(PAGES))
    for pfn in PAGES:
        mine = ours.read_some(pfn * BLOCK, BLOCK)
        assert (mine, theirs[pfn]) == ((PAGES[pfn],) * 2 if pfn in kept else (b"", "Excluded page"))


def test_a_page_left_out_is_absent_and_no_memory_is_neither(tmp_path: Path) -> None:
    kept = {pfn: page for pfn, page in PAGES.items() if pfn not in (3, 4, 9)}
    found = memory(Dump(kept, 32, holes=frozenset({9})).save(tmp_path / "dump"))
    assert found.regions() == [(0, 9 * BLOCK), (10 * BLOCK, 22 * BLOCK)]
    assert found.covers(3 * BLOCK, 2 * BLOCK) and not found.covers(9 * BLOCK, 1)
    with pytest.raises(FaultError) as fault:
        found.read(2 * BLOCK + 5, 3 * BLOCK)
    assert fault.value.address == 3 * BLOCK
    assert found.read_some(2 * BLOCK + 5, 3 * BLOCK) == MEMORY[2 * BLOCK + 5 : 3 * BLOCK]
    assert found.read(5 * BLOCK, 4 * BLOCK) == MEMORY[5 * BLOCK : 9 * BLOCK]


@settings(max_examples=60, deadline=None)
@given(st.sets(st.integers(0, 1499), max_size=200), st.integers(1400, 1500))
def test_pages_are_found_by_rank_whatever_is_left_out(
    tmp_path_factory: pytest.TempPathFactory, kept: set[int], pfns: int
) -> None:
    pages = {pfn: pfn.to_bytes(4, "big") * (BLOCK // 4) for pfn in kept if pfn < pfns}
    found = memory(Dump(pages, pfns).save(tmp_path_factory.mktemp("rank") / "dump"))
    assert found.regions() == [(0, pfns * BLOCK)]
    for pfn in range(pfns):
        assert found.read_some(pfn * BLOCK + 8, 8) == (pages[pfn][:8] if pfn in pages else b"")


def test_a_flattened_dump_reads_as_the_dump_itself(tmp_path: Path) -> None:
    plain = Dump(PAGES, 40).build()
    (tmp_path / "dump").write_bytes(flattened(plain))
    assert memory(tmp_path / "dump").read(0, len(MEMORY)) == MEMORY
    (tmp_path / "cut").write_bytes(flattened(plain)[:-2000])
    assert memory(tmp_path / "cut").read_some(0, 1 << 30)


def test_a_flattened_core(tmp_path: Path) -> None:
    from tests.sources.cores import Load

    core = write_core(tmp_path / "core", [Load(0, MEMORY)])
    (tmp_path / "flat").write_bytes(flattened(core.read_bytes(), 5000))
    assert memory(tmp_path / "flat").read(0, len(MEMORY)) == elf_memory(core).read(0, len(MEMORY)) == MEMORY


def test_one_file_of_a_split_set_says_so(tmp_path: Path) -> None:
    source = producer(Dump(PAGES, 32, part=range(8, 16)).save(tmp_path / "part"))
    assert "a part of a split set (pages 0x8 to 0x10; all: kdump:FILE1,FILE2" in source.status()
    assert source.memory is not None and source.memory.read_some(0, BLOCK) == b""
    assert source.memory.read(8 * BLOCK, 8 * BLOCK) == MEMORY[8 * BLOCK : 16 * BLOCK]


def test_files_of_two_dumps_are_not_mixed(tmp_path: Path) -> None:
    Dump(PAGES, 32).save(tmp_path / "a")
    Dump(PAGES, 33).save(tmp_path / "b")
    with pytest.raises(SourceError, match="not of one dump"):
        memory(f"kdump:{tmp_path}/a,{tmp_path}/b")
    write_core(tmp_path / "b", [])
    with pytest.raises(SourceError, match="b: no compressed kernel dump"):
        memory(f"kdump:{tmp_path}/a,{tmp_path}/b")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vdmabuf_inspect.sources.codecs.find_spec", lambda _: None)
    path = tmp_path / "dump"
    path.write_bytes(Dump(PAGES, 40).build().replace(b"\1\0\0\0\0\x10", b"\x20\0\0\0\0\x10", 1))
    with pytest.raises(SourceError, match=r"zstd, which needs a package: pip install cramjam$"):
        memory(path)


def test_pages_are_cached_within_a_bound() -> None:
    cache, made = PageCache(10 * (100 + 256)), list[int]()

    def page(number: int) -> bytes:
        return cache.get(number, lambda: made.append(number) or bytes([number]) * 100)

    assert [page(n)[0] for n in (*range(10), 0, *range(10, 15), 0, 3)] == [*range(10), 0, *range(10, 15), 0, 3]
    assert made == [*range(15), 3]


@pytest.mark.parametrize("flat", [False, True])
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_dump_with_any_bytes_changed_or_cut_opens_or_says_why(
    tmp_path_factory: pytest.TempPathFactory, flat: bool, data: st.DataObject
) -> None:
    plain = Dump(PAGES, 40).build()
    path = tmp_path_factory.mktemp("fuzz") / "dump"
    path.write_bytes(mutated(data, flattened(plain) if flat else plain))
    try:
        source = producer(path)
        assert source.memory is not None
        source.memory.read_some(0, 1 << 20)
        records(source)
    except SourceError as error:
        assert "\n" not in str(error)
