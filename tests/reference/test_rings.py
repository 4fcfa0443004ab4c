"""The ring kit: what one side gives the other takes, at any size, and no bytes in a ring make either raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.reference.device_ring import DeviceRing
from vdmabuf_inspect.reference.driver_ring import DriverRing, RingFullError
from vdmabuf_inspect.reference.place import Desc, Part, Place, crossed
from vdmabuf_inspect.reference.ram import Ram

BASE, DATA = 0x100000, 0x140000


class Story:
    """Both sides of one ring in plain memory; kicks and calls are counted."""

    def __init__(self, size: int, event_idx: bool = False, indirect: bool = False) -> None:
        self.ram = Ram.plain((BASE, 1 << 20))
        self.place = Place.at(BASE, size)
        self.kicks = self.calls = 0
        self.scratch_at = DATA + (1 << 18)
        scratch = self.scratch if indirect else None
        self.driver = DriverRing(self.ram, self.place, event_idx=event_idx, notify=self.kick, scratch=scratch)
        self.device = DeviceRing(self.ram, self.place, event_idx=event_idx, indirect=indirect, notify=self.call)

    def kick(self) -> None:
        self.kicks += 1

    def call(self) -> None:
        self.calls += 1

    def scratch(self, size: int) -> int:
        at = self.scratch_at
        self.scratch_at = DATA + (1 << 18) + (at + size - DATA) % (1 << 17)
        return at


SIZES = st.sampled_from([1, 2, 4, 8, 64])


@given(SIZES, st.booleans(), st.booleans(), st.lists(st.integers(1, 4), min_size=1, max_size=60))
def test_every_chain_arrives_whole_and_returns(size: int, event: bool, indirect: bool, lengths: list[int]) -> None:
    story = Story(size, event, indirect)
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
    assert len(story.driver.free) == size


@given(st.lists(st.sampled_from(["add", "take", "return", "collect"]), max_size=200), st.booleans())
def test_no_notification_is_lost(actions: list[str], event: bool) -> None:
    """Whoever went to sleep after finding nothing is woken by what comes next (2.7.7.2, 2.7.10.1)."""
    story, held = Story(4, event), []
    assert not story.device.waiting()
    assert not story.driver.collect()
    asleep = {"device": story.kicks, "driver": story.calls}
    for action in actions:
        if action == "add" and story.driver.free:
            story.driver.add([Part(DATA, 8)])
        elif action == "take" and story.kicks > asleep["device"]:
            while (chain := story.device.pop()) is not None:
                held.append(chain)
            asleep["device"] = story.kicks
        elif action == "return" and held:
            story.device.push(held.pop(), 0)
        elif action == "collect" and story.calls > asleep["driver"]:
            story.driver.collect()
            asleep["driver"] = story.calls
    assert story.device.seen_idx == story.driver.avail_idx or story.kicks > asleep["device"]
    assert story.driver.used_idx == story.device.used_idx or story.calls > asleep["driver"]


def test_indices_wrap_at_65536() -> None:
    story = Story(2, event_idx=True)
    for _ in range(65_600):
        story.driver.add([Part(DATA, 8)])
        chain = story.device.pop()
        assert chain is not None
        story.device.push(chain, 0)
        assert len(story.driver.collect()) == 1
    assert story.driver.avail_idx == 65_600 - 65_536


def test_full_ring_is_said() -> None:
    story = Story(2)
    story.driver.add([Part(DATA, 8), Part(DATA, 8, writable=True)])
    with pytest.raises(RingFullError):
        story.driver.add([Part(DATA, 8)])


@given(st.binary(min_size=200, max_size=400), st.integers(0, 0xFFFF))
def test_device_takes_any_bytes(noise: bytes, idx: int) -> None:
    story = Story(8, event_idx=True, indirect=True)
    story.ram.write(BASE, noise)
    story.ram.store16(story.place.avail + 2, idx)
    taken = 0
    while (chain := story.device.pop()) is not None:
        taken += 1
        story.device.push(chain, 0)
    assert taken <= 8


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 7)), min_size=8, max_size=8))
def test_device_walks_any_links_to_an_end(links: list[tuple[int, int]]) -> None:
    story = Story(8, indirect=True)
    for index, (then, flags) in enumerate(links):
        story.ram.write(story.place.descriptor(index), Desc(BASE, 16 * (index + 1), flags, then).pack())
    story.driver.publish(0)
    chain = story.device.pop()
    assert chain is not None
    assert chain.problem or len(chain.readable) + len(chain.writable) <= 16


@given(st.binary(min_size=72, max_size=72))
def test_driver_takes_any_used_ring(noise: bytes) -> None:
    story = Story(8)
    complaints: list[str] = []
    driver = DriverRing(story.ram, story.place, complain=complaints.append)
    for _ in range(8):
        driver.add([Part(DATA, 8)])
    story.ram.write(story.place.used, noise[:70])
    returned = driver.collect()
    assert len({given.head for given in returned}) == len(returned) <= 8


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFF), st.integers(1, 300))
def test_crossed_is_modulo_65536(event: int, old: int, step: int) -> None:
    passed = {(old + i) & 0xFFFF for i in range(step)}
    assert crossed(event, (old + step) & 0xFFFF, old) is (event in passed)
