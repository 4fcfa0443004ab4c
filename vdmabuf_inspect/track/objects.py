"""Objects with an identity: which operation concerns which one, when a new one begins, and its state after each."""

from dataclasses import dataclass, field

import numpy as np

from vdmabuf_inspect.model.columns import Array, Log
from vdmabuf_inspect.track.index import RowIndex, mix
from vdmabuf_inspect.track.lifecycle import Lifecycle, scan
from vdmabuf_inspect.track.settle import BEGIN, END, OTHER, settle

NO_OBJECT = -1


def object_log() -> Log:
    """Objects, one row an incarnation.

    `name` and `key` are the two 64-bit halves of the identifier; objects with equal `name` are told apart by
    `incarnation` (0 the first). `presumed`: it was shared before anybody looked, or never.
    """
    return Log(
        name=np.uint64, key=np.uint64, first=np.int32, incarnation=np.int32, device=np.uint16,
        flavour=np.uint8, presumed=bool,
    )  # fmt: skip


def transition_log() -> Log:
    """State changes: event row, object row, state after, and `change`: of how many objects are live, -1, 0 or 1."""
    return Log(row=np.int32, object=np.int32, state=np.uint8, change=np.int8)


@dataclass(eq=False, repr=False)
class Operations:
    """A batch of operations on objects, in event order, and what they did.

    Inputs: `row` (event), `look` (its time), `operation`, `name`, `key`, `begins` (shares the object, so that a
    new incarnation may begin), `ends` (gives it back), `flavour` (protocol's own mark on an object that begins here).
    """

    row: Array
    look: Array
    operation: Array
    name: Array
    key: Array
    begins: Array
    ends: Array
    flavour: Array
    object: Array = field(default_factory=lambda: np.empty(0, np.int32))
    before: Array = field(default_factory=lambda: np.empty(0, np.uint8))
    after: Array = field(default_factory=lambda: np.empty(0, np.uint8))
    created: Array = field(default_factory=lambda: np.empty(0, bool))
    previous: Array = field(default_factory=lambda: np.empty(0, np.int32))
    """Where created: the object that had the same `name` before, else -1."""
    presumed: Array = field(default_factory=lambda: np.empty(0, bool))
    live: Array = field(default_factory=lambda: np.empty(0, np.int64))
    """Objects shared with the device after the operation."""
    order: Array = field(default_factory=lambda: np.empty(0, np.int64))
    """The operations in the order in which they count, which for transitions is that of `settled`."""
    settled: Array = field(default_factory=lambda: np.empty(0, np.int64))
    """The event from which on each counts: its own, or the last of a look whose order had to be inferred."""

    def __len__(self) -> int:
        return len(self.row)


