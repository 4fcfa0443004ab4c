"""Looks at several queues of one device as at one: no effect is seen without its cause, and causes come first."""

from collections.abc import Sequence
from typing import Any, Protocol

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.layout import QueueLayout

_TRIES = 4
_OFFERED, _ASKED, _DONE, _ANSWERED = range(4)


class RingWatcher(Protocol):
    """One ring's observer, of either kind; what it sights is its own affair, but equal when the ring did not move."""

    layout: QueueLayout
    polls: int
    missed: int
    torn: int
    ambiguous: int

    def start(self, now_ns: int, complete: bool) -> list[Record]:
        """START, and AVAILABLE (presumed) for each chain that is outstanding already."""

    def sight(self) -> Any:
        """The ring's own words now; None when it cannot be read."""

    def step(self, now_ns: int, words: Any) -> list[Record]:
        """The events between the last look and `words`, which was read just now."""

    def resume(self, now_ns: int) -> Record:
        """START, where it was at the last look: the ring goes on from there."""

    def unaltered(self) -> bool:
        """Whether all chains that are out are what they were when they were made available."""

    def stop(self, now_ns: int, closed: bool) -> list[Record]:
        """A last look and STOP; `closed` when the session ended in good order."""


def sight(watchers: Sequence[RingWatcher], before: Sequence[Any] = ()) -> list[Any]:
    """The words of all rings as they stood at one instant: read again until two readings are the same.

    Read once where they are what they were at the look `before`. On rings that move faster than they can be read
    twice, the last reading; each that differed counts as torn.
    """
    words = [watcher.sight() for watcher in watchers]
    if words == before:
        return words
    for _ in range(_TRIES):
        again = [watcher.sight() for watcher in watchers]
        if again == words:
            break
        for watcher, new, old in zip(watchers, again, words, strict=True):
            watcher.torn += new != old
        words = again
    return words


def interleave(queues: Sequence[Sequence[Record]]) -> list[Record]:
    """The events of one look over all queues in an order in which they can have happened.

    Each queue keeps its own order. Between queues: receive buffers are offered before requests are made,
    requests are returned before their answers come.
    """
    heads = [0] * len(queues)
    order: list[Record] = []
    while True:
        waiting = [(_rank(q[heads[i]]), i) for i, q in enumerate(queues) if heads[i] < len(q)]
        if not waiting:
            return order
        _, chosen = min(waiting)
        order.append(queues[chosen][heads[chosen]])
        heads[chosen] += 1


def _rank(record: Record) -> int:
    if record.kind is EventKind.AVAILABLE:
        return _ASKED if record.readable else _OFFERED
    if record.kind is EventKind.USED:
        return _DONE if record.readable else _ANSWERED
    return {EventKind.KICK: _ASKED, EventKind.CALL: _ANSWERED}.get(record.kind, _OFFERED)
