"""The slots of rings as of any moment, against what the stories did to them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stories import Story
from tests.stories.packed import PackedStory
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.ring_part import Part, SlotState
from vdmabuf_inspect.views.ring_slots import RingSlots, ring_picture, ring_slots
from vdmabuf_inspect.views.slot_text import slot_text

SIGNS = {
    SlotState.UNKNOWN: "?", SlotState.FREE: "_", SlotState.AVAILABLE: "a", SlotState.FLYING: "F", SlotState.USED: "u",
}  # fmt: skip


def drawn(part: Part) -> str:
    return "".join(SIGNS[SlotState(int(state))] for state in part.state)


def slots_of(session: Session, queue: int = 0, seq: int | None = None) -> RingSlots:
    return ring_slots(RingState(session, session.queues.rings[queue], session.seq if seq is None else seq))


def pictured(session: Session, queue: int = 0, seq: int | None = None) -> str:
    at = session.seq if seq is None else seq
    return "".join(SIGNS[SlotState(it)] for it in ring_picture(RingState(session, session.queues.rings[queue], at)))


def told(size: int = 8) -> Story:
    story = Story("rfc-v4", size=size, features=int(Feature.VERSION_1 | Feature.EVENT_IDX))
    for counter in range(1, 4):
        story.export(counter, back=False)
    return story


def test_available_used_and_free_slots(tmp_path: Path) -> None:
    story = told()
    story.take_back(1)
    session = story.session(tmp_path)
    offered, used, table = slots_of(session, 1).parts
    assert drawn(offered) == "Fua_____"
    assert offered.head[:3].tolist() == [0, 1, 2]
    assert drawn(used) == "u_______"
    assert used.head[0] == 1
    assert drawn(table) == "F_a_____"
    assert offered.marks == {3: ("driver",), 0: ("kick",)}
    assert used.marks[1] == ("device",)
    assert session.record(int(offered.row[2])).kind is EventKind.AVAILABLE
    assert session.record(int(used.row[0])).kind is EventKind.USED


def test_the_small_picture_tells_offered_and_taken_entries_apart(tmp_path: Path) -> None:
    story = told()
    story.take_back(1)
    session = story.session(tmp_path)
    assert pictured(session, 1) == "Fua_____"
    assert pictured(session, 1, 1) == "", "its queue was not set up then"
    packed = PackedStory(6)
    packed.offer(1, 2)
    packed.offer(2)
    packed.give_back(2)
    assert pictured(packed.session(tmp_path)) == "uFu___"


def test_the_past_is_as_it_was(tmp_path: Path) -> None:
    story = told()
    before = len(story.guest.records)
    story.take_back(0)
    session = story.session(tmp_path)
    assert drawn(slots_of(session, 1, before).parts[0]) == "aaa_____"
    assert drawn(slots_of(session, 1).parts[0]) == "uaa_____"
    assert slots_of(session, 1, 0).parts == ()


def test_slots_are_used_again(tmp_path: Path) -> None:
    story = told(4)
    for head in (0, 1, 2):
        story.take_back(head)
    story.export(4)
    story.export(5, back=False)
    heads = slots_of(session := story.session(tmp_path), 1).parts[0]
    assert drawn(heads) == "auuu"
    assert heads.index.tolist() == [4, 1, 2, 3]
    assert session.record(int(heads.row[0])).index == 4


def test_a_late_observer_does_not_call_free_what_nobody_saw(tmp_path: Path) -> None:
    story = Story("rfc-v4", size=8, watched=False)
    story.export(1)
    story.watch(complete=False)
    story.export(2, back=False)
    session = story.session(tmp_path)
    drawing = drawn(slots_of(session, 1).parts[0])
    assert drawing.startswith("?a")
    assert "_" not in drawing
    assert pictured(session, 1) == "uauuuuuu", "the small picture takes what both indices say"


def test_a_slot_in_words(tmp_path: Path) -> None:
    session = told().session(tmp_path)
    part = slots_of(session, 1).parts[0]
    now = int(session.events.time_ns[-1])
    text = slot_text(session, part, 2, now)
    assert "available ring, slot 2: available · index 2 · head 2 · offered #" in text
    assert "EXPORT 7:3" in text
    assert slot_text(session, part, 3, now).endswith("free · the driver writes here next")


def test_packed_slots_of_chains_in_and_out_of_order(tmp_path: Path) -> None:
    story = PackedStory(6)
    story.offer(1, 2)
    story.offer(2)
    assert drawn(slots_of(story.session(tmp_path)).parts[0]) == "aaa___"
    story.give_back(2)
    part = slots_of(story.session(tmp_path)).parts[0]
    assert drawn(part) == "uFu___", "the used descriptor stands where the device was; its own slot is not reached yet"
    assert part.head.tolist()[:3] == [2, 1, 2]
    assert part.marks == {3: ("driver",), 1: ("device",)}


def test_packed_ring_round_and_round(tmp_path: Path) -> None:
    story = PackedStory(4)
    story.lap()
    story.offer(9, 2)
    part = slots_of(story.session(tmp_path)).parts[0]
    assert drawn(part) == "aauu"
    assert part.marks == {2: ("driver",), 0: ("device",)}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.booleans(), max_size=24))
def test_what_is_out_is_what_the_ring_says(tmp_path_factory: pytest.TempPathFactory, steps: list[bool]) -> None:
    story = Story("rfc-v4", size=4)
    out: list[int] = []
    for counter, offer in enumerate(steps, 1):
        if offer and len(out) < 4:
            out.append(story.export(counter, back=False))
        elif out:
            story.take_back(out.pop(len(out) // 2))
    session = story.session(tmp_path_factory.mktemp("slots"))
    offered, used, table = slots_of(session, 1).parts
    held = [
        part.head[np.isin(part.state, (SlotState.AVAILABLE, SlotState.FLYING))].tolist() for part in (offered, table)
    ]
    assert set(held[0]) <= set(out), "an entry may be overwritten while its chain is out"
    assert sorted(held[1]) == sorted(out)
    assert (used.state != SlotState.UNKNOWN).all()
    assert RingState(session, session.queues.rings[1], session.seq).in_flight == len(out)


def test_packed_slots_of_a_chain_that_was_seen_too_late(tmp_path: Path) -> None:
    story = PackedStory(8)
    story.ring.offer(story.chain(3), 1)
    story.ring.give_back(1, 64, 3)
    story.guest.look()
    story.offer(2)
    part = slots_of(story.session(tmp_path)).parts[0]
    assert drawn(part) == "uuua____", "nothing that was written to is called free"
