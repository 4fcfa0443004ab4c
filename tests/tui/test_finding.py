"""Finding things without a screen: searches, filters from a row, places by name, what is remembered and silenced."""

import json
import re
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.session.load import Inspection, inspect
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.tui import hops
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.player import Player
from vdmabuf_inspect.tui.remembered import Remembered
from vdmabuf_inspect.tui.selection import Selection
from vdmabuf_inspect.views import search as searching
from vdmabuf_inspect.views.filter import compile_filter
from vdmabuf_inspect.views.grouping import GROUPINGS, groups
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.names import buffer_id, buffer_name, letters
from vdmabuf_inspect.views.namesakes import _incarnation, buffer_names, called, find_buffer
from vdmabuf_inspect.views.narrowing import hide_command, only_buffer, only_chain, pieces, toggled
from vdmabuf_inspect.views.search import Search, search, search_address
from vdmabuf_inspect.views.spelling import _said
from vdmabuf_inspect.views.whereabouts import place_of


@pytest.fixture(scope="module")
def session(story: Path) -> Session:
    return inspect(str(story))


def hits(wanted: Search, session: Session, step: int = 1) -> list[int]:
    """Every hit, one after the other, from one end."""
    seq, found = (0 if step > 0 else session.seq + 1), []
    while True:
        *_, (_, hit) = wanted.walk(session, seq, step, session.seq) or [(1.0, None)]
        if hit is None:
            return found
        found.append(hit)
        seq = hit
        if not (0 < seq < session.seq if step > 0 else seq > 1):
            return found


def holding(session: Session, needle: bytes | str) -> list[int]:
    """Sequence numbers of events whose bytes hold it, a text in any case: read one after the other."""
    records = [session.record(row) for row in range(session.seq)]
    parts = [(r.readable_bytes, r.writable_bytes) for r in records]
    if isinstance(needle, str):
        needle, parts = needle.lower().encode(), [(one.lower(), other.lower()) for one, other in parts]
    return [i + 1 for i, (one, other) in enumerate(parts) if needle in one or needle in other]


