"""Both sides of one packed ring, without any rule: it writes what it is told to write."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from struct import pack

from tests.stories.guest import NEXT, WRITE, Guest
from tests.stories.read_back import read_back
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.session.session import Session

AVAIL, USED = 1 << 7, 1 << 15
Buffer = tuple[int, int, int]
"""Address, length, flags."""


@dataclass
class PackedRing:
    """Places count slots from the set-up on; the wrap counter of even laps is 1."""

    guest: Guest
    layout: QueueLayout
    driver: int = 0
    device: int = 0

    def wrap(self, place: int) -> int:
        return 1 - place // self.layout.size % 2

    def write(self, place: int, addr: int, length: int, id: int, flags: int) -> None:
        """Fill in one descriptor as it is given."""
        self.guest.write(self.layout.desc + 16 * (place % self.layout.size), pack("<QIHH", addr, length, id, flags))

    def bits(self, place: int) -> int:
        """The flags of an available descriptor at a place."""
        return AVAIL if self.wrap(place) else USED

    def prepare(self, chain: Sequence[Buffer], id: int, *, ids: bool = True) -> None:
        """Write all of a chain but the flags of its first descriptor. `ids`: the buffer ID stands in each."""
        for i, (addr, length, flags) in reversed(list(enumerate(chain))):
            last = i == len(chain) - 1
            flags |= 0 if last else NEXT  # noqa: PLW2901
            place = self.driver + i
            if i:
                self.write(place, addr, length, id if ids or last else 0xDEAD, flags | self.bits(place))
            else:
                at = self.layout.desc + 16 * (place % self.layout.size)
                self.guest.write(at, pack("<QIH", addr, length, id if ids or last else 0xDEAD))

    def publish(self, chain: Sequence[Buffer]) -> None:
        """The first descriptor's flags: now the chain is available."""
        flags = chain[0][2] | (NEXT if len(chain) > 1 else 0) | self.bits(self.driver)
        self.guest.write(self.layout.desc + 16 * (self.driver % self.layout.size) + 14, pack("<H", flags))
        self.driver += len(chain)

    def offer(self, chain: Sequence[Buffer], id: int, *, ids: bool = True) -> None:
        """Make a chain available."""
        self.prepare(chain, id, ids=ids)
        self.publish(chain)

    def give_back(self, id: int, length: int = 0, slots: int = 1) -> None:
        """Write a used descriptor, for so many slots."""
        both = (AVAIL | USED if self.wrap(self.device) else 0) | (WRITE if length else 0)
        at = self.layout.desc + 16 * (self.device % self.layout.size) + 8
        self.guest.write(at, pack("<IHH", length, id, both))
        self.device += slots

    def events(self, *, driver: tuple[int, int] = (0, 0), device: tuple[int, int] = (0, 0)) -> None:
        """Both event suppression structures: offset with wrap counter, flags."""
        self.guest.write(self.layout.avail, pack("<HH", *driver))
        self.guest.write(self.layout.used, pack("<HH", *device))


PACKED = int(Feature.VERSION_1 | Feature.RING_PACKED)
ENTROPY = 4


class PackedStory:
    """An entropy device on one packed ring, watched from its set-up; every step looks at the ring when it is done."""

    device = 0

    def __init__(self, size: int = 12, features: int = PACKED, **layout: int) -> None:
        self.guest = Guest()
        places = {"desc": 0x1000, "avail": 0x3000, "used": 0x3004} | layout
        place = QueueLayout(0, 0, "rng0/requests", size, features=features, device_id=ENTROPY, **places)
        self.ring = PackedRing(self.guest, place)
        self.guest.watch(place)

    def chain(self, slots: int = 1) -> list[Buffer]:
        """So many buffers of 64 bytes."""
        return [(0x8000 + 64 * i, 64, WRITE) for i in range(slots)]

    def offer(self, id: int, slots: int = 1) -> None:
        self.ring.offer(self.chain(slots), id)
        self.guest.look()

    def give_back(self, id: int, slots: int = 1, length: int = 64) -> None:
        self.ring.give_back(id, length, slots)
        self.guest.look()

    def lap(self) -> None:
        """Once round the ring, one chain at a time."""
        for id in range(self.ring.layout.size):
            self.offer(id)
            self.give_back(id)

    def session(self, folder: Path) -> Session:
        """What was recorded so far, inspected."""
        return read_back(folder / "story.pcapng", self.guest.records, self.guest.names)
