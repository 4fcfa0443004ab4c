"""An event in detail: its chain's descriptors with their bytes, what fields mean, what was there before."""

from pathlib import Path

import pytest

from tests.stories import Story
from tests.stories.guest import NEXT
from tests.stories.packed import PackedStory
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.meanings import meaning as vdmabuf_meaning
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.before import before
from vdmabuf_inspect.views.detail import detail
from vdmabuf_inspect.views.latency import took_ns
from vdmabuf_inspect.views.meanings import meaning


def rows_of(session: Session, kind: EventKind, queue: int) -> list[int]:
    events = session.events
    return [i for i in range(len(events)) if events.kind[i] == kind and events.qid[i] == queue]


def test_a_returned_chain_has_the_descriptors_it_was_offered_with(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    session = story.session(tmp_path)
    back = rows_of(session, EventKind.USED, 0)[0]
    shown = detail(session, back + 1)
    (piece,) = shown.pieces
    assert piece.name == "descriptor 0"
    assert piece.descriptor.addr == story.slot(0, 0)
    assert (piece.offset, piece.size) == (0, 260)
    assert not shown.descriptors, "the record itself holds none"


def test_each_descriptor_has_its_own_bytes(tmp_path: Path) -> None:
    story = Story("spec", features=int(Feature.VERSION_1 | Feature.INDIRECT_DESC))
    ring, table = story.send, story._base + 0xF000
    story.guest.write(0x30000, story.export_message(1))
    entries = [(0x30000, 100, NEXT, 1), (0x30064, 160, 0, 0)]
    for i, (addr, length, flags, following) in enumerate(entries):
        entry = addr.to_bytes(8, "little") + length.to_bytes(4, "little")
        story.guest.write(table + 16 * i, entry + flags.to_bytes(2, "little") + following.to_bytes(2, "little"))
    ring.describe(5, table, 32, 4)
    ring.offer(5)
    story.look()
    session = story.session(tmp_path)
    shown = detail(session, rows_of(session, EventKind.AVAILABLE, 1)[0] + 1)
    assert [(p.name, p.offset, p.size) for p in shown.pieces] == [
        ("descriptor 5", 0, 0), ("indirect 0", 0, 100), ("indirect 1", 100, 160),
    ]  # fmt: skip
    assert shown.pieces[0].text.endswith("a table of 2")
    assert shown.pieces[1].text.endswith("device-readable → 1")


def test_a_packed_ring_has_slots(tmp_path: Path) -> None:
    story = PackedStory(4)
    story.offer(7)
    story.give_back(7)
    session = story.session(tmp_path)
    for row in (rows_of(session, EventKind.AVAILABLE, 0)[0], rows_of(session, EventKind.USED, 0)[0]):
        shown = detail(session, row + 1)
        assert ("ring slot", "0, wrap counter 1") in shown.facts
        assert [piece.name for piece in shown.pieces] == ["slot 0"]
        assert "wrap counter" in meaning(session, shown, "ring slot")


def test_bytes_before_and_after(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    story.export(1, back=False)
    session = story.session(tmp_path)
    back = rows_of(session, EventKind.USED, 0)[0]
    offered = int(session.chains.available[session.events.chain[back]])
    found = before(session, back + 1)
    assert found == before(session, offered + 1)
    assert len(found.old) == len(found.new) == 260
    assert found.changed == 2, "the command and the VM ID"
    assert found.said == f"2 of 260 bytes written since #{offered + 1}"
    asked = rows_of(session, EventKind.AVAILABLE, 1)
    assert before(session, asked[0] + 1).said.startswith("no writable bytes")
    assert before(session, asked[1] + 1).said == f"the chain has not come back since #{asked[1] + 1}"
    assert before(session, 1).said == "the event is about no chain"


@pytest.mark.parametrize("name", DIALECTS)
def test_every_field_of_every_message_is_explained(name: str) -> None:
    dialect = DIALECTS[name]
    for command in dialect.commands.values():
        for span in dialect.spans(command.op):
            found = vdmabuf_meaning(command.op, span.path)
            assert found is not None, (command.op, span.path)
            assert all(found)
    assert vdmabuf_meaning(Op.UNKNOWN, "op.nonsense") is None


def test_how_long_it_took(tmp_path: Path) -> None:
    story = Story("spec")
    story.ask()
    story.export(1)
    story.export(2, back=False)
    story.release(1)
    session = story.session(tmp_path)
    asked, first, second = rows_of(session, EventKind.AVAILABLE, 1)
    back = int(session.chains.used[session.events.chain[first]])
    released = rows_of(session, EventKind.USED, 0)[-1]
    times = session.events.time_ns
    assert took_ns(session, first) == took_ns(session, back) == times[back] - times[first]
    assert took_ns(session, second) is None
    assert took_ns(session, released) == times[released] - times[first]
    assert took_ns(session, asked) is not None
    assert took_ns(session, rows_of(session, EventKind.USED, 0)[0]) is None, "a receive buffer was no request"
    assert took_ns(session, rows_of(session, EventKind.START, 0)[0]) is None