@pytest.mark.parametrize("stretch", [1, 3, 4096])
@pytest.mark.parametrize("text", ["58 52 32 34", "02 00 00 00", "00 00", "fe ed fa ce"])
def test_bytes_are_found_where_they_are(
    session: Session, text: str, stretch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_STRETCH", stretch)
    expected = holding(session, bytes.fromhex(text))
    assert hits(search(text), session) == expected
    assert hits(search(text), session, -1) == expected[::-1]


def test_text_is_found_in_fields_and_in_bytes(session: Session) -> None:
    assert hits(search("HELLO"), session) == holding(session, b"hello") != []
    assert hits(search("reference=0x86000"), session) == [24]
    assert hits(search("dmabuf_rel"), session) == [26, 27, 28]
    with pytest.raises(UsageError, match="nothing to search for"):
        search("  ")


RECORDED = ["clean-intel", "faults", "guest-blk-packed", "guest-fs", "guest-gpu", "guest-net", "late-attach"]


@pytest.mark.parametrize("name", RECORDED)
def test_a_text_is_found_wherever_a_message_says_it(name: str) -> None:
    recorded = inspect(f"captures/{name}.pcapng")
    said = {int(row["seq"]): _said(row) for row in MessagesView(recorded).rows(0, len(recorded.messages))}
    chance = Random(name)
    for text in [chance.choice(list(said.values())) for _ in range(12)]:
        begin = chance.randrange(len(text))
        wanted = text[begin : begin + chance.choice((1, 2, 3, 5, 8, 13, 21))].strip()
        if not wanted or re.fullmatch("[0-9a-f]{2}( [0-9a-f]{2})+", wanted):
            continue
        expected = {seq for seq, words in said.items() if wanted in words} | set(holding(recorded, wanted))
        found = search(wanted.upper())
        rows = found.fits(recorded, found.near(recorded, 0, recorded.seq)[::-1])
        assert [row + 1 for row in rows] == sorted(expected, reverse=True), wanted


def test_what_no_message_says_is_not_read_one_by_one(session: Session) -> None:
    for text in ("nowhere", "0xfeedfeed", "77777777", "cmd=none", "7:99"):
        assert not len(search(text).near(session, 0, session.seq)), text


@pytest.mark.parametrize("name", RECORDED)
def test_names_of_many_buffers_are_those_of_each(name: str) -> None:
    recorded = inspect(f"captures/{name}.pcapng")
    numbers = np.arange(len(recorded.objects))
    assert buffer_names(recorded, numbers) == [buffer_name(recorded, number) for number in numbers.tolist()]


def test_an_address_is_where_a_descriptor_covers_it(session: Session) -> None:
    descriptor = session.record(19).descriptors[0]
    wanted = search_address(hex(descriptor.addr + descriptor.len - 1))
    assert wanted is not None
    assert 20 in hits(wanted, session)
    beyond = search_address(hex(descriptor.addr + (1 << 40)))
    assert beyond is not None and hits(beyond, session) == []
    assert search_address("7:42") is None


def test_filters_from_every_row_select_it(session: Session) -> None:
    for number, row in enumerate(session.messages.row.tolist()):
        made = [*pieces(session, row), only_buffer(session, int(session.messages.object[number]))]
        for text in filter(None, [*made, only_chain(session, row)]):
            selected = compile_filter(text, "messages").select(session, len(session.messages))
            assert (number in selected.tolist()) == ("!=" not in text), text
        hidden = compile_filter(hide_command(session, row), "messages").select(session, len(session.messages))
        assert number not in hidden.tolist()
    assert only_buffer(session, -1) == "" == hide_command(session, 0)


pieces_of = st.sampled_from(["cmd == EXPORT", "size == 260", "buffer == 7:2", 'private.fourcc == "XR24"'])
filters = st.one_of(st.just(""), pieces_of, pieces_of.flatmap(lambda a: pieces_of.map(lambda b: f"{a} || {b}")))


@given(filters, pieces_of)
def test_a_condition_that_is_added_can_be_taken_away(old: str, piece: str) -> None:
    narrowed = toggled(old, piece)
    if old != piece:
        assert toggled(narrowed, piece) == old
        compile_filter(narrowed, "messages")
        assert narrowed.endswith(piece)
    else:
        assert narrowed == ""


@given(st.lists(pieces_of, max_size=4))
def test_what_is_narrowed_is_enclosed(added: list[str]) -> None:
    text = "cmd == EXPORT || cmd == DMABUF_REL"
    for piece in dict.fromkeys(added):
        text = toggled(text, piece)
    assert text.startswith("(") == bool(added)


def test_places_by_name(session: Session) -> None:
    end = session.seq
    assert place_of(session, "#28", end) == 28
    assert place_of(session, "7:2", end) == 16
    times = session.events.time_ns
    for seq in (1, 10, end):
        after = int(times[seq - 1] - times[0])
        found = place_of(session, f"{after}ns", end)
        assert found is not None and times[found - 1] == times[seq - 1]
        assert found == end or times[found] > times[seq - 1]
    assert place_of(session, "99s", end) == end
    assert place_of(session, "nothing", end) is None
    with pytest.raises(UsageError, match="events are 1 to"):
        place_of(session, "0", end)


@pytest.mark.parametrize("name", ["faults", "late-attach", "clean-rfc-v3"])
def test_buffers_are_found_by_name_and_by_identifier(name: str) -> None:
    recorded = inspect(f"captures/{name}.pcapng")
    numbers = range(len(recorded.objects))
    names = [buffer_name(recorded, number) for number in numbers]
    for number, wanted in enumerate(names):
        assert called(recorded, wanted).tolist() == [i for i in numbers if names[i] == wanted]
        digits = buffer_id(recorded, number)
        for length in (8, 13, 32):
            assert number in find_buffer(recorded, digits[:length])
    for wrong in ("7:01", "7:1a", "7:99999999999", "7", "", "zzzzzzzz"):
        assert find_buffer(recorded, wrong) == []


@given(st.integers(0, 100_000))
def test_the_letters_of_an_incarnation_are_read_back(number: int) -> None:
    assert _incarnation(letters(number)) == number


def test_messages_are_stepped_over_one_by_one(session: Session) -> None:
    seq, seen = 0, []
    while (found := hops.message(session, seq, 1, session.seq)) is not None:
        seen.append(seq := found)
    assert seen == (session.messages.row + 1).tolist()
    back = []
    while (found := hops.message(session, seq, -1, session.seq)) is not None:
        back.append(seq := found)
    assert back == seen[-2::-1]


@pytest.mark.parametrize("by", GROUPINGS)
def test_groups_hold_every_finding_once_the_worst_first(session: Session, by: str) -> None:
    found = groups(session, by, session.seq)
    places = sorted(place for group in found for place in group.places.tolist())
    assert places == list(range(len(session.findings)))
    assert [group.severity for group in found] == sorted((group.severity for group in found), reverse=True)


def test_silence_is_heard_nowhere_and_can_be_undone(story: Path) -> None:
    inspection = Inspection(str(story))
    inspection.run()
    board = Board(inspection)
    board.poll()
    everything = len(board.findings())
    board.silence("VL505")
    assert {row["rule"] for row in board.findings().rows(0, 99)}.isdisjoint({"VL505"})
    assert all("VL505" not in row["findings"] for row in board.messages().rows(0, 99))
    assert all("VL505" not in row["findings"] for row in board.buffers().rows(0, 99))
    board.silence("7:2")
    assert all(row["buffer"] != "7:2" for row in board.findings().rows(0, 99))
    board.silence("VL505", heard=True)
    assert "VL505" in {row["rule"] for row in board.findings().rows(0, 99)}
    board.silence("")
    assert len(board.findings()) == everything


def test_a_filter_that_is_stopped_says_so_and_begins_again(story: Path) -> None:
    inspection = Inspection(str(story))
    inspection.run()
    board = Board(inspection)
    board.selection = Selection("cmd == EXPORT")
    assert board.filtering.endswith("esc stops")
    assert board.stop_filter()
    assert not board.selection.advance(board.session) and "stopped at 0%" in board.filtering
    assert not board.stop_filter()
    board.set_filter(board.selection.text)
    assert board.filtering == "" and not board.stop_filter()


def test_playing_shows_what_had_happened_by_then(session: Session) -> None:
    times = session.events.time_ns
    player = Player(session, 1)
    begun = player._wall
    shown = [player.tick(session, session.seq, begun + after) for after in (0.0, 0.0105, 0.0106, 0.5)]
    assert shown == sorted(shown) and shown[-1] == session.seq
    assert times[shown[1] - 1] - times[0] <= 10_500_000 < times[shown[1]] - times[0]
    assert [player.name, *(player.name for _ in iter(lambda: player.faster(session), False))] == [
        "x1", "x4", "x16", "/4",
    ]  # fmt: skip


def test_what_is_remembered_outlives_the_run_and_never_fails(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "remembered.json"
    one, other = Remembered(path), Remembered(path)
    one.add("filter", "a")
    other.add("search", "b")
    one.add("filter", "c")
    one.add("filter", "a")
    again = Remembered(path)
    assert (again.get("filter"), again.get("search"), again.get("none")) == (["c", "a"], ["b"], [])
    path.write_text("{")
    assert Remembered(path).get("filter") == []
    path.write_text(json.dumps({"filter": 3, "search": ["x"]}))
    assert (Remembered(path).get("filter"), Remembered(path).get("search")) == ([], ["x"])
    path.unlink()
    path.mkdir()
    Remembered(path).add("filter", "kept nowhere")