class ObjectTracker:
    """Takes one device's operations through its lifecycle, in batches of any size with the same result."""

    def __init__(self, lifecycle: Lifecycle, device: int, objects: Log, elder: "ObjectTracker | None" = None) -> None:
        """`elder`: the tracker of the device before it was set up again; names go on counting from there."""
        self.lifecycle = lifecycle
        self.device = device
        self.objects = objects
        self.live = 0
        self._table = lifecycle.table()
        self._live = lifecycle.live_mask()
        self._state = np.zeros(64, np.uint8)
        self._by_id = RowIndex()
        self._by_name: RowIndex = elder._by_name if elder else RowIndex()

    def live_objects(self) -> Array:
        """Rows of the objects that are shared with the device now."""
        return np.flatnonzero(self._live[self._state[: len(self.objects)]])

    def apply(self, ops: Operations) -> None:
        """Fill in the outputs of `ops` and append to the object log."""
        if not len(ops):
            ops.live = np.empty(0, np.int64)
            return
        order = _by_identity(ops)
        name, key = ops.name[order], ops.key[order]
        opens = np.r_[True, (name[1:] != name[:-1]) | (key[1:] != key[:-1])]
        known = self._known(name, key, opens)
        initial = np.where(known >= 0, self._state[np.maximum(known, 0)], 0).astype(np.uint8)
        order = self._settle(ops, order, opens, initial)
        before, after = scan(self._table, ops.operation[order], opens, initial)
        ended = ~self._live[before]
        created = np.where(ops.begins[order], ended, before == 0)
        self._publish(ops, order, (opens, known, before, after, created))
        change = self._live[ops.after].astype(np.int64) - (self._live[ops.before] & ~ops.created)
        ops.live = self.live + np.cumsum(change)
        self.live = int(ops.live[-1])

    def _settle(self, ops: Operations, order: Array, opens: Array, initial: Array) -> Array:
        """`order` with looks set right whose order was inferred wrongly; fills in `order` and `settled` of `ops`."""
        kind = np.where(ops.begins, BEGIN, np.where(ops.ends, END, OTHER)).astype(np.uint8)
        ops.order, ops.settled = np.arange(len(ops)), ops.row
        places, moved = settle(kind[order], ops.look[order], opens, self._live[initial])
        if not moved.any():
            return order
        order = order[places]
        ops.settled = ops.row.copy()
        late = order[moved]
        ends = np.searchsorted(ops.look, ops.look[late], side="right") - 1
        ops.settled[late] = np.maximum(ops.row[np.maximum(ends, 0)], ops.row[late])
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        ops.order = np.lexsort((rank, ops.settled))
        return order

    def _known(self, name: Array, key: Array, opens: Array) -> Array:
        """int32[n]: each group's latest object so far, -1 where it is new; only read where `opens`."""
        found = np.full(len(name), NO_OBJECT, np.int32)
        n, k = name[opens], key[opens]
        log = self.objects
        found[opens] = self._by_id.find(
            mix(n, k), lambda rows, which: (log.name[rows] == n[which]) & (log.key[rows] == k[which])
        )
        return found

    def _publish(self, ops: Operations, order: Array, columns: tuple[Array, ...]) -> None:
        opens, known, before, after, created = columns
        n = len(order)
        back = np.empty(n, np.int64)
        back[order] = np.arange(n)
        ops.before, ops.after, ops.created = before[back], after[back], created[back]
        ops.previous = np.full(n, NO_OBJECT, np.int32)
        first = self._create(ops)
        number = np.full(n, NO_OBJECT, np.int32)
        number[ops.created] = first + np.arange(int(ops.created.sum()), dtype=np.int32)
        sorted_number = number[order]
        source = np.where(created | opens, np.arange(n), 0)
        source = np.maximum.accumulate(source)
        objects = np.where(created, sorted_number, known)[source]
        ops.object = objects[back].astype(np.int32)
        ops.presumed = self.objects.presumed[ops.object]
        self._keep_states(ops.object[order], ops.after[order])
        closes = np.r_[opens[1:], True]
        self._remember(order[closes], ops, known[np.maximum.accumulate(np.where(opens, np.arange(n), 0))][closes])

    def _create(self, ops: Operations) -> int:
        """Append the incarnations that begin in this batch, in event order; the first one's row."""
        new = np.flatnonzero(ops.created)
        name = ops.name[new]
        log = self.objects
        elder = self._by_name.find(mix(name), lambda rows, which: log.name[rows] == name[which])
        first = len(log)
        by_name = np.argsort(name, kind="stable")
        same = np.r_[False, name[by_name][1:] == name[by_name][:-1]] if len(new) else np.zeros(0, bool)
        start = np.maximum.accumulate(np.where(same, 0, np.arange(len(new)))) if len(new) else by_name
        rank = np.empty(len(new), np.int32)
        rank[by_name] = np.arange(len(new)) - start
        base = np.where(elder >= 0, log.incarnation[np.maximum(elder, 0)] + 1, 0) if first else np.zeros(len(new))
        previous = elder.copy()
        previous[by_name[same]] = first + by_name[np.flatnonzero(same) - 1]
        ops.previous[new] = previous
        log.append(
            len(new), name=name, key=ops.key[new], first=ops.row[new], incarnation=base + rank,
            device=self.device, flavour=ops.flavour[new], presumed=~ops.begins[new],
        )  # fmt: skip
        last = by_name[np.r_[~same[1:], True]] if len(new) else by_name
        self._by_name.put(mix(name[last]), first + last, elder[last], lambda rows: mix(log.name[rows]))
        return first

    def _keep_states(self, rows: Array, after: Array) -> None:
        """Each touched object keeps what the last operation on it left, an incarnation that ended too."""
        while len(self.objects) > len(self._state):
            self._state = np.concatenate([self._state, np.zeros(len(self._state), np.uint8)])
        self._state[rows] = after

    def _remember(self, at: Array, ops: Operations, known: Array) -> None:
        """Point each identifier at its latest incarnation."""
        rows = ops.object[at]
        moved = rows != known
        log = self.objects
        self._by_id.put(
            mix(ops.name[at], ops.key[at])[moved],
            rows[moved],
            known[moved],
            lambda r: mix(log.name[r], log.key[r]),
        )


def _by_identity(ops: Operations) -> Array:
    """Places sorted by identifier, stable. Names alone decide unless one comes with several keys."""
    order = np.argsort(ops.name, kind="stable")
    name, key = ops.name[order], ops.key[order]
    if ((name[1:] == name[:-1]) & (key[1:] != key[:-1])).any():
        return np.lexsort((ops.key, ops.name))
    return order
