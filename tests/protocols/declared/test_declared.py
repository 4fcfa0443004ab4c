"""A protocol said as tables: commands joined to their answers, objects followed, fields with their bytes."""

from pathlib import Path
from struct import pack

import pytest
from construct import Array, Bytes, Enum, Int8ul, Int16ub, Int32ul, Int64ul, Struct

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.protocols.declared.messages import Messages
from vdmabuf_inspect.protocols.declared.protocol import Command, Entries, Place, Protocol, QueueKind
from vdmabuf_inspect.protocols.known import PROTOCOLS, add_protocol, protocol_of
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.testing import Exchange
from vdmabuf_inspect.track.lifecycle import Lifecycle
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.detail import detail
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.names import state_name

DEVICE_ID = 61
HEAD = ("code" / Int32ul, "box" / Int32ul)
STATUS = Struct("status" / Enum(Int8ul, OK=0, FULL=1))
DEPOT = Protocol(
    "depot", "boxes in a depot", (DEVICE_ID,),
    (
        QueueKind(
            "desk",
            (
                Command("STORE", 1, Struct(*HEAD, "count" / Int16ub, "pad" / Bytes(2)), trailer=STATUS,
                        entries=Entries("items", Struct("weight" / Int64ul, "kind" / Array(2, Int32ul)), "count"),
                        object="box", asked="ask", done="store", failed="refuse"),
                Command("LOOK", 2, Struct(*HEAD), Struct("weight" / Int32ul), trailer=STATUS, object="box"),
                Command("FETCH", 3, Struct(*HEAD), trailer=STATUS, object="box", done="fetch"),
                Command("OTHER"),
            ),
            lambda index, _: index == 0, Place(0, 4),
        ),
        QueueKind("bell", (Command("RING", answer=Struct("times" / Int16ub), text=True),), lambda index, _: index == 1),
    ),
    Lifecycle(
        ("none", "asked", "stored", "gone"), ("ask", "store", "refuse", "fetch", "use"),
        {("none", "ask"): "asked", ("gone", "ask"): "asked", ("asked", "store"): "stored", ("asked", "refuse"): "gone",
         ("none", "fetch"): "gone", ("stored", "fetch"): "gone", ("none", "use"): "stored"},
        frozenset({"asked", "stored"}),
    ),
    frozenset({"ask"}), frozenset({"fetch", "refuse"}), use="use", object_name=lambda number: f"box {number}",
    good=lambda m: m.last(1) == 0,
)  # fmt: skip


@pytest.fixture(autouse=True)
def depot() -> object:
    add_protocol(DEPOT)
    yield
    del PROTOCOLS["depot"]


def store(box: int, *weights: int) -> bytes:
    return pack("<II", 1, box) + pack(">HH", len(weights), 0) + b"".join(pack("<QII", w, 5, 6) for w in weights)


def session_of(told: Exchange, folder: Path) -> Session:
    return told.inspect(folder).session


def traffic() -> Exchange:
    told = Exchange(DEVICE_ID, queues=2)
    told.both(store(7, 300, 400), b"\0")
    told.both(pack("<II", 2, 7), pack("<IB", 700, 0))
    told.both(store(8), b"\1")
    told.both(pack("<II", 3, 7), b"\0")
    told.both(store(7), b"\0")
    told.both(pack("<II", 99, 0), b"\0")
    told.tell(told.ask(room=16, queue=1), b"\0\3ding", queue=1)
    return told


def test_rows_of_both_directions(tmp_path: Path) -> None:
    session = session_of(traffic(), tmp_path)
    rows = list(MessagesView(session).rows(0, 100))
    assert rows == [MessagesView(session).row(i) for i in range(len(rows))]
    told = [(r["direction"], r["command"], r["buffer"], r["size"]) for r in rows]
    assert told[:4] == [
        ("to-device", "STORE", "box 7", 44), ("to-driver", "STORE", "box 7", 1),
        ("to-device", "LOOK", "box 7", 8), ("to-driver", "LOOK", "box 7", 5),
    ]  # fmt: skip
    assert told[8][1:3] == ("STORE", "box 7b"), "stored again after it was fetched: another box of the same number"
    assert told[-3:] == [
        ("to-device", "OTHER", None, 8), ("to-driver", "OTHER", None, 1), ("to-driver", "RING", None, 6)
    ]  # fmt: skip
    assert rows[0]["fields"]["items[1].weight"] == 400
    assert rows[0]["fields"]["items[0].kind"] == [5, 6]
    assert rows[3]["fields"] == {"weight": 700, "status": "OK"}
    assert rows[5]["fields"] == {"status": "FULL"}


