"""The ring kit: what one side gives the other takes, at any size, and no bytes in a ring make either raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.reference.device_ring import Chain
from vdmabuf_inspect.reference.driver_ring import RingFullError
from vdmabuf_inspect.reference.kinds import PACKED, SPLIT, Kind
from vdmabuf_inspect.reference.packed_place import PackedPlace
from vdmabuf_inspect.reference.place import Desc, Part, crossed
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.split_device_ring import SplitDeviceRing
from vdmabuf_inspect.reference.split_driver_ring import SplitDriverRing

BASE, DATA = 0x100000, 0x140000


class Story:
    """Both sides of one ring in plain memory; kicks and calls are counted."""

    def __init__(
        self, size: int, event_idx: bool = False, indirect: bool = False, kind: Kind = SPLIT, batch: int = 0
    ) -> None:
        self.ram = Ram.plain((BASE, 1 << 20))
        self.place = kind.place.at(BASE, size)
        self.kicks = self.calls = 0
        self.scratch_at = DATA + (1 << 18)
        scratch = self.scratch if indirect else None
        self.complaints: list[str] = []
        both = {"event_idx": event_idx, "in_order": batch > 0, "complain": self.complaints.append}
        self.driver = kind.driver(self.ram, self.place, **both, notify=self.kick, scratch=scratch)
        self.device = kind.device(self.ram, self.place, **both, indirect=indirect, batch=batch, notify=self.call)

    def kick(self) -> None:
        self.kicks += 1

    def call(self) -> None:
        self.calls += 1

    def scratch(self, size: int) -> int:
        at = self.scratch_at
        self.scratch_at = DATA + (1 << 18) + (at + size - DATA) % (1 << 17)
        return at


class SplitStory(Story):
    """With the split ring's own words."""

    driver: SplitDriverRing
    device: SplitDeviceRing


KINDS = st.sampled_from([SPLIT, PACKED])
SIZED = st.sampled_from(
    [*((kind, size) for kind in (SPLIT, PACKED) for size in (1, 2, 4, 8, 64)), (PACKED, 3), (PACKED, 7)]
)


@given(SIZED, st.booleans(), st.booleans(), st.lists(st.integers(1, 4), min_size=1, max_size=60))
def test_every_chain_arrives_whole_and_returns(
    sized: tuple[Kind, int], event: bool, indirect: bool, lengths: list[int]
) -> None:
    kind, size = sized
    story = Story(size, event, indirect, kind)
    for count in lengths:
        parts = [Part(DATA + 64 * i, 10 + i, writable=i >= count - 1) for i in range(min(count, size))]
        try:
            story.driver.add(parts, tag=parts, indirect=indirect and len(parts) < size)
        except RingFullError:
            pytest.fail("the ring was empty")
        chain = story.device.pop()
        assert chain is not None
        assert chain.problem == ""
        assert chain.readable + chain.writable == parts
        story.device.push(chain, 7)
        (returned,) = story.driver.collect()
        assert (returned.tag, returned.length) == (parts, 7)
    assert story.driver.room == size


@given(st.lists(st.sampled_from(["add", "take", "return", "collect"]), max_size=200), st.booleans(), KINDS)
def test_no_notification_is_lost(actions: list[str], event: bool, kind: Kind) -> None:
    """Whoever went to sleep after finding nothing is woken by what comes next (2.7.7.2, 2.7.10.1, 2.8.10)."""
    story, held, added, taken, returned, collected = Story(4, event, kind=kind), list[Chain](), 0, 0, 0, 0
    assert not story.device.waiting()
    assert not story.driver.collect()
    asleep = {"device": story.kicks, "driver": story.calls}
    for action in actions:
        if action == "add" and story.driver.room:
            story.driver.add([Part(DATA, 8)])
            added += 1
        elif action == "take" and story.kicks > asleep["device"]:
            while (chain := story.device.pop()) is not None:
                held.append(chain)
                taken += 1
            asleep["device"] = story.kicks
        elif action == "return" and held:
            story.device.push(held.pop(), 0)
            returned += 1
        elif action == "collect" and story.calls > asleep["driver"]:
            collected += len(story.driver.collect())
            asleep["driver"] = story.calls
    assert taken == added or story.kicks > asleep["device"]
    assert collected == returned or story.calls > asleep["driver"]
    assert not story.complaints


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "take", "return", "tick", "collect"]), st.integers(0, 5)), max_size=300
)


