"""Where the observation has holes, rules are silent or only say `possible`; bytes that prove nothing are not judged."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.rules import stories_chains, stories_messages, stories_packed, stories_pages, stories_rings, stories_vdmabuf
from tests.rules.telling import TOLD, Told
from tests.stories import findings, read_back
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.finding import Confidence
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.rules.registry import RULES, History, On

STORIES = (stories_chains, stories_messages, stories_packed, stories_pages, stories_rings, stories_vdmabuf)
HERE = [told for told in TOLD if told.tell.__module__ in {stories.__name__ for stories in STORIES}]
MESSAGES = (EventKind.AVAILABLE, EventKind.USED)
BY_PAIRING = {"head-that-was-never-available", "head-of-more-than-sixteen-bits", "buffer-id-that-was-never-available"}
"""Stories whose rule looks at the history itself: without one, such a head may well have been available."""


def late(records: list[Record]) -> list[Record]:
    """As if the observer had come when the queues were running."""
    hidden = ~int(EventFlag.COMPLETE)
    return [replace(r, flags=int(r.flags) & hidden) if r.kind is EventKind.START else r for r in records]


def with_gap(records: list[Record]) -> list[Record]:
    """As if something had been missed on each queue right after its set-up."""
    starts = [i for i, r in enumerate(records) if r.kind is EventKind.START]
    gaps = [replace(records[i], kind=EventKind.GAP, flags=0, problems=0, readable_bytes=b"") for i in starts]
    return [*records[: starts[-1] + 1], *gaps, *records[starts[-1] + 1 :]]


def stale(records: list[Record]) -> list[Record]:
    """As if all bytes had been read too late."""
    return [replace(r, flags=int(r.flags) | EventFlag.STALE) if r.kind in MESSAGES else r for r in records]


def historical(told: Told) -> bool:
    """Whether a rule rests on what was seen of the queue; those about pages do on their buffer's export alone."""
    return RULES[told.code].history is not History.NONE and RULES[told.code].on is not On.PAGES


HISTORICAL = [t for t in HERE if t.code[:2] != "VX" and historical(t)]
PLAIN = [t for t in HERE if t.code[:2] != "VX" and not historical(t)]
HOLES = pytest.mark.parametrize("hole", [late, with_gap])


@HOLES
@pytest.mark.parametrize("told", HISTORICAL, ids=lambda t: t.name)
def test_rule_that_rests_on_history(told: Told, hole: Callable[[list[Record]], list[Record]], tmp_path: Path) -> None:
    guest = told.tell().story.guest
    found = findings(read_back(tmp_path / "holes.pcapng", hole(guest.records), guest.names))
    mine = [f for f in found if f.code == told.code]
    if RULES[told.code].history is History.NEEDED:
        assert not mine
    else:
        assert [f.confidence for f in mine] == [Confidence.POSSIBLE]


@pytest.mark.parametrize("told", PLAIN, ids=lambda t: t.name)
def test_rule_that_judges_what_is_there(told: Told, tmp_path: Path) -> None:
    guest = told.tell().story.guest
    found = findings(read_back(tmp_path / "late.pcapng", late(guest.records), guest.names))
    mine = [f for f in found if f.code == told.code]
    silent = told.name.partition("-")[2] in BY_PAIRING
    assert bool(mine) is not silent
    assert all(f.confidence is Confidence.CERTAIN for f in mine)


MESSAGE_RULES = {code for code, r in RULES.items() if r.on is On.MESSAGES}


@pytest.mark.parametrize("told", [t for t in HERE if t.code in MESSAGE_RULES], ids=lambda t: t.name)
def test_stale_bytes_are_judged_by_no_rule(told: Told, tmp_path: Path) -> None:
    guest = told.tell().story.guest
    session = read_back(tmp_path / "stale.pcapng", stale(guest.records), guest.names)
    assert not [f for f in findings(session) if f.code in MESSAGE_RULES]
    assert not len(session.objects)