def test_objects_through_their_lifecycle(tmp_path: Path) -> None:
    session = session_of(traffic(), tmp_path)
    boxes = BuffersView(session)
    assert [(b["buffer"], b["state"]) for b in map(boxes.row, range(len(boxes)))] == [
        ("box 7", "gone"), ("box 8", "gone"), ("box 7b", "stored")
    ]  # fmt: skip
    seen = [state_name(int(Moment(session, seq).states[0])) for seq in range(session.seq + 1)]
    assert [s for s, before in zip(seen, [None, *seen], strict=False) if s != before] == [
        "none", "asked", "stored", "gone"
    ]  # fmt: skip
    assert Moment(session).live == 1


def test_fields_have_their_bytes(tmp_path: Path) -> None:
    session = session_of(traffic(), tmp_path)
    shown = detail(session, int(session.messages.row[3]) + 1)
    assert [(f.path, f.text, f.offset, f.size) for f in shown.fields] == [
        ("weight", "700", 0, 4), ("status", "OK (0x0)", 4, 1)
    ]  # fmt: skip
    bell = detail(session, int(session.messages.row[-1]) + 1)
    assert [(f.path, f.text) for f in bell.fields] == [("times", "3"), ("payload", "ding")]
    assert all(f.offset >= 0 and f.offset + f.size <= len(shown.data) for f in shown.fields)


def test_an_answer_in_another_batch_is_joined(tmp_path: Path) -> None:
    """However the events are cut into batches, the messages are the same."""
    from vdmabuf_inspect.session import load, reading

    whole = [dict(r) for r in MessagesView(session_of(traffic(), tmp_path)).rows(0, 100)]
    for size in (1, 2, 3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(reading, "_FIRST_BATCH", size)
            patch.setattr(reading, "_BATCH", size)
            again = load.inspect(str(tmp_path / "exchange.pcapng"))
        assert [dict(r) for r in MessagesView(again).rows(0, 100)] == whole


def test_columns_for_rules(tmp_path: Path) -> None:
    seen: list[Messages] = []
    from vdmabuf_inspect.protocols.declared.device import DeclaredDevice

    class Watched(DeclaredDevice):
        def consume(self, events: object, _ns: int = 0) -> Messages | None:
            found = super().consume(events)  # type: ignore[arg-type]
            seen.extend([found] if found is not None else [])
            return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vdmabuf_inspect.session.speech.DeclaredDevice", Watched)
        session_of(traffic(), tmp_path)
    messages, last = seen
    assert messages.column("count")[messages.told("STORE") & messages.requests].tolist() == [2, 0, 0]
    assert messages.column("box")[messages.has("box")].tolist() == [7, 7, 8, 7, 7]
    assert last.column("times").tolist() == [3]
    assert messages.last(1)[messages.asked].tolist() == [0, 0, 1, 0, 0, 0]
    assert not messages.short.any()


def test_short_messages_are_shown_as_far_as_they_go(tmp_path: Path) -> None:
    told = Exchange(DEVICE_ID)
    told.both(pack("<II", 1, 7), b"")
    told.both(b"\1\0", b"")
    session = session_of(told, tmp_path)
    rows = [MessagesView(session).row(i) for i in range(2)]
    assert [(r["command"], r["fields"]) for r in rows] == [("STORE", {"code": 1, "box": 7}), ("OTHER", {})]


def test_one_device_id_has_one_protocol() -> None:
    assert protocol_of(DEVICE_ID) is DEPOT
    with pytest.raises(UsageError, match="device ID 61 is decoded by depot already"):
        add_protocol(Protocol("other", "", (DEVICE_ID,), DEPOT.queues))
    assert protocol_of(60).name == "data"
