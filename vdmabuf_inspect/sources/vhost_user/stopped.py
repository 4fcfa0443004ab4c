"""Rings that were handed over, looked at for a moment longer: a chain that comes back now comes too late."""

from dataclasses import dataclass, field

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.group import RingWatcher

MOMENT_NS = 1_000_000_000
"""How long; then, or once anything else in it changes, the guest may be using the memory for something else."""


@dataclass(slots=True)
class _Last:
    watcher: RingWatcher
    until_ns: int
    found: list[Record] = field(default_factory=list)


class Stopped:
    """The rings of one session that GET_VRING_BASE stopped, by queue index: looked at for a moment."""

    def __init__(self) -> None:
        self._rings: dict[int, _Last] = {}
        self._watched: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._watched)

    def add(self, watcher: RingWatcher, now_ns: int) -> None:
        """A ring was stopped just now; its watcher has had its last look."""
        self._rings[watcher.layout.index] = _Last(watcher, now_ns + MOMENT_NS)
        self._watched.add(watcher.layout.index)

    def forget(self, queue: int) -> list[Record]:
        """A ring starts again: what its watcher has found since it stopped."""
        self._watched.discard(queue)
        last = self._rings.pop(queue, None)
        return last.found if last is not None else []

    def clear(self) -> None:
        """Their memory is no more what it was: they are not looked at any longer."""
        self._watched.clear()

    def look(self, now_ns: int) -> list[Record]:
        """A LATE LOOK for each ring on which chains came back since the last time."""
        return [record for queue in sorted(self._watched) for record in self._look(queue, now_ns)]

    def _look(self, queue: int, now_ns: int) -> list[Record]:
        last = self._rings[queue]
        found = last.watcher.step(now_ns, last.watcher.sight())
        last.found += found
        back = [r for r in found if r.kind is EventKind.USED and r.chain_length and not r.problems]
        harmless = [r for r in found if r.kind in (EventKind.LOOK, EventKind.COUNTS) and not r.problems]
        if len(back) + len(harmless) < len(found) or now_ns > last.until_ns:
            self._watched.discard(queue)
        if not back or len(back) + len(harmless) < len(found):
            return []
        device = last.watcher.layout.device
        return [
            Record(EventKind.LOOK, now_ns, device, queue, EventFlag.LATE, head=back[0].head, count=len(back)),
        ]  # fmt: skip
