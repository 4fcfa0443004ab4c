"""Kicks that the device had asked not to get, by what it asks as seen with each look."""

from dataclasses import dataclass, field

import numpy as np

from vdmabuf_inspect.model.columns import Array, distinct
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.track.events import Events

SETTLED_NS = 50_000_000
"""What flags ask counts once it has stood for so long: they may toggle faster than they are told."""
IN_A_ROW = 3
"""Kicks and looks race: fewer in a row prove nothing."""
_KEPT = IN_A_ROW + 2


def _none() -> Array:
    return np.empty(0, np.int64)


@dataclass
class _Queue:
    """What is carried from batch to batch: the last entry, the last flags, the last kicks."""

    entry: tuple[int, int] = (0, 0)
    """Index behind the latest available entry, avail_event with it."""
    flags: tuple[int, bool] = (0, False)
    """Since when the device's flags ask for no kick, or that they do not."""
    reach: Array = field(default_factory=_none)
    event: Array = field(default_factory=_none)
    unasked: Array = field(default_factory=lambda: np.empty(0, bool))


class Kicks:
    """Finds runs of IN_A_ROW kicks against the device's wish on split rings."""

    def __init__(self) -> None:
        self._queues: dict[int, _Queue] = {}
        self._found: list[tuple[int, int]] = []

    def start(self, qid: int) -> None:
        """The queue begins anew."""
        self._queues.pop(qid, None)

    def take(self) -> list[tuple[int, int]]:
        """(row, queue number) of what was found since the last time."""
        found, self._found = self._found, []
        return found

    def note(self, events: Events, by_index: frozenset[int], by_flags: frozenset[int]) -> None:
        """A batch, with the numbers of the queues that suppress kicks by event index and of those that do by flags."""
        for qid in distinct(events.qid).tolist():
            if qid in by_index or qid in by_flags:
                mine = np.flatnonzero(events.qid == qid)
                self._note(events, qid, mine, qid in by_index)

    def _note(self, events: Events, qid: int, mine: Array, by_index: bool) -> None:
        queue = self._queues.setdefault(qid, _Queue())
        kicks = mine[events.kind[mine] == EventKind.KICK]
        unasked = _past_index(events, queue, mine, kicks) if by_index else _against_flags(events, queue, mine, kicks)
        run = np.concatenate([queue.unasked, unasked])
        queue.unasked = run[-_KEPT:]
        for i in np.flatnonzero(unasked).tolist():
            end = len(run) - len(unasked) + i + 1
            if end >= IN_A_ROW and run[end - IN_A_ROW : end].all():
                self._found.append((int(events.row[kicks[i]]), qid))
                return


def _past_index(events: Events, queue: _Queue, mine: Array, kicks: Array) -> Array:
    """bool[kicks]: avail_event is what it was at the kick before, and no entry since the one before that reaches it."""
    offers = mine[events.kind[mine] == EventKind.AVAILABLE]
    at = np.searchsorted(events.time_ns[offers], events.time_ns[kicks], side="right")
    ends = np.concatenate([[queue.entry[0]], events.index[offers].astype(np.int64) + 1])
    asked = np.concatenate([[queue.entry[1]], events.event[offers].astype(np.int64)])
    queue.entry = int(ends[-1]), int(asked[-1])
    reach, event = np.concatenate([queue.reach, ends[at]]), np.concatenate([queue.event, asked[at]])
    queue.reach, queue.event = reach[-_KEPT:], event[-_KEPT:]
    past = np.zeros(len(reach), bool)
    since = reach[:-2]
    past[2:] = (event[2:] == event[1:-1]) & (((event[2:] - since) & 0xFFFF) >= ((reach[2:] - since) & 0xFFFF))
    return past[len(reach) - len(kicks) :]


def _against_flags(events: Events, queue: _Queue, mine: Array, kicks: Array) -> Array:
    """bool[kicks]: the device's flags had asked for none for long."""
    looks = mine[events.kind[mine] == EventKind.LOOK]
    word = (events.data[looks] >> 2) + 1
    silent = (events.words.take(word, mode="clip") >> 16 & 1).astype(bool)
    since = np.concatenate([[queue.flags[0]], events.time_ns[looks]])
    wish = np.concatenate([[queue.flags[1]], silent])
    at = np.searchsorted(since[1:], events.time_ns[kicks], side="left")
    queue.flags = int(since[-1]), bool(wish[-1])
    return np.asarray(wish[at] & (events.time_ns[kicks] - since[at] >= SETTLED_NS), bool)
