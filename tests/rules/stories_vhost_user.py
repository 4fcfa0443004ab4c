"""Stories about vhost-user sessions: each breaks one rule and says at which event (VH201 to VH210)."""

from tests.rules.telling import Broken, tells
from tests.stories import Story
from tests.stories.talk import BACK, OFFERED, PROTOCOL, RAM, UVA, Talk
from vdmabuf_inspect.model.finding import Culprit
from vdmabuf_inspect.vhost_user.payload import MemoryTable, Region, SingleRegion, VringState, pack_u64
from vdmabuf_inspect.vhost_user.wire import VERSION, HeaderFlag, ProtocolFeature, Request

FRONT_END, BACK_END = Culprit.FRONT_END, Culprit.BACK_END


def met(**options: int) -> Talk:
    """Both ends have agreed; no ring is watched yet."""
    talk = Talk(Story(watched=False))
    talk.negotiate(**options)
    return talk


def broken(talk: Talk, row: int, culprit: Culprit | None = None) -> Broken:
    return Broken(talk.story, row, culprit)


@tells("VH201")
def region_without_its_padding() -> Broken:
    talk = met()
    return broken(talk, talk.ask(Request.ADD_MEM_REG, RAM.pack(), 1), FRONT_END)


@tells("VH201")
def answer_cut_in_half() -> Broken:
    talk = met()
    talk.ask(Request.GET_STATUS)
    return broken(talk, talk.answer(Request.GET_STATUS, bytes(4)), BACK_END)


@tells("VH201")
def header_of_another_version() -> Broken:
    talk = met()
    return broken(talk, talk.say(BACK, Request.SET_STATUS, pack_u64(0), flags=2 | HeaderFlag.REPLY), BACK_END)


@tells("VH201")
def answer_that_is_marked_as_a_request() -> Broken:
    talk = met()
    talk.ask(Request.GET_STATUS)
    return broken(talk, talk.say(BACK, Request.GET_STATUS, pack_u64(0), flags=VERSION), BACK_END)


@tells("VH202")
def table_of_two_with_one_descriptor() -> Broken:
    talk = met()
    table = MemoryTable.of(RAM, Region(1 << 32, 4096, UVA + (1 << 32), 0))
    return broken(talk, talk.ask(Request.SET_MEM_TABLE, table.pack(), 1), FRONT_END)


@tells("VH202")
def descriptor_beside_an_answer() -> Broken:
    talk = met()
    talk.ask(Request.GET_STATUS)
    return broken(talk, talk.answer(Request.GET_STATUS, pack_u64(0), 1), BACK_END)


@tells("VH203")
def status_without_its_feature() -> Broken:
    talk = met(protocol=PROTOCOL & ~ProtocolFeature.STATUS)
    return broken(talk, talk.ask(Request.SET_STATUS, pack_u64(1)))


@tells("VH203")
def protocol_features_of_a_back_end_without() -> Broken:
    talk = Talk(Story(watched=False))
    talk.number_of(Request.GET_FEATURES, 0)
    row = talk.ask(Request.GET_PROTOCOL_FEATURES)
    talk.answer(Request.GET_PROTOCOL_FEATURES, pack_u64(0))
    return broken(talk, row)


@tells("VH204")
def ring_without_its_base() -> Broken:
    talk = met()
    talk.share()
    talk.ring(Request.SET_VRING_NUM, 16)
    talk.place()
    return broken(talk, talk.kick_fd())


@tells("VH205", also={"VX902"})
def kick_of_a_disabled_ring() -> Broken:
    talk = met()
    talk.share()
    talk.set_up(0)
    talk.ring(Request.SET_VRING_NUM, 16, 1)
    talk.ring(Request.SET_VRING_BASE, 0, 1)
    talk.place(1)
    talk.kick_fd(1)
    return broken(talk, talk.kick(1))


@tells("VH205")
def kick_in_band_of_a_disabled_ring() -> Broken:
    story = Story(watched=False)
    talk = Talk(story)
    talk.number_of(Request.GET_FEATURES, OFFERED)
    talk.ask(Request.SET_PROTOCOL_FEATURES, pack_u64(ProtocolFeature.INBAND_NOTIFICATIONS))
    talk.ask(Request.SET_FEATURES, pack_u64(OFFERED))
    talk.ring(Request.SET_VRING_NUM, 16)
    talk.ring(Request.SET_VRING_BASE, 0)
    talk.share_all()
    talk.place()
    return broken(talk, talk.ask(Request.VRING_KICK, VringState(0, 0).pack()))


@tells("VH206")
def features_of_nobody() -> Broken:
    talk = Talk(Story(watched=False))
    return broken(talk, talk.negotiate(features=OFFERED | 1 << 5))


@tells("VH206")
def protocol_features_of_nobody() -> Broken:
    talk = Talk(Story(watched=False))
    talk.number_of(Request.GET_FEATURES, OFFERED)
    talk.number_of(Request.GET_PROTOCOL_FEATURES, PROTOCOL)
    return broken(talk, talk.ask(Request.SET_PROTOCOL_FEATURES, pack_u64(PROTOCOL | ProtocolFeature.MQ)))


@tells("VH207")
def ring_at_a_guest_physical_address() -> Broken:
    talk = met()
    talk.share()
    return broken(talk, talk.place(at=0x1000))


@tells("VH208")
def request_passed_over() -> Broken:
    talk = met()
    row = talk.ask(Request.GET_STATUS)
    talk.number_of(Request.GET_MAX_MEM_SLOTS, 8)
    return broken(talk, row)


@tells("VH208")
def request_that_waits() -> Broken:
    talk = met()
    row = talk.ask(Request.GET_STATUS)
    talk.wait(1500)
    talk.answer(Request.GET_STATUS, pack_u64(0))
    return broken(talk, row)


@tells("VH208")
def back_end_that_dies_at_a_request() -> Broken:
    talk = met()
    row = talk.ask(Request.GET_STATUS)
    talk.leave(back_end=True)
    return broken(talk, row)


@tells("VH209")
def chain_returned_after_the_hand_over() -> Broken:
    story = Story()
    talk = Talk(story)
    talk.negotiate()
    talk.share()
    talk.hand_over(1)
    story.stop(closed=False)
    return broken(talk, talk.late(1, 2))


@tells("VH210")
def region_gone_under_a_request() -> Broken:
    story = Story()
    talk = Talk(story)
    talk.negotiate()
    talk.share()
    story.ask()
    story.export(1, back=False)
    return broken(talk, talk.ask(Request.REM_MEM_REG, SingleRegion(RAM).pack()))
