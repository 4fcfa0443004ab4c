"""Rings that were handed over, looked at for a moment longer: a chain that comes back now comes too late."""

from dataclasses import dataclass

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.ring.group import RingWatcher

MOMENT_NS = 1_000_000_000
"""How long; then, or once anything else in it changes, the guest may be using the memory for something else."""


@dataclass(frozen=True, slots=True)
class _Last:
    watcher: RingWatcher
    until_ns: int


class Stopped:
    """The rings of one session that GET_VRING_BASE stopped a moment ago, by queue index."""

    def __init__(self) -> None:
        self._rings: dict[int, _Last] = {}

    def __bool__(self) -> bool:
        return bool(self._rings)

    def add(self, watcher: RingWatcher, now_ns: int) -> None:
        """A ring was stopped just now; its watcher has had its last look."""
        self._rings[watcher.layout.index] = _Last(watcher, now_ns + MOMENT_NS)

    def forget(self, queue: int) -> None:
        """A ring starts again."""
        self._rings.pop(queue, None)

    def clear(self) -> None:
        """Their memory is no more what it was."""
        self._rings.clear()

    def look(self, now_ns: int) -> list[Record]:
        """A LATE LOOK for each ring on which chains came back since the last time."""
        return [record for queue, last in list(self._rings.items()) for record in self._look(queue, last, now_ns)]

    def _look(self, queue: int, last: _Last, now_ns: int) -> list[Record]:
        found = last.watcher.step(now_ns, last.watcher.sight())
        back = [r for r in found if r.kind is EventKind.USED and r.chain_length and not r.problems]
        harmless = [r for r in found if r.kind in (EventKind.LOOK, EventKind.COUNTS) and not r.problems]
        if len(back) + len(harmless) < len(found) or now_ns > last.until_ns:
            self.forget(queue)
        if not back or len(back) + len(harmless) < len(found):
            return []
        device = last.watcher.layout.device
        return [
            Record(EventKind.LOOK, now_ns, device, queue, EventFlag.LATE, head=back[0].head, count=len(back)),
        ]  # fmt: skip
