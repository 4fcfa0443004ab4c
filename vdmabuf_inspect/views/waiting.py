"""In words: what driver and device ask of each other, and what a queue waits for."""

from typing import Any

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.wishes import Wish
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.track.stall import Stall
from vdmabuf_inspect.views.base import Row
from vdmabuf_inspect.views.names import span

_WRAP = 0x8000
_UNSEEN = {"kicks": "kicks not visible here", "calls": "calls not visible here"}
_AT_SLOT = 2
_PACKED = {0: "{what}s always", 1: "no {what}s", 2: "no {what} until slot {slot} (wrap {wrap})"}


def suppression(ring: RingState) -> list[str]:
    """What each side asks of the other and what cannot be heard, each in words; empty where nothing is known."""
    wish, epoch = ring.wish, ring.epoch
    if epoch is None:
        return []
    unseen = [text for kind, text in _UNSEEN.items() if kind not in ring.heard]
    if wish is None:
        return unseen
    driver = "driver asked for " + _driver(ring, wish)
    device = "device asked for " + _device(ring, wish)
    return [driver, device, *unseen]


def _driver(ring: RingState, wish: Wish) -> str:
    if _has(ring, Feature.RING_PACKED):
        return _packed("interrupt", wish.avail_flags, wish.used_event, ring.used_idx)
    if not _has(ring, Feature.EVENT_IDX):
        return "no interrupts" if wish.avail_flags & 1 else "interrupts always"
    return _split("interrupt", wish.used_event, ring.used_idx)


def _device(ring: RingState, wish: Wish) -> str:
    if _has(ring, Feature.RING_PACKED):
        return _packed("kick", wish.used_flags, wish.avail_event, ring.avail_idx)
    if not _has(ring, Feature.EVENT_IDX):
        return "no kicks" if wish.used_flags & 1 else "kicks always"
    return _split("kick", wish.avail_event, ring.avail_idx)


def _split(what: str, event: int, index: int | None) -> str:
    """By event index: to be told of the entry `event`; `index` is the next one (virtio 1.2, 2.7.7, 2.7.10)."""
    ahead = (event - (index or 0)) & 0xFFFF
    if ahead == 0:
        return _next(what)
    return f"no {what} until {event}" if ahead < _WRAP else f"no {what} (its index {event} is passed)"


def _next(what: str) -> str:
    return f"{'an' if what[0] in 'aeiou' else 'a'} {what} at the next entry"


def _packed(what: str, flags: int, event: int, index: int | None) -> str:
    """By event suppression structure (virtio 1.2, 2.8.10); `index` is the next slot, its wrap counter in bit 15."""
    if flags & 3 == _AT_SLOT and event == index:
        return _next(what)
    text = _PACKED.get(flags & 3, "{what}s in a way that is reserved")
    return text.format(what=what, slot=event & (_WRAP - 1), wrap=event >> 15)


def _has(ring: RingState, feature: Feature) -> bool:
    return ring.epoch is not None and ring.epoch.layout.has(feature)


def waiting(stall: Stall | None) -> dict[str, Any] | None:
    """A stall by JSON names; None for none."""
    if stall is None:
        return None
    return {
        "seq": stall.row + 1, "head": stall.head, "since_ns": stall.since_ns, "age_ns": stall.age_ns,
        "for": stall.wait.value, "to_move": stall.wait.mover.value,
    }  # fmt: skip


def stall_line(session: Session, stall: Stall) -> str:
    """A stall in one line, with its queue."""
    queue = session.queues.queues[stall.qid].name
    return f"{queue} waits {stall.age_ns / 1e9:.1f} s at head {stall.head}: {stall.wait.mover.value} to move"


def waiting_text(found: dict[str, Any] | None) -> str:
    """The same in one line."""
    if found is None:
        return ""
    return f"head {found['head']} for {span(found['age_ns'])}: {found['to_move']} to move"


def waiting_mover(found: dict[str, Any] | None) -> str:
    """Who is to move, and how long that has been so."""
    return f"{found['to_move']}, {found['age_ns'] / 1e9:.1f} s" if found else ""


def ring_line(row: Row) -> str:
    """What a row of the rings view says beyond its indices: waiting, what was asked, what the observer did."""
    stalled = row["waiting"]
    parts = [f"waits for {stalled['for']}"] if stalled else []
    parts += row["suppression"]
    if row["polls"] is not None:
        parts += [f"{row[name]:,} {name}" for name in ("polls", "torn", "ambiguous", "kicks", "calls")]
    return " · ".join(parts)
