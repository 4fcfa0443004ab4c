"""Rings are found among noise by their looks, at the places where they are, and noise is none."""

from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.ring.carving.planted import GPA, PAGE, Packed, Split, memory, noise
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.carving.candidate import Candidate, Reason, ranked
from vdmabuf_inspect.ring.carving.search import MOST, CancelledError, carve

PAGES = 256


def places(found: list[Candidate]) -> set[tuple[int, int, int, int]]:
    return {(c.size, c.desc, c.avail, c.used) for c in found}


def splits(page: int) -> st.SearchStrategy[Split]:
    """A ring in use from `page` on, of 32 pages at most."""

    def ring(size: int, alignment: int, chains: int, heads: int, event_idx: bool) -> Split:
        held = min(heads, chains, size) // 2
        return Split(size, page, alignment, chains, min(heads, size), held, event_idx)

    sizes = st.sampled_from([8, 16, 32, 64, 128, 256, 512, 1024])
    counts = st.one_of(st.integers(3, 40), st.integers(1100, 60000))
    return st.builds(ring, sizes, st.sampled_from([4, 64, PAGE]), counts, st.integers(3, 60), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.tuples(splits(16), splits(64), splits(160)), st.integers(0, 1 << 32))
def test_every_planted_split_ring_is_found_at_its_place(rings: tuple[Split, ...], seed: int) -> None:
    ram = noise(PAGES, seed)
    for ring in rings:
        ring.plant(ram)
    found = carve(memory(ram))
    assert {(ring.size, *ring.place) for ring in rings} <= places(found)
    assert len(found) <= 2 * len(rings)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from([64, 256, 512]), st.integers(3, 1000), st.integers(0, 1 << 32))
def test_a_planted_packed_ring_is_found_with_its_event_structures(size: int, chains: int, seed: int) -> None:
    assume(chains % (2 * size))  # after every second lap all flags are zero, and nothing tells it from other data
    ram = noise(PAGES, seed)
    ring = Packed(size, 40, chains)
    ring.plant(ram)
    found = {c.desc: c for c in carve(memory(ram)) if c.packed}
    assert ring.place[0] in found
    one = found[ring.place[0]]
    assert (one.avail, one.used) == ring.place[1:]
    assert one.features & Feature.EVENT_IDX
    if chains > size and chains % size:
        assert one.size == size  # before that, and at the end of a lap, a larger one begun would look the same


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1 << 32))
def test_noise_is_no_ring(seed: int) -> None:
    assert carve(memory(noise(PAGES, seed))) == []


def test_rings_whose_parts_lie_apart_are_found() -> None:
    ram = noise(PAGES, 1)
    whole = Split(64, 0, 64, 50, 20, 4, True)
    whole.plant(ram)
    desc, avail, used = (each - GPA for each in whole.place)
    parts = {100: ram[desc : desc + 1024], 130: ram[avail : avail + 134], 150: ram[used : used + 518]}
    ram[:PAGE] = bytes(PAGE)
    for page, data in parts.items():
        ram[page * PAGE : (page + 1) * PAGE] = bytes(data).ljust(PAGE, b"\0")
    assert (64, *(GPA + page * PAGE for page in parts)) in places(carve(memory(ram)))


def test_rings_that_follow_others_in_a_block_are_found() -> None:
    ram = bytearray(16 * PAGE)
    first = Split(32, 0, 64, 20, 8)
    first.plant(ram)
    end = first.place[2] - GPA + 6 + 8 * 32
    block = bytes(ram[:end])
    second = -(-end // 64) * 64
    ram[second : second + end] = block
    found = carve(memory(ram))
    assert {c.desc - GPA for c in found} == {0, second}


def test_progress_rises_to_the_end_and_a_search_can_be_cancelled() -> None:
    ram = noise(1024, 2)
    Split(64, 3, 64, 50, 20).plant(ram)
    told: list[float] = []
    carve(memory(ram), told.append)
    assert len(told) > 4 and all(a <= b for a, b in pairwise(told)) and told[-1] <= 1.0
    with pytest.raises(CancelledError):
        carve(memory(ram), cancelled=lambda: True)


def test_pages_that_a_dump_left_out_hide_no_ring_behind_them() -> None:
    ram = noise(64, 3)
    ring = Split(64, 20, 64, 50, 20, 4)
    ring.plant(ram)
    absent = (5, 6, 40)

    def read(offset: int, size: int) -> bytes:
        end = next((page * PAGE for page in absent if offset < (page + 1) * PAGE), offset + size)
        return bytes(ram[offset : max(min(offset + size, end), offset)])

    assert ring.place[0] in {c.desc for c in carve(Memory([Segment(GPA, len(ram), read)]))}


def test_memory_that_cannot_be_read_is_no_ring() -> None:
    assert carve(Memory([Segment(0, 1 << 20, lambda _offset, _size: b"")])) == []
    assert carve(Memory()) == []
    assert carve(Memory([Segment(100, 50, lambda _, size: bytes(size))])) == []


def test_of_two_in_one_place_the_better_is_kept() -> None:
    good = Candidate(8, 0x1000, 0x1080, 0x10C0, reasons=(Reason(90, ""),))
    worse = Candidate(16, 0x1000, 0x1100, 0x1140, reasons=(Reason(80, ""),))
    other = Candidate(8, 0x1200, 0x1280, 0x12C0, reasons=(Reason(60, ""),))
    assert ranked([other, worse, good]) == [good, other]


def test_memory_full_of_rings_is_searched_within_bounds() -> None:
    one = bytearray(PAGE)
    Split(64, 0, 64, 50, 20, 4).plant(one)
    ram = one * 6000
    assert len(carve(memory(ram))) == MOST
