"""What changed between two moments, of one session or of two: rings, messages, buffers, pages, findings."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.columns import Array, place
from vdmabuf_inspect.protocols.numbers import command_name, live_mask
from vdmabuf_inspect.protocols.vdmabuf.layout import PAGE_SIZE
from vdmabuf_inspect.protocols.vdmabuf.pages import PageMap
from vdmabuf_inspect.rules.registry import by_number
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Row
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.names import buffer_id, is_vdmabuf
from vdmabuf_inspect.views.page_map import buffer_pages
from vdmabuf_inspect.views.rings import RingsView

_RING = ("kind", "size", "desc", "avail", "used", "avail_idx", "used_idx", "in_flight", "missed", "suppression",
         "epoch", "features", "device_id")  # fmt: skip
_BUFFER = ("state", "exports", "pages", "bytes")
_NEWEST = 1 << 20
"""Events among which a queue's last one is looked for."""
_TOLD = 64
"""Buffers between two words about how far it is."""
MOST_PAGES = 1 << 16
"""Pages whose bytes are compared: 256 MiB."""


@dataclass(frozen=True)
class Side:
    """One of the two moments. `memory`: guest memory as it was then, None where there is none of it."""

    session: Session
    seq: int
    memory: Memory | None = None

    @property
    def moment(self) -> Moment:
        """The state of everything then."""
        return Moment(self.session, self.seq)


@dataclass(frozen=True)
class Change:
    """`what` of a `subject` was `before` and is `after`; None where there was no such thing.

    `kind`: ring, message, buffer, page or finding. `seq`: the event that changed it last, 0 where no event did.
    """

    kind: str
    subject: str
    what: str
    before: Any
    after: Any
    seq: int = 0


@dataclass(frozen=True)
class Pace:
    """How far a comparison goes. `most`: buffers that are looked at, the first that differ; None for all.

    `at`: told how much of it is done, 0 to 1; what it raises ends the comparison.
    """

    most: int | None = None
    at: Callable[[float], None] = lambda done: None


WHOLE = Pace()
"""Everything, and nobody is told."""


def compare(before: Side, after: Side, pace: Pace = WHOLE) -> Iterator[Change]:
    """Everything that is otherwise, rings first; nothing when nothing is."""
    yield from _rings(before, after)
    yield from _counts("message", _messages(before), _messages(after))
    yield from _buffers(before, after, pace)
    yield from _counts("finding", _findings(before), _findings(after))


def _rings(before: Side, after: Side) -> Iterator[Change]:
    old, new = ({row["queue"]: row for row in _all(RingsView(s.session, s.seq))} for s in (before, after))
    last = {queue.name: _last_event(after, queue.qid) for queue in after.session.queues.rings}
    yield from _rows("ring", old, new, _RING, last)


def _last_event(side: Side, qid: int) -> int:
    """The last event of a queue so far, looked for in the newest ones; 0 for none."""
    newest = side.session.events.qid[max(0, side.seq - _NEWEST) : side.seq]
    mine = np.flatnonzero(newest == qid)
    return max(0, side.seq - _NEWEST) + int(mine[-1]) + 1 if len(mine) else 0


def _all(view: RingsView | BuffersView) -> Iterator[Row]:
    return view.rows(0, len(view))


def _rows(
    kind: str, old: Mapping[str, Row], new: Mapping[str, Row], columns: tuple[str, ...], last: Mapping[str, int]
) -> Iterator[Change]:
    """What differs between rows of one name; of a row that only one side has, its first column."""
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name), new.get(name)
        for column in columns if one and other else columns[:1]:
            values = [None if row is None else row[column] for row in (one, other)]
            if values[0] != values[1]:
                yield Change(kind, name, column, values[0], values[1], last.get(name, 0))


_Counts = Mapping[str, tuple[int, int]]
"""How many there are, and the last one's event."""


def _messages(side: Side) -> _Counts:
    log = side.session.messages
    known = place(log.row, side.seq)
    queues = side.session.queues.queues
    key = side.session.events.qid[log.row[:known]].astype(np.int64) << 16 | log.op[:known]
    return {
        f"{queues[number >> 16].name} {command_name(number & 0xFFFF)}": told
        for number, told in _counted(key, log.row[:known]).items()
    }


def _findings(side: Side) -> _Counts:
    log = side.session.findings
    count = len(log)
    told = np.flatnonzero(log.row[:count] < side.seq)
    rules = _counted(log.rule[told].astype(np.int64), log.row[told])
    return {f"{(rule := by_number(number)).code} {rule.slug}": found for number, found in rules.items()}


def _counted(key: Array, row: Array) -> dict[int, tuple[int, int]]:
    """By key: how many rows have it, and the last one's sequence number."""
    keys, group, counts = np.unique(key, return_inverse=True, return_counts=True)
    last = np.full(len(keys), -1, np.int64)
    np.maximum.at(last, group, row)
    return {int(k): (int(n), int(r) + 1) for k, n, r in zip(keys, counts, last, strict=True)}


