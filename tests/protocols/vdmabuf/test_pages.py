"""The page table behind a buffer, in memory that may be anything."""

from struct import pack

from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, PAGE_SIZE
from vdmabuf_inspect.protocols.vdmabuf.pages import PER_PAGE, PageMap, Presence, page_map, unpack_map, with_data

ROOT, SECOND = 0x1000, 0x2000
SIZE = 0x10000


def memory_of(ram: bytes) -> Memory:
    return Memory([Segment(0, len(ram), lambda offset, size: ram[offset : offset + size])])


@given(st.integers(1, 2 * PER_PAGE + 3))
def test_every_page_is_found_in_order(pages: int) -> None:
    addresses = [0x100000 + PAGE_SIZE * (i * 7 % 4096) for i in range(pages)]
    ram = bytearray(SIZE)
    seconds = [SECOND + PAGE_SIZE * i for i in range(-(-pages // PER_PAGE))]
    ram[ROOT : ROOT + 8 * len(seconds)] = pack(f"<{len(seconds)}Q", *seconds)
    ram[SECOND : SECOND + 8 * pages] = pack(f"<{pages}Q", *addresses)
    found = page_map(memory_of(bytes(ram)), ROOT, pages)
    assert found.addresses().tolist() == addresses and not found.problem
    assert {run.presence for run in found.runs} == {Presence.OUTSIDE}
    assert [(run.gpa, run.pages, run.presence) for run in found.tables] == [(ROOT, 1 + len(seconds), Presence.THERE)]
    assert unpack_map(found.pack()) == found


@given(st.binary(min_size=64, max_size=256), st.integers(-5, MAX_PAGES + 5), st.integers(0, (1 << 64) - 1))
def test_any_table_ends_without_an_error(pattern: bytes, pages: int, reference: int) -> None:
    ram = (pattern * (SIZE // len(pattern) + 1))[:SIZE]
    for root in (reference, reference % SIZE & ~(PAGE_SIZE - 1)):
        found = with_data(page_map(memory_of(ram), root, pages), memory_of(ram))
        assert found.problem or len(found.addresses()) == pages
        assert bool(found.problem) == bool(found.trouble)
        assert (back := unpack_map(found.pack())) is not None
        assert back.left_out or back == found


def test_what_could_be_read_is_kept() -> None:
    ram = bytearray(SIZE)
    ram[ROOT : ROOT + 16] = pack("<QQ", SECOND, 1 << 40)
    found = page_map(memory_of(bytes(ram)), ROOT, PER_PAGE + 1)
    assert len(found.addresses()) == PER_PAGE and "512 of 513" in found.trouble


def test_runs_join_pages_that_follow_each_other() -> None:
    found = table_of([0x1000, 0x2000, 0x5000, 0x4000, 0x5000])
    assert [(run.gpa, run.pages) for run in found.runs] == [(0x1000, 2), (0x5000, 1), (0x4000, 2)]


def test_what_a_dump_left_out_is_not_outside() -> None:
    holes = [0x3000, SIZE + 0x5000, 0x4000]
    memory = [Segment(0, SIZE, lambda offset, size: table_ram(holes)[offset : offset + size])]
    end = [Segment(SIZE + 0x10000, PAGE_SIZE, lambda offset, size: bytes(size))]
    there, absent, outside = Presence.THERE, Presence.ABSENT, Presence.OUTSIDE
    for whole, told in ((True, outside), (False, absent)):
        found = page_map(Memory([*memory, *end]), ROOT, 3, whole)
        assert [run.presence for run in found.runs] == [there, told, there]
    beyond = Memory([Segment(0, SIZE, lambda offset, size: table_ram([1 << 40])[offset : offset + size])])
    assert page_map(beyond, ROOT, 1, whole=False).runs[0].presence is outside


def test_data_is_hashed_and_a_change_is_seen() -> None:
    ram = bytearray(table_ram([0x5000, 0x8000]))
    before = with_data(page_map(memory_of(bytes(ram)), ROOT, 2), memory_of(bytes(ram)))
    ram[0x8123] ^= 1
    after = with_data(page_map(memory_of(bytes(ram)), ROOT, 2), memory_of(bytes(ram)))
    assert before.hashed == after.hashed == 2
    assert before.table_hash == after.table_hash and before.data_hash != after.data_hash


@given(st.binary(max_size=200))
def test_any_payload_is_read(data: bytes) -> None:
    found = unpack_map(data)
    assert (found is None) == (len(data) < 88)


def test_a_payload_that_lies_takes_no_memory() -> None:
    runs = pack("<QIBBH", (1 << 64) - 1, (1 << 32) - 1, 0, 9, 0) + pack("<QIBBH", 0x1000, 1 << 17, 0, 0, 0) * 100
    found = unpack_map(b"\xff" * 88 + runs)
    assert found is not None and len(found.addresses()) <= 2 * MAX_PAGES and found.trouble


def table_ram(addresses: list[int]) -> bytes:
    ram = bytearray(SIZE)
    ram[ROOT : ROOT + 8] = pack("<Q", SECOND)
    ram[SECOND : SECOND + 8 * len(addresses)] = pack(f"<{len(addresses)}Q", *addresses)
    return bytes(ram)


def table_of(addresses: list[int]) -> PageMap:
    return page_map(memory_of(table_ram(addresses)), ROOT, len(addresses))
