"""Walking a chain: whatever the bytes are it ends, never raises, and says what is wrong; well-formed ones are whole."""

from struct import pack, unpack

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ring.memory import VERSION_1, queue, ring
from tests.stories.guest import INDIRECT, NEXT, WRITE, Guest, Ring
from vdmabuf_inspect.model.event import Problem
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.chain import INDIRECT_TABLE, RING_TABLE
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.split.walk import walk

QUICK = settings(max_examples=150, deadline=None, derandomize=True)
BOTH = VERSION_1 | int(Feature.INDIRECT_DESC)
ADDRESS = st.one_of(st.integers(0, 0x500), st.integers(0, 2**64 - 1))
ENTRY = st.tuples(ADDRESS, st.one_of(st.integers(0, 80), st.integers(0, 2**32 - 1)), st.integers(0, 15),
                  st.integers(0, 10))  # fmt: skip


def straight(guest: Guest, layout: QueueLayout, head: int) -> bool:
    """Whether the chain at `head` has nothing wrong with its links, told independently of `walk`."""
    table, entries, index, indirect, seen = layout.desc, layout.size, head, False, set()
    while True:
        if index >= entries or index in seen or table + 16 * index + 16 > len(guest.ram):
            return False
        seen.add(index)
        addr, length, flags, after = unpack("<QIHH", guest.ram[table + 16 * index : table + 16 * index + 16])
        if flags & INDIRECT:
            if indirect or flags & NEXT or not length or length % 16 or not layout.has(Feature.INDIRECT_DESC):
                return False
            table, entries, index, indirect, seen = addr, length // 16, 0, True, set()
        elif not flags & NEXT:
            return True
        else:
            index = after


@QUICK
@given(st.lists(ENTRY, min_size=8, max_size=24), st.integers(0, 9), st.sampled_from([VERSION_1, BOTH]))
def test_any_bytes(entries: list[tuple[int, int, int, int]], head: int, features: int) -> None:
    guest, layout = Guest(bytearray(0x600)), queue(8, features)
    guest.write(0, b"".join(pack("<QIHH", *entry) for entry in entries))
    chain = walk(guest.memory, layout, head)
    assert len(chain.descriptors) <= 2 * layout.size + 1
    assert len({(d.table, d.index) for d in chain.descriptors}) == len(chain.descriptors)
    assert chain.problems or straight(guest, layout, head)
    for writable in (False, True):
        data = chain.read(guest.memory, writable, 300)
        assert len(data) <= min(300, chain.total(writable))


@given(st.binary(min_size=16 * 4, max_size=16 * 4), st.integers(0, 70000))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_random_table(table: bytes, head: int) -> None:
    guest = Guest(bytearray(table.ljust(1024, b"\xff")))
    chain = walk(guest.memory, queue(4, BOTH), head)
    assert chain.problems or straight(guest, queue(4, BOTH), head)
    assert (head >= 4) == (Problem.HEAD_OUT_OF_RANGE in chain.problems)


@st.composite
def plans(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Sizes of readable parts, of writable parts, and an order of descriptors."""
    readable = draw(st.lists(st.integers(1, 40), max_size=4))
    writable = draw(st.lists(st.integers(1, 40), min_size=0 if readable else 1, max_size=4))
    return readable, writable, draw(st.permutations(range(8)))


def lay(target: Ring, plan: tuple[list[int], list[int], list[int]], table: int | None) -> tuple[int, bytes, bytes]:
    """Write the chain; its head and the bytes of both parts. `table`: the address of an indirect table."""
    readable, writable, order = plan
    base = len(target.guest.ram) - 2048
    parts, at = [], base
    for length, flag in [*((n, 0) for n in readable), *((n, WRITE) for n in writable)]:
        parts.append((at, length, flag))
        at += length + 3
    body = bytes(i & 0xFF for i in range(at - base))
    target.guest.write(base, body)
    count = len(parts)
    slots = list(range(count)) if table is not None else order[:count]
    for i, (addr, length, flag) in enumerate(parts):
        last = i == count - 1
        entry = pack("<QIHH", addr, length, flag if last else flag | NEXT, 0 if last else slots[i + 1])
        target.guest.write((table if table is not None else target.layout.desc) + 16 * slots[i], entry)
    if table is not None:
        target.describe(order[0], table, 16 * count, INDIRECT)
    data = [b"".join(body[a - base : a - base + n] for a, n, f in parts if f == flag) for flag in (0, WRITE)]
    return order[0], data[0], data[1]


@QUICK
@given(plans(), st.booleans(), st.integers(0, 120))
def test_well_formed_chain_is_gathered(
    plan: tuple[list[int], list[int], list[int]], indirect: bool, limit: int
) -> None:
    target = ring(8, BOTH)
    table = len(target.guest.ram) - 4000 if indirect else None
    head, readable, writable = lay(target, plan, table)
    chain = walk(target.guest.memory, target.layout, head)
    assert not chain.problems
    assert chain.indirect is indirect
    assert chain.total(False) == len(readable)
    assert chain.total(True) == len(writable)
    assert chain.read(target.guest.memory, False, limit) == readable[:limit]
    assert chain.read(target.guest.memory, True, limit) == writable[:limit]
    assert {d.table for d in chain.descriptors} == ({RING_TABLE, INDIRECT_TABLE} if indirect else {RING_TABLE})


def test_direct_chain_that_ends_in_an_indirect_table() -> None:
    """The last ring descriptor of a chain may refer to a table (2.7.5.3.1 forbids only NEXT beside INDIRECT)."""
    target = ring(8, BOTH)
    target.describe(0, 0x400, 10, NEXT, 1)
    target.describe(1, 0x500, 32, INDIRECT)
    target.guest.write(0x500, pack("<QIHH", 0x410, 20, NEXT, 1) + pack("<QIHH", 0x440, 30, WRITE, 0))
    chain = walk(target.guest.memory, target.layout, 0)
    assert not chain.problems
    assert (chain.total(False), chain.total(True)) == (30, 30)
    assert [d.len for d in chain.buffers] == [10, 20, 30]


def test_whole_ring_is_one_chain_of_the_largest_queue() -> None:
    target = ring(32768, room=64)
    for i in range(32768):
        target.describe(i, 0, 1, NEXT if i < 32767 else 0, i + 1)
    chain = walk(target.guest.memory, target.layout, 0)
    assert not chain.problems
    assert len(chain.descriptors) == 32768
    target.describe(32767, 0, 1, NEXT, 0)
    assert walk(target.guest.memory, target.layout, 0).problems == Problem.LOOP


def test_legacy_layout() -> None:
    layout = QueueLayout.legacy(0, 0, "old", 128, 0x4000)
    assert layout.avail == 0x4000 + 2048
    assert layout.used == 0x5000
    assert not layout.has(Feature.VERSION_1)
    assert QueueLayout.legacy(0, 0, "old", 256, 0).used == 8192