def _counts(kind: str, old: _Counts, new: _Counts) -> Iterator[Change]:
    for name in sorted({*old, *new}):
        (one, _), (other, seq) = old.get(name, (0, 0)), new.get(name, (0, 0))
        if one != other:
            yield Change(kind, name, "count", one, other, seq)


def _buffers(before: Side, after: Side, pace: Pace) -> Iterator[Change]:
    chosen = _chosen(before, after)
    taken = _first([rows for _, rows in chosen], pace.most)
    old, new = (
        {row["buffer"]: row for row in _made(view, taken[part], pace, part)} for part, (view, _) in enumerate(chosen)
    )
    yield from _rows("buffer", old, new, _BUFFER, {name: row["last_seq"] or 0 for name, row in new.items()})
    left = max(len(rows) - len(some) for (_, rows), some in zip(chosen, taken, strict=True))
    if left:
        yield Change("buffer", f"{left:,} more", "count", None, None)
    yield from _pages(before, after)


def _first(sides: list[Array], most: int | None) -> list[Array]:
    """Of each side those among the first `most` of the longer one: of a buffer both or neither is looked at."""
    longer = max(sides, key=len)
    return sides if most is None or len(longer) <= most else [rows[rows < longer[most]] for rows in sides]


def _made(view: BuffersView, rows: Array, pace: Pace, part: int) -> Iterator[Row]:
    """Rows of the first side (`part` 0), or of the second."""
    for count, row in enumerate(rows.tolist()):
        if not count % _TOLD:
            pace.at((part + count / len(rows)) / 2)
        yield view.make(row)


def _chosen(before: Side, after: Side) -> tuple[tuple[BuffersView, Array], tuple[BuffersView, Array]]:
    """Both sides' buffers; of one session only those that something happened to in between."""
    views = [BuffersView(side.session, side.seq) for side in (before, after)]
    rows = [side.moment.known for side in (before, after)]
    if before.session is after.session:
        last = [side.moment.last_row for side in (before, after)]
        count = min(len(each) for each in last)
        moved = np.ones(max(len(each) for each in last), bool)
        moved[:count] = last[0][:count] != last[1][:count]
        rows = [each[moved[each]] for each in rows]
    return (views[0], rows[0]), (views[1], rows[1])


def _live(side: Side) -> dict[str, int]:
    """The vdmabuf buffers that the device has, by identifier."""
    live = np.flatnonzero(live_mask()[side.moment.states])
    return {buffer_id(side.session, int(n)): int(n) for n in live if is_vdmabuf(side.session, int(n))}


def _pages(before: Side, after: Side) -> Iterator[Change]:
    """Page tables and contents of the buffers that the device has at both moments."""
    old, new = _live(before), _live(after)
    left = MOST_PAGES
    for identifier in [each for each in old if each in new]:
        maps = [_map(before, old[identifier]), _map(after, new[identifier])]
        if maps[0] is None or maps[1] is None:
            continue
        name = str(BuffersView(after.session, after.seq).make(new[identifier])["buffer"])
        yield from _of_maps(name, maps[0], maps[1])
        if before.memory is not None and after.memory is not None and left > 0:
            left -= maps[1].listed
            yield from _contents(name, before.memory, after.memory, maps[0], maps[1])


def _map(side: Side, number: int) -> PageMap | None:
    found = buffer_pages(side.session, number, side.seq, side.memory)
    return None if found is None else found.found


def _of_maps(name: str, old: PageMap, new: PageMap) -> Iterator[Change]:
    if old.reference != new.reference:
        yield Change("page", name, "page table at", hex(old.reference), hex(new.reference))
    one, other = old.addresses(), new.addresses()
    count = min(len(one), len(other))
    moved = int((one[:count] != other[:count]).sum()) + abs(len(one) - len(other))
    if moved:
        yield Change("page", name, "addresses", f"{len(one)} pages", f"{len(other)} pages, {moved} elsewhere")
    hashed = old.hashed and old.hashed == new.hashed
    if hashed and not moved and old.data_hash != new.data_hash:
        yield Change("page", name, "content", f"{old.data_hash:016x}", f"{new.data_hash:016x}")


def _contents(name: str, before: Memory, after: Memory, old: PageMap, new: PageMap) -> Iterator[Change]:
    """Runs of pages whose bytes differ, counted within the buffer."""
    pairs = zip(old.addresses().tolist()[:MOST_PAGES], new.addresses().tolist(), strict=False)
    changed = [at for at, (one, other) in enumerate(pairs) if _read(before, one) != _read(after, other)]
    for first, last in _stretches(changed):
        what = f"page {first}" if first == last else f"pages {first} to {last}"
        yield Change("page", name, what, "content", "other content")


def _read(memory: Memory, address: int) -> bytes:
    try:
        return memory.read(address, PAGE_SIZE)
    except FaultError:
        return b""


def _stretches(numbers: list[int]) -> Iterator[tuple[int, int]]:
    """(first, last) of each stretch of numbers that follow each other."""
    begin = 0
    for at in range(1, len(numbers) + 1):
        if at == len(numbers) or numbers[at] != numbers[at - 1] + 1:
            yield numbers[begin], numbers[at - 1]
            begin = at