@given(SIZED, STEPS, st.booleans(), st.booleans(), st.integers(0, 4))
def test_whatever_is_put_in_comes_out_once(
    sized: tuple[Kind, int], steps: list[tuple[str, int]], event: bool, indirect: bool, batch: int
) -> None:
    """Any order of work, many wraps, chains of any length, returned in any order or in batches."""
    kind, size = sized
    story, held = Story(size, event, indirect, kind, batch), list[Chain]()
    added, out = list[int](), list[int]()
    for action, number in [*steps, *(last for _ in range(size) for last in (("take", 0), ("return", 0)))]:
        count = min(1 + number, size)
        if action == "add" and story.driver.room >= count:
            parts = [Part(DATA + i, 1, writable=i > 2) for i in range(count)]
            story.driver.add(parts, len(added), indirect and number % 2 == 1 and count < size)
            added.append(len(added))
        elif action == "take" and (chain := story.device.pop()) is not None:
            held.append(chain)
        elif action == "return" and held:
            chain = held.pop(0 if batch else number % len(held))
            story.device.push(chain, sum(part.len for part in chain.writable))
        elif action == "tick":
            story.device.tick()
        elif action == "collect":
            out += [given.tag for given in story.driver.collect()]
    story.device.tick()
    out += [given.tag for given in story.driver.collect()]
    assert out == added if batch else sorted(out) == added
    assert story.driver.room == size
    assert not story.complaints


@given(st.integers(1, 40), st.integers(0, 79), st.integers(0, 79))
def test_packed_base_tells_where_both_stand(size: int, avail: int, outstanding: int) -> None:
    place = PACKED.place.at(BASE, size)
    assert isinstance(place, PackedPlace)
    avail, outstanding = avail % (2 * size), outstanding % (size + 1)
    used = (avail - outstanding) % (2 * size)
    base = place.base_of(avail, used)
    known = base >> 16 != 0 or outstanding != size
    assert place.positions(base) == (avail, used if known else avail)


def test_packed_base_of_dpdk() -> None:
    place = PackedPlace.at(BASE, 256)
    assert place.positions(0x8000) == (0, 0)
    assert place.positions(0x8005) == (5, 5)
    assert place.positions(PackedPlace.base) == (0, 0)


def test_indices_wrap_at_65536() -> None:
    story = SplitStory(2, event_idx=True)
    for _ in range(65_600):
        story.driver.add([Part(DATA, 8)])
        chain = story.device.pop()
        assert chain is not None
        story.device.push(chain, 0)
        assert len(story.driver.collect()) == 1
    assert story.driver.avail_idx == 65_600 - 65_536


@pytest.mark.parametrize("kind", [SPLIT, PACKED])
def test_full_ring_is_said(kind: Kind) -> None:
    story = Story(2, kind=kind)
    story.driver.add([Part(DATA, 8), Part(DATA, 8, writable=True)])
    with pytest.raises(RingFullError):
        story.driver.add([Part(DATA, 8)])


@given(st.binary(min_size=200, max_size=400), st.integers(0, 0xFFFF))
def test_device_takes_any_bytes(noise: bytes, idx: int) -> None:
    story = Story(8, event_idx=True, indirect=True)
    story.ram.write(BASE, noise)
    story.ram.store16(story.place.avail + 2, idx)
    assert _takes(story) <= 8


@given(st.binary(min_size=64, max_size=144))
def test_device_takes_any_packed_ring(noise: bytes) -> None:
    story = Story(8, event_idx=True, indirect=True, kind=PACKED)
    story.ram.write(BASE, noise)
    assert _takes(story) <= 16


def _takes(story: Story) -> int:
    taken = 0
    while (chain := story.device.pop()) is not None:
        taken += 1
        story.device.push(chain, 0)
        assert taken < 100
    return taken


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 7)), min_size=8, max_size=8))
def test_device_walks_any_links_to_an_end(links: list[tuple[int, int]]) -> None:
    story = SplitStory(8, indirect=True)
    for index, (then, flags) in enumerate(links):
        story.ram.write(story.place.descriptor(index), Desc(BASE, 16 * (index + 1), flags, then).pack())
    story.driver.publish(0)
    chain = story.device.pop()
    assert chain is not None
    assert chain.problem or len(chain.readable) + len(chain.writable) <= 16


@given(st.binary(min_size=72, max_size=72))
def test_driver_takes_any_used_ring(noise: bytes) -> None:
    story = Story(8)
    for _ in range(8):
        story.driver.add([Part(DATA, 8)])
    story.ram.write(story.place.used, noise[:70])
    returned = story.driver.collect()
    assert len({given.head for given in returned}) == len(returned) <= 8


@given(st.binary(min_size=128, max_size=136), st.integers(0, 3))
def test_driver_takes_any_packed_ring(noise: bytes, batch: int) -> None:
    story = Story(8, kind=PACKED, batch=batch)
    for count in (1, 3, 2, 2):
        story.driver.add([Part(DATA, 8)] * count)
    story.ram.write(BASE, noise)
    returned = story.driver.collect()
    assert len({given.head for given in returned}) == len(returned) <= 4


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(1, 300))
def test_crossed_is_modulo_65536(event: int, old: int, step: int) -> None:
    passed = {(old + i) & 0xFFFF for i in range(step)}
    assert crossed(event, (old + step) & 0xFFFF, old) is (event in passed)
