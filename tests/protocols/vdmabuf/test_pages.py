"""The page table behind a buffer, in memory that may be anything."""

from struct import pack

from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, PAGE_SIZE
from vdmabuf_inspect.protocols.vdmabuf.pages import PER_PAGE, PageList, page_list

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
    found = page_list(memory_of(bytes(ram)), ROOT, pages)
    assert list(found.addresses) == addresses and not found.problem
    assert [a + PAGE_SIZE * i for a, n in found.runs() for i in range(n)] == addresses


@given(st.binary(min_size=64, max_size=256), st.integers(-5, MAX_PAGES + 5), st.integers(0, 1 << 64))
def test_any_table_ends_without_an_error(pattern: bytes, pages: int, reference: int) -> None:
    ram = (pattern * (SIZE // len(pattern) + 1))[:SIZE]
    for root in (reference, reference % SIZE & ~(PAGE_SIZE - 1)):
        found = page_list(memory_of(ram), root, pages)
        assert found.problem or len(found.addresses) == pages


def test_what_could_be_read_is_kept() -> None:
    ram = bytearray(SIZE)
    ram[ROOT : ROOT + 16] = pack("<QQ", SECOND, 1 << 40)
    found = page_list(memory_of(bytes(ram)), ROOT, PER_PAGE + 1)
    assert len(found.addresses) == PER_PAGE and "512 of 513" in found.problem


def test_runs_join_pages_that_follow_each_other() -> None:
    assert PageList((0x1000, 0x2000, 0x5000, 0x4000, 0x5000)).runs() == [(0x1000, 2), (0x5000, 1), (0x4000, 2)]
