"""A capture that begins in the middle says what there was: alone it tells of what follows the same as the whole."""

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.stories.read_back import write_capture
from tests.stories.story import clean
from vdmabuf_inspect.capture.prologue import Prologue
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import START, Record
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.views.excerpt import excerpt, look_begin
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.messages import MessagesView


def told(session: Session, after_ns: int) -> list[tuple[object, ...]]:
    rows = MessagesView(session).rows(0, len(session.messages))
    return [(r["time_ns"], r["queue"], r["command"], r["size"], r["fields"]) for r in rows if r["time_ns"] > after_ns]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(part=st.floats(0, 1), dialect=st.sampled_from(["spec", "rfc-v4", "mtk"]))
def test_cut_anywhere_it_tells_the_same_of_what_follows(tmp_path: Path, part: float, dialect: str) -> None:
    story = clean(dialect)
    chosen = Settings(dialect=dialect)  # a few messages alone can be read in more ways than one
    path = write_capture(tmp_path / "whole.pcapng", story.guest.records, story.guest.names)
    whole = inspect(str(path), settings=chosen)
    first = look_begin(whole, int(part * (whole.seq - 1)))
    path = write_capture(tmp_path / "late.pcapng", list(excerpt(whole, first, {})), story.guest.names)
    late = inspect(str(path), settings=chosen)
    began = int(whole.events.time_ns[first])
    assert told(late, began) == told(whole, began)
    view = FindingsView(late)
    assert {row["rule"] for row in view.rows(0, len(view)) if row["severity"] != "note"} <= {"VX902"}


def test_a_packed_rings_position_turns_round_with_its_wrap_counter() -> None:
    wrap, body = 1 << 15, bytearray(START.itemsize)
    body[4:8], body[8:16] = (6).to_bytes(4, "little"), int(Feature.RING_PACKED).to_bytes(8, "little")
    prologue = Prologue()
    prologue.remember(Record(EventKind.START, 1, readable_bytes=bytes(body), flags=EventFlag.COMPLETE))
    for index, length in ((wrap, 4), (wrap | 4, 3)):
        prologue.remember(Record(EventKind.AVAILABLE, 2, head=index & 7, index=index, chain_length=length))
    prologue.remember(Record(EventKind.USED, 3, head=0, index=wrap))
    start, *out = prologue.records(9)
    indices = (
        int.from_bytes(start.readable_bytes[40:42], "little"),
        int.from_bytes(start.readable_bytes[42:44], "little"),
    )
    assert indices == (1, wrap | 4) and not start.flags & EventFlag.COMPLETE
    assert [(r.head, r.flags & EventFlag.PRESUMED != 0, r.time_ns) for r in out] == [(4, True, 9)]
