"""What real front ends and back ends rightly do is held against nobody, and what was not seen neither."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.stories import Story, clean, codes, findings
from tests.stories.talk import BACK, FRONT, OFFERED, PROTOCOL, RAM, Talk
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.sources.vhost_user.control import Way
from vdmabuf_inspect.vhost_user.payload import Inflight, MemoryTable, Region, SingleRegion, pack_u64
from vdmabuf_inspect.vhost_user.wire import VERSION, HeaderFlag, ProtocolFeature, Request


def judged(talk: Talk, folder: Path) -> set[str]:
    return {code for code in codes(talk.story.session(folder)) if code.startswith("VH")}


def met() -> Talk:
    talk = Talk(Story(watched=False))
    talk.negotiate()
    return talk


def test_two_sessions_one_after_the_other(tmp_path: Path) -> None:
    story = clean("spec")
    for number in (1, 2):
        talk = Talk(story, number)
        talk.negotiate()
        talk.share()
        talk.set_up(0)
        talk.set_up(1)
        talk.hand_over(0)
        talk.leave(back_end=number == 1)
    session = story.session(tmp_path)
    assert not codes(session, Severity.WARNING), findings(session)


def test_rings_enabled_ahead_of_everything(tmp_path: Path) -> None:
    """QEMU's network front end enables its rings before features are set and memory is shared."""
    talk = Talk(Story(watched=False))
    talk.number_of(Request.GET_FEATURES, OFFERED)
    talk.ring(Request.SET_VRING_ENABLE, 1)
    talk.ring(Request.SET_VRING_ENABLE, 0, 2)
    talk.negotiate()
    talk.share()
    talk.set_up()
    assert judged(talk, tmp_path) == set()


def test_owner_first_and_a_whole_table(tmp_path: Path) -> None:
    """The order of DPDK."""
    talk = Talk(Story(watched=False))
    talk.ask(Request.SET_OWNER)
    talk.number_of(Request.GET_FEATURES, OFFERED)
    talk.ask(Request.SET_VRING_CALL, pack_u64(0), 1)
    talk.ask(Request.SET_FEATURES, pack_u64(OFFERED))
    talk.ask(Request.SET_MEM_TABLE, MemoryTable.of(RAM).pack(), 1)
    talk.set_up()
    talk.ask(Request.SET_VRING_CALL, pack_u64(0x100))
    assert judged(talk, tmp_path) == set()


def test_acknowledgements_where_they_were_agreed_on(tmp_path: Path) -> None:
    talk = met()
    for request in (Request.SET_STATUS, Request.SET_STATUS):
        talk.say(FRONT, request, pack_u64(0), flags=VERSION | HeaderFlag.NEED_REPLY)
        talk.answer(request, pack_u64(0))
    assert judged(talk, tmp_path) == set()


def test_no_answer_is_owed_without_reply_ack(tmp_path: Path) -> None:
    talk = Talk(Story(watched=False))
    talk.number_of(Request.GET_FEATURES, OFFERED)
    talk.number_of(Request.GET_PROTOCOL_FEATURES, PROTOCOL)
    talk.ask(Request.SET_PROTOCOL_FEATURES, pack_u64(0))
    talk.say(FRONT, Request.SET_OWNER, flags=VERSION | HeaderFlag.NEED_REPLY)
    talk.number_of(Request.GET_FEATURES, OFFERED)
    talk.leave(back_end=True)
    assert judged(talk, tmp_path) == set()


def test_a_front_end_that_goes_without_its_answer(tmp_path: Path) -> None:
    talk = met()
    talk.ask(Request.GET_STATUS)
    talk.leave()
    assert judged(talk, tmp_path) == set()


def test_post_copy_sends_tables_twice(tmp_path: Path) -> None:
    talk = Talk(Story(watched=False))
    talk.number_of(Request.GET_FEATURES, OFFERED)
    talk.number_of(Request.GET_PROTOCOL_FEATURES, PROTOCOL | ProtocolFeature.PAGEFAULT)
    talk.ask(Request.SET_PROTOCOL_FEATURES, pack_u64(PROTOCOL | ProtocolFeature.PAGEFAULT))
    talk.ask(Request.SET_FEATURES, pack_u64(OFFERED))
    talk.ask(Request.POSTCOPY_ADVISE)
    talk.answer(Request.POSTCOPY_ADVISE, fds=1)
    talk.ask(Request.SET_MEM_TABLE, MemoryTable.of(RAM).pack(), 1)
    talk.answer(Request.SET_MEM_TABLE, MemoryTable.of(RAM).pack())
    talk.ask(Request.SET_MEM_TABLE, MemoryTable.of(RAM).pack())
    talk.ask(Request.POSTCOPY_END)
    talk.answer(Request.POSTCOPY_END, pack_u64(0))
    talk.set_up()
    assert judged(talk, tmp_path) == set()


@pytest.mark.parametrize("size", [20, 24])
def test_inflight_with_and_without_its_padding(tmp_path: Path, size: int) -> None:
    talk = Talk(Story(watched=False), seen=False)
    payload = Inflight(4096, 0, 1, 128).pack()[:size]
    talk.ask(Request.GET_INFLIGHT_FD, payload)
    talk.answer(Request.GET_INFLIGHT_FD, payload, 1)
    talk.ask(Request.SET_INFLIGHT_FD, payload, 1)
    assert judged(talk, tmp_path) == set()


def test_what_came_before_the_recording_is_not_guessed(tmp_path: Path) -> None:
    """No features, no memory, no set-up was seen: nothing that rests on them is said."""
    talk = Talk(Story(watched=False), seen=False)
    talk.place()
    talk.kick_fd()
    talk.ask(Request.SET_STATUS, pack_u64(0))
    talk.ask(Request.SET_FEATURES, pack_u64(1))
    talk.ask(Request.REM_MEM_REG, SingleRegion(RAM).pack())
    talk.kick(0)
    assert judged(talk, tmp_path) == set()


def test_a_table_that_was_not_kept_whole_proves_nothing(tmp_path: Path) -> None:
    talk = met()
    far = Region(1 << 32, 1 << 20, 0x5500_0000_0000, 0)
    row = talk.ask(Request.SET_MEM_TABLE, MemoryTable.of(RAM, far).pack(), 2)
    records = talk.story.guest.records
    records[row] = replace(records[row], readable_bytes=records[row].readable_bytes[:40])
    talk.place(at=far.uva)
    assert judged(talk, tmp_path) == set()


def test_unknown_requests_are_passed_over(tmp_path: Path) -> None:
    talk = met()
    talk.say(FRONT, 200, b"anything", 3)
    talk.say(BACK, 200, b"")
    talk.say(Way(back_end=True, channel=True), 77, b"x", 1)
    assert judged(talk, tmp_path) == set()
