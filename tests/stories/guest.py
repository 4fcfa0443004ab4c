"""Guest memory in a bytearray, split rings in it that may be poked at will, and a clock that stands still."""

from dataclasses import dataclass, field
from struct import pack, pack_into

from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.group import RingWatcher, interleave, sight
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.watch import watcher_of

MS = 1_000_000
BEGIN = 1_700_000_000 * 1000 * MS
RAM_SIZE = 1 << 20
NEXT, WRITE, INDIRECT = 1, 2, 4


@dataclass
class Guest:
    """One address space, its observers, and what they have recorded so far. Times are nanoseconds."""

    ram: bytearray = field(default_factory=lambda: bytearray(RAM_SIZE))
    now: int = BEGIN
    records: list[Record] = field(default_factory=list)
    watchers: list[RingWatcher] = field(default_factory=list)
    names: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def memory(self) -> Memory:
        """What an observer sees."""
        return Memory([Segment(0, len(self.ram), lambda offset, size: bytes(self.ram[offset : offset + size]))])

    def write(self, address: int, data: bytes) -> None:
        self.ram[address : address + len(data)] = data

    def watch(self, layout: QueueLayout, *, complete: bool = True, others: tuple[QueueLayout, ...] = ()) -> RingWatcher:
        """Observe a queue from now on."""
        watcher = watcher_of(self.memory, layout, others=others)
        self.watchers.append(watcher)
        self.names[layout.device, layout.index] = layout.name
        self.records += watcher.start(self.now, complete)
        return watcher

    def look(self, ms: float = 1.0) -> int:
        """Look at all rings `ms` later; the number of records so far."""
        self.now += int(ms * MS)
        words = sight(self.watchers)
        steps = [watcher.step(self.now, seen) for watcher, seen in zip(self.watchers, words, strict=True)]
        self.records += interleave(steps)
        return len(self.records)

    def stop(self, *, closed: bool = True) -> None:
        """A last look, then the end of every observation."""
        self.look()
        for watcher in self.watchers:
            self.records += watcher.stop(self.now, closed)
        self.watchers.clear()


@dataclass
class Ring:
    """Both sides of one split ring, without any rule: it writes what it is told to write."""

    guest: Guest
    layout: QueueLayout
    avail_idx: int = 0
    used_idx: int = 0

    def describe(self, index: int, addr: int, length: int, flags: int = 0, after: int = 0) -> None:
        """Fill in one descriptor."""
        self.guest.write(self.layout.desc + 16 * index, pack("<QIHH", addr, length, flags, after))

    def offer(self, head: int) -> None:
        """Make a head available."""
        slot = self.avail_idx % self.layout.size
        pack_into("<H", self.guest.ram, self.layout.avail + 4 + 2 * slot, head)
        self.set_avail(self.avail_idx + 1)

    def give_back(self, head: int, length: int = 0) -> None:
        """Put a head into the used ring."""
        slot = self.used_idx % self.layout.size
        pack_into("<II", self.guest.ram, self.layout.used + 4 + 8 * slot, head, length)
        self.set_used(self.used_idx + 1)

    def set_avail(self, index: int) -> None:
        self.avail_idx = index & 0xFFFF
        pack_into("<H", self.guest.ram, self.layout.avail + 2, self.avail_idx)

    def set_used(self, index: int) -> None:
        self.used_idx = index & 0xFFFF
        pack_into("<H", self.guest.ram, self.layout.used + 2, self.used_idx)

    def set_flags(self, *, avail: int = 0, used: int = 0) -> None:
        pack_into("<H", self.guest.ram, self.layout.avail, avail)
        pack_into("<H", self.guest.ram, self.layout.used, used)
