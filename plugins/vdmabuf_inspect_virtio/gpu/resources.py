"""What a device has been told of each resource: its size, its backing, where it is shown. Read by the rules."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.gpu.backing import Backing, entries_of
from vdmabuf_inspect_virtio.gpu.layouts import FIRST_ERROR, REQUESTS

COLUMNS = ("width", "height", "blob", "flat", "backing", "shown")
"""Pixels; bytes of a blob, 0 for none; 1 for a 2D resource; bytes of backing, 0 for none; scanouts that show it.

-1 is not known."""
BACKING, SHOWN = 4, 5
_UNKNOWN = (-1, -1, -1, -1, -1, 0)
_CREATES = ("RESOURCE_CREATE_2D", "RESOURCE_CREATE_3D", "RESOURCE_CREATE_BLOB")
_LISTS = ("RESOURCE_CREATE_BLOB", "RESOURCE_ATTACH_BACKING")
_SHOWS = ("SET_SCANOUT", "SET_SCANOUT_BLOB")
_CHANGES = (*_CREATES, "RESOURCE_ATTACH_BACKING", "RESOURCE_DETACH_BACKING", "RESOURCE_UNREF", *_SHOWS)
_FIELDS = ("width", "height", "size", "nr_entries", "scanout_id")
_MOST_ASKED = 4096


class Resources:
    """A follower: leaves for every request what was known of its resource before it, in `notes`.

    Besides COLUMNS: `number` (the resource), `listed` (bytes of the message's own list, -1 where it was cut) and
    `overlaps` (another resource that has some of those bytes, 0 for none).
    """

    def __init__(self) -> None:
        self._row: dict[int, int] = {}
        self._now = np.array([_UNKNOWN], np.int64)
        """The rows of COLUMNS by resource; the first one stands for no resource."""
        self._backing = Backing()
        self._scanouts: dict[int, int] = {}
        self._asked: dict[int, int] = {}
        """Chains of requests that changed something: the resource."""

    def __call__(self, messages: api.Messages) -> None:
        n = len(messages)
        number = np.where(messages.requests, messages.column("resource_id"), 0)
        rows = self._rows(number)
        before = np.empty((n, len(COLUMNS)), np.int64)
        notes = {"number": number, "listed": np.zeros(n, np.int64), "overlaps": np.zeros(n, np.int64)}
        columns = {name: messages.column(name) for name in _FIELDS}
        begin = 0
        for change in [*self._changes(messages), n]:
            before[begin : change + 1] = self._now[rows[begin : change + 1]]
            if change < n:
                self._change(messages, change, {name: int(v[change]) for name, v in columns.items()}, notes)
            begin = change + 1
        messages.notes.update(notes, **{name: before[:, i] for i, name in enumerate(COLUMNS)})

    def _rows(self, number: api.Array) -> api.Array:
        """Where each resource stands in `_now`."""
        unique, place = np.unique(number, return_inverse=True)
        for new in [int(each) for each in unique if each and int(each) not in self._row]:
            self._row[new] = len(self._row) + 1
        missing = len(self._row) + 1 - len(self._now)
        if missing > 0:
            more = np.tile(np.array(_UNKNOWN, np.int64), (missing + len(self._now), 1))
            self._now = np.concatenate([self._now, more])
        known = np.array([self._row.get(int(each), 0) for each in unique], np.int64)
        return known[place.reshape(-1)] if len(number) else np.zeros(0, np.int64)

    def _changes(self, messages: api.Messages) -> list[int]:
        """Requests that change what is known or might, and answers that say that something failed."""
        told = (messages.told(*_CHANGES) | messages.unread) & messages.requests
        failed = messages.from_device & ~messages.stale & (messages.first(4) >= FIRST_ERROR)
        changes: list[int] = np.flatnonzero(told | failed).tolist()
        return changes

    def _change(self, m: api.Messages, i: int, values: dict[str, int], notes: dict[str, api.Array]) -> None:
        chain = int(m.events.chain[m.at[i]])
        if m.from_device[i]:
            self._forget(self._asked.pop(chain, 0))
            return
        if m.unread[i]:
            self._now[:] = _UNKNOWN
            return
        number, name = int(notes["number"][i]), m.protocol.commands[int(m.command[i])].name
        if name in _SHOWS:
            self._show(values["scanout_id"], number)
            return
        self._remember(chain, number)
        if name in _CREATES:
            self._create(name, number, values)
        if name in _LISTS and m.size[i] >= REQUESTS[name].sizeof():
            listed, other = self._attach(m.data(i), REQUESTS[name].sizeof(), number, values["nr_entries"])
            notes["listed"][i], notes["overlaps"][i] = listed, other
        if name in ("RESOURCE_DETACH_BACKING", "RESOURCE_UNREF"):
            self._backing.drop(number)
            self._set(number, BACKING, 0)
        if name == "RESOURCE_UNREF":
            self._forget(number)

    def _create(self, name: str, number: int, values: dict[str, int]) -> None:
        blob = name == "RESOURCE_CREATE_BLOB"
        size = (-1, -1, values["size"], 0) if blob else (values["width"], values["height"], 0, name.endswith("2D"))
        if number:
            self._now[self._row[number]] = (*size, 0, self._now[self._row[number], SHOWN])

    def _attach(self, data: bytes, offset: int, number: int, count: int) -> tuple[int, int]:
        """(bytes of the list, another resource that has some of them)."""
        entries = entries_of(data, offset, count)
        listed = int(entries["length"].sum(dtype=np.int64)) if len(entries) == count else -1
        self._set(number, BACKING, listed)
        return listed, self._backing.put(number, entries)

    def _show(self, scanout: int, number: int) -> None:
        last = self._scanouts.pop(scanout, 0)
        if last:
            self._now[self._row[last], SHOWN] -= 1
        if number:
            self._scanouts[scanout] = number
            self._now[self._row[number], SHOWN] += 1

    def _set(self, number: int, column: int, value: int) -> None:
        if number:
            self._now[self._row[number], column] = value

    def _forget(self, number: int) -> None:
        """Nothing is known of a resource any more."""
        if number:
            self._now[self._row[number]] = (*_UNKNOWN[:SHOWN], self._now[self._row[number], SHOWN])
            self._backing.drop(number)

    def _remember(self, chain: int, number: int) -> None:
        if len(self._asked) >= _MOST_ASKED:
            self._asked.clear()
        self._asked[chain] = number
