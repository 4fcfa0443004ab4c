"""Everything that reads a session, looking at its newest rows."""

from collections.abc import Callable, Iterator

import numpy as np

from vdmabuf_inspect.session.lives import lives
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.stalls import stalls
from vdmabuf_inspect.views.base import View
from vdmabuf_inspect.views.before import before
from vdmabuf_inspect.views.buffer_bytes import latest_live
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.chains import ChainsView
from vdmabuf_inspect.views.control import ControlView
from vdmabuf_inspect.views.detail import detail
from vdmabuf_inspect.views.difference import difference
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.extract import extract
from vdmabuf_inspect.views.filter import compile_filter
from vdmabuf_inspect.views.filter.tables import TABLES
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.formats.buffer_page import buffer_lines
from vdmabuf_inspect.views.formats.event_page import event_lines
from vdmabuf_inspect.views.grouping import GROUPINGS, groups
from vdmabuf_inspect.views.ladder import LadderView
from vdmabuf_inspect.views.lanes import edges, lane
from vdmabuf_inspect.views.latency import begun_at, ended_at, took_ns
from vdmabuf_inspect.views.life import life
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.namesakes import buffer_names, called, find_buffer
from vdmabuf_inspect.views.narrowing import only_buffer, only_chain, pieces
from vdmabuf_inspect.views.overview import overview
from vdmabuf_inspect.views.ring_slots import ring_slots
from vdmabuf_inspect.views.rings import RingsView
from vdmabuf_inspect.views.search import search, search_address
from vdmabuf_inspect.views.slot_text import slot_text
from vdmabuf_inspect.views.stats import StatsView
from vdmabuf_inspect.views.waiting import stall_line
from vdmabuf_inspect.views.whereabouts import place_of

Reader = Callable[[Session], object]
NEWEST = 4
"""Rows at the end that are looked at."""
VIEWS = (MessagesView, ChainsView, BuffersView, FindingsView, ControlView, LadderView, RingsView, StatsView)


def _newest(count: int) -> range:
    return range(max(0, count - NEWEST), count)


def _looked_at(kind: type[View], bound: bool) -> Reader:
    def look(session: Session) -> None:
        view = kind(session, session.seq if bound else None)
        for i in _newest(len(view)):
            view.cells(i)
            view.row_seq(view.index(i))
        view.place(session.seq)

    return look


def _in_bulk(kind: type[View], bound: bool) -> Reader:
    def look(session: Session) -> None:
        view = kind(session, session.seq if bound else None)
        list(view.rows(max(0, len(view) - NEWEST), len(view)))

    return look


def _events(read: Callable[[Session, int], object]) -> Reader:
    def each(session: Session) -> list[object]:
        return [read(session, row) for row in _newest(session.seq)]

    return each


def _buffers(read: Callable[[Session, int], object]) -> Reader:
    def each(session: Session) -> list[object]:
        return [read(session, number) for number in _newest(len(session.objects))]

    return each


def _rings(session: Session) -> Iterator[RingState]:
    seq = session.seq
    for queue in session.queues.rings[:3]:
        yield RingState(session, queue, seq)


def _ring(session: Session) -> None:
    for ring in _rings(session):
        _ = ring.flying, ring.in_flight, ring.oldest, ring.missed, ring.counts, ring.heard, ring.wish, ring.stopped


def _slots(session: Session) -> None:
    for ring in _rings(session):
        found = ring_slots(ring)
        for part in found.parts:
            for slot in [*range(4), *np.argsort(part.row)[-4:].tolist()]:
                if slot < len(part):
                    slot_text(session, part, slot, 0, found.packed)


def _moment(session: Session) -> None:
    moment = Moment(session)
    _ = moment.states, moment.last_row, moment.exports, moment.export_row, moment.known, moment.live
    _ = moment.outstanding, moment.time_ns
    latest_live(session, session.seq)


def _stalls(session: Session) -> None:
    for each in stalls(session, least_ns=0):
        stall_line(session, each)


def _found(session: Session) -> None:
    found = evidence(session)
    for i in found.order[-NEWEST:].tolist():
        found.sentence(i)
    _ = found.severities, found.silenced
    for by in GROUPINGS:
        groups(session, by, session.seq)


def _page(session: Session, number: int) -> None:
    seq = session.seq
    if number < len(BuffersView(session, seq)):
        list(buffer_lines(life(session, number, seq), 0))


def _lane(session: Session, number: int) -> str:
    seq = session.seq
    times = session.events.time_ns[:seq]
    return lane(session, number, edges(int(times[0]), int(times[-1]), 20), seq)


def _overview(session: Session) -> None:
    seen = overview(session, 20)
    if seen is not None:
        seen.bars()
        seen.seq(session, seen.cell(session.now_ns))


def _names(session: Session) -> None:
    buffer_names(session, np.arange(len(session.objects)))
    called(session, "7:1")
    find_buffer(session, "7:1")
    place_of(session, "7:1", session.seq)
    place_of(session, "0.5s", session.seq)


def _difference(session: Session) -> None:
    difference(session, session.seq // 2, session.seq)


def _search(text: str) -> Reader:
    def look(session: Session) -> None:
        seq = session.seq
        wanted = search_address(text) or search(text)
        list(wanted.walk(session, max(0, seq - 16), 1, seq))

    return look


def _filtered(table: str, name: str) -> Reader:
    found = compile_filter(name, table)
    kinds: dict[str, Callable[[Session], int]] = {
        "messages": lambda s: len(s.messages), "chains": lambda s: len(s.chains), "buffers": lambda s: len(s.objects),
        "rings": lambda s: len(s.queues.rings), "control": lambda s: len(s.control),
        "findings": lambda s: len(evidence(s).order),
    }  # fmt: skip

    def ask(session: Session) -> None:
        total = kinds[table](session)
        assert len(found.mask(session, max(0, total - 8), total)) == min(total, 8)

    return ask


def readers() -> Iterator[Reader]:
    """All of them."""
    for kind in VIEWS:
        for bound in (False, True):
            yield _looked_at(kind, bound)
            yield _in_bulk(kind, bound)
    for read in (took_ns, begun_at, ended_at, only_chain):
        yield _events(read)
    yield _events(lambda session, row: before(session, row + 1))
    yield _events(lambda session, row: list(event_lines(detail(session, row + 1))))
    yield _events(lambda session, row: list(pieces(session, row)))
    yield from (_buffers(read) for read in (_page, _lane, only_buffer))
    yield _buffers(lambda session, number: lives(session).events(number, session.seq))
    yield from (_ring, _slots, _moment, _stalls, _found, _overview, _names, _difference)
    yield lambda session: extract(session, np.arange(len(session.messages)))
    yield from map(_search, ("export", "58 52", "0x84000"))
    for table, declared in TABLES.items():
        yield from (_filtered(table, name) for name in declared.fields)
