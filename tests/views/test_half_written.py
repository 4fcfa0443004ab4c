"""Whoever reads may be interrupted by the writer between any two columns, and the writer by a reader anywhere."""

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.views.halting import Halting, halting
from tests.views.readers import NEWEST, readers
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.chains import ChainsView
from vdmabuf_inspect.views.latency import took_ns

CAPTURES = Path(__file__).parents[2] / "captures"
LONG = ("faults", "session", "guest-blk-packed", "late-attach")


@pytest.fixture(autouse=True)
def plugins() -> Iterator[None]:
    door = Door(user=False)
    door.open()
    yield
    door.close()


@pytest.mark.parametrize("name", [*LONG, "guest-gpu"])
def test_between_any_two_publications_everything_can_be_read(name: str) -> None:
    found = list(readers())
    Random(name).shuffle(found)
    at = 0
    with halting(CAPTURES / f"{name}.pcapng", 8) as writer:
        while writer.step():
            for _ in range(3):
                found[at % len(found)](writer.session)
                at += 1


@pytest.mark.parametrize(("steps", "part"), [(1, 2), (15, 5)])
@pytest.mark.parametrize("name", LONG)
def test_between_any_two_columns_anything_may_be_published(name: str, steps: int, part: int) -> None:
    found = list(readers())
    Random(f"{name} {steps}").shuffle(found)
    found = found[::part]
    while found:
        with halting(CAPTURES / f"{name}.pcapng", 8) as writer:
            writer.advance_when_read(1, steps)
            while found and not writer.over:
                found.pop()(writer.session)


@pytest.mark.parametrize("name", ["faults", "session"])
def test_what_is_not_known_yet_is_missing_and_nothing_else_is_said(name: str) -> None:
    told: set[tuple[Callable[[Session, int], Any], int, Any]] = set()
    with halting(CAPTURES / f"{name}.pcapng") as writer:
        while writer.step():
            told |= set(_said(writer))
        for read, place, value in told:
            assert value is None or value == read(writer.session, place)


def _said(writer: Halting) -> Iterator[tuple[Callable[[Session, int], Any], int, Any]]:
    session = writer.session
    for read, total in ((took_ns, session.seq), (_chain, len(session.chains))):
        for place in range(max(0, total - NEWEST), total):
            yield read, place, read(session, place)


def _chain(session: Session, number: int) -> tuple[Any, ...]:
    row = ChainsView(session).row(number)
    return tuple(row[name] for name in ("seq", "queue", "head", "kind", "descriptors", "readable", "writable"))
