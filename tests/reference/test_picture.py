"""A picture comes back through the page table as it was painted."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.reference.guest import HIGH, LOW, Guest
from vdmabuf_inspect.reference.pagetable import gather, read_table, scatter, seconds_needed, write_table
from vdmabuf_inspect.reference.picture import Format, frame_number, paint


@given(st.integers(32, 200), st.integers(8, 60), st.integers(0, (1 << 32) - 1))
def test_frame_number_is_in_the_picture(width: int, height: int, frame: int) -> None:
    form = Format.of(width, height)
    pixels = paint(form, frame)
    assert len(pixels) == form.size
    assert frame_number(form, pixels) == frame


def test_frames_differ_and_noise_has_no_number() -> None:
    form = Format.of(64, 32)
    assert paint(form, 1) != paint(form, 2)
    assert frame_number(form, Random(1).randbytes(form.size)) is None
    assert frame_number(form, b"short") is None


@pytest.mark.parametrize("pages", [1, 2, 512, 513, 1100])
def test_table_reaches_every_page(pages: int) -> None:
    guest = Guest(2, 8, 16, 1 + seconds_needed(pages), pages, Random(1))
    root, *seconds = guest.tables
    data = [guest.pages.popleft() for _ in range(pages)]
    write_table(guest.ram, root, seconds, data)
    assert read_table(guest.ram, root, pages) == data
    content = Random(2).randbytes(pages * 4096 - 100)
    scatter(guest.ram, data, content)
    assert gather(guest.ram, data, 0, 4096 - 100) == content
    guest.ram.close()


def test_guest_has_two_regions_and_shuffled_pages() -> None:
    guest = Guest(2, 8, 16, 4, 300, Random(1))
    assert [block.gpa for block in guest.ram.blocks] == [LOW, HIGH]
    pages = list(guest.pages)
    assert pages != sorted(pages)
    assert any(page < HIGH for page in pages)
    assert len(set(pages)) == len(pages) >= 300
    guest.ram.close()


def test_table_that_leads_nowhere_is_a_fault() -> None:
    guest = Guest(2, 8, 16, 2, 4, Random(1))
    root, second = guest.tables
    write_table(guest.ram, root, [second], [HIGH, HIGH + (1 << 40)])
    with pytest.raises(FaultError):
        gather(guest.ram, read_table(guest.ram, root, 2), 0, 4096)
    with pytest.raises(ValueError, match="0 pages"):
        read_table(guest.ram, root, 0)
    guest.ram.close()
