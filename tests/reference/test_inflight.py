"""A device that dies at any moment loses nothing: the next one goes on from the ring and the in-flight region."""

import os
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.test_backend import memfd, wire
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.device_ring import Chain
from vdmabuf_inspect.reference.kinds import PACKED, SPLIT, Kind
from vdmabuf_inspect.reference.place import Part
from vdmabuf_inspect.reference.ram import Block, Ram
from vdmabuf_inspect.vhost_user.payload import Inflight, pack_u64
from vdmabuf_inspect.vhost_user.wire import Request

BASE, DATA, ROOM = 0x100000, 0x140000, 1 << 20


class DeathError(Exception):
    """The device is gone in the middle of a store."""


class Mortal(Ram):
    """The device's view of memory; it dies just before or just after the store that `fuse` counts down to."""

    fuse = -1
    after = False

    def store16(self, gpa: int, value: int) -> None:
        self.fuse -= 1
        if self.fuse == 0 and not self.after:
            raise DeathError
        super().store16(gpa, value)
        if self.fuse == 0:
            raise DeathError


class Lives:
    """One ring, its driver, and a device that may be replaced by another."""

    def __init__(self, kind: Kind, size: int, batch: int) -> None:
        self.kind, self.batch = kind, batch
        block = Block(BASE, ROOM, memoryview(bytearray(ROOM)), BASE)
        self.mortal = Mortal([block])
        self.place = kind.place.at(BASE, size)
        self.region = memoryview(bytearray(kind.inflight(size)))
        self.complaints: list[str] = []
        self.driver = kind.driver(Ram([block]), self.place, **self._both)
        self.held: list[Chain] = []
        self.birth()

    @property
    def _both(self) -> dict[str, object]:
        return {"in_order": self.batch > 0, "complain": self.complaints.append}

    def birth(self) -> None:
        """A new device, which knows nothing but the memory and the region."""
        self.mortal.fuse = -1
        self.held.clear()
        self.device = self.kind.device(
            self.mortal, self.place, **self._both, batch=self.batch, inflight=self.region, base=self.place.base
        )

    def take(self, number: int) -> None:
        """The device takes a chain."""
        if (chain := self.device.pop()) is not None:
            self.held.append(chain)

    def give(self, number: int) -> None:
        """The device returns one of those that it has taken."""
        if self.held:
            self.device.push(self.held.pop(0 if self.batch else number % len(self.held)), 0)

    def die(self, number: int) -> None:
        """Another device takes over between two steps."""
        self.birth()

    def die_giving(self, number: int) -> None:
        """The device dies while it returns a chain, just before or just after the store that shows it."""
        self.mortal.fuse, self.mortal.after = 1, number % 2 == 1
        self.give(number)


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "take", "give", "die", "die_giving"]), st.integers(0, 5)),
    min_size=20,
    max_size=120,
)
SIZED = st.sampled_from([(SPLIT, 4), (SPLIT, 8), (PACKED, 1), (PACKED, 5), (PACKED, 8)])


@given(SIZED, STEPS, st.sampled_from([0, 1, 3]))
def test_every_chain_comes_back_once_whoever_dies(
    sized: tuple[Kind, int], steps: list[tuple[str, int]], batch: int
) -> None:
    kind, size = sized
    lives = Lives(kind, size, batch)
    work: dict[str, Callable[[int], None]] = {n: getattr(lives, n) for n in ("take", "give", "die", "die_giving")}
    added, out = 0, list[int]()
    rest = [("take", 0)] * size + [("give", 0)] * size
    for action, number in [*steps, ("die", 0), *rest]:
        count = 1 + number % min(3, size)
        if action == "add" and lives.driver.room >= count:
            lives.driver.add([Part(DATA, 4)] * count, added)
            added += 1
        elif action in work:
            try:
                work[action](number)
            except DeathError:
                lives.birth()
        out += [given.tag for given in lives.driver.collect()]
    lives.device.tick()
    out += [given.tag for given in lives.driver.collect()]
    assert sorted(out) == list(range(added))
    assert lives.driver.room == size
    assert not lives.complaints


@given(st.binary(min_size=64, max_size=400), st.sampled_from([SPLIT, PACKED]))
def test_any_region_is_survived(noise: bytes, kind: Kind) -> None:
    lives = Lives(kind, 8, 0)
    lives.region[: len(noise)] = noise[: len(lives.region)]
    lives.birth()
    for _ in range(20):
        lives.take(0)
        lives.give(0)


@pytest.mark.parametrize(("features", "kind"), [(0, SPLIT), (Feature.RING_PACKED, PACKED)], ids=["split", "packed"])
def test_region_is_made_and_taken(features: int, kind: Kind) -> None:
    with wire() as session:
        session.tell(Request.SET_FEATURES, pack_u64(features))
        session.tell(Request.GET_INFLIGHT_FD, Inflight(0, 0, 2, 100).pack())
        answer = session.front.poll()
        assert answer is not None
        told = Inflight.parse(answer.payload)
        assert told == Inflight(2 * kind.inflight(100), 0, 2, 100)
        (number,) = answer.fds.numbers
        assert os.fstat(number).st_size == told.mmap_size
        session.tell(Request.SET_PROTOCOL_FEATURES, pack_u64(1 << 3))
        assert session.acknowledged(Request.SET_INFLIGHT_FD, answer.payload, (number,))
        answer.fds.close()
    with wire() as session, memfd(64) as number:
        session.tell(Request.SET_PROTOCOL_FEATURES, pack_u64(1 << 3))
        assert not session.acknowledged(Request.SET_INFLIGHT_FD, Inflight(4096, 0, 2, 100).pack(), (number,))
