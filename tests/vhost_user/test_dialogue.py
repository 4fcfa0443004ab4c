"""Whatever is said is followed: no message, in whatever order, makes the dialogue or a rule raise."""

from hypothesis import given, settings
from hypothesis import strategies as st

from vdmabuf_inspect.rules.registry import RULES, Hits
from vdmabuf_inspect.vhost_user.dialogue import Dialogue
from vdmabuf_inspect.vhost_user.heard import Heard
from vdmabuf_inspect.vhost_user.payload import Region, SingleRegion, VringState, pack_u64
from vdmabuf_inspect.vhost_user.rules import PROTOCOL
from vdmabuf_inspect.vhost_user.verdict import Verdicts
from vdmabuf_inspect.vhost_user.wire import VERSION, HeaderFlag, ProtocolFeature, Request

SECOND = 10**9
PAYLOADS = st.one_of(
    st.binary(max_size=96),
    st.builds(lambda a, b: VringState(a, b).pack(), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1)),
    st.builds(pack_u64, st.integers(0, 2**64 - 1)),
)
SAID = st.tuples(
    st.integers(0, 48), st.integers(0, 15), st.booleans(), st.booleans(), st.booleans(), st.booleans(), PAYLOADS,
    st.integers(0, 5), st.integers(0, 2 * SECOND),
)  # fmt: skip


def dialogue() -> Dialogue:
    return Dialogue(3, SECOND, lambda row, regions: len(regions))


def say(to: Dialogue, row: int, request: int, **more: object) -> tuple[int, Verdicts]:
    """A message a microsecond after the one before, and what came of it."""
    payload = more.pop("payload", b"")
    assert isinstance(payload, bytes)
    known: dict[str, object] = {
        "row": row, "time_ns": row * 1000, "request": request, "flags": VERSION, "size": len(payload), "fds": 0,
        "payload": payload, "back_end": False, "channel": False,
    }  # fmt: skip
    answers, verdicts = to.hear(Heard(**(known | more)))  # type: ignore[arg-type]
    return answers, Verdicts.of(verdicts)


@settings(deadline=None, max_examples=200)
@given(st.lists(SAID, max_size=25))
def test_anything_may_be_said_in_any_order(
    said: list[tuple[int, int, bool, bool, bool, bool, bytes, int, int]],
) -> None:
    following, now, verdicts = dialogue(), 0, []
    for row, (request, flags, back_end, channel, boundary, closed, payload, fds, later) in enumerate(said):
        now += later
        heard = Heard(row, now, request, flags, len(payload), fds, payload, back_end, channel, boundary, closed)
        answers, found = following.hear(heard)
        assert answers < row
        verdicts += found
    columns = Verdicts.of([*verdicts, *following.overdue(now + 5 * SECOND)])
    for rule in (r for r in RULES.values() if r.protocol == PROTOCOL):
        hits = rule.check(columns)
        assert isinstance(hits, Hits) and len(hits.at) == len(columns.row)
        for b in range(3):
            for text in rule.text.split("|"):
                assert text.format(a=1, b=b, request="X", feature="Y", queue="Z")


def test_answers_find_their_requests_in_order() -> None:
    following = dialogue()
    reply = {"back_end": True, "flags": VERSION | HeaderFlag.REPLY}
    say(following, 1, Request.GET_FEATURES)
    say(following, 2, Request.GET_QUEUE_NUM)
    assert say(following, 3, Request.GET_FEATURES, payload=bytes(8), **reply)[0] == 1
    assert say(following, 4, Request.GET_QUEUE_NUM, payload=bytes(8), **reply)[0] == 2
    assert say(following, 5, Request.GET_STATUS, payload=bytes(8), **reply)[0] == -1


def test_a_voluntary_answer_is_joined_too() -> None:
    following = dialogue()
    say(following, 1, Request.SET_OWNER)
    reply = {"back_end": True, "flags": VERSION | HeaderFlag.REPLY}
    assert say(following, 2, Request.SET_OWNER, payload=bytes(8), **reply)[0] == 1
    assert say(following, 3, Request.SET_OWNER, payload=bytes(8), **reply)[0] == -1


def test_terms_are_those_of_the_session() -> None:
    following = dialogue()
    say(following, 0, 0, boundary=True, size=4)
    assert following.session == 4 and following.terms.seen and following.terms.protocol == 0
    say(following, 1, Request.SET_PROTOCOL_FEATURES, payload=pack_u64(ProtocolFeature.STATUS))
    assert following.terms.protocol == ProtocolFeature.STATUS
    say(following, 2, 0, boundary=True, closed=True)
    assert not following.terms.seen and following.terms.protocol is None


def test_memory_that_goes_is_looked_up() -> None:
    following = dialogue()
    regions = [Region(0, 4096, 0x1000, 0), Region(1 << 20, 4096, 0x9000, 0)]
    for row, region in enumerate(regions):
        say(following, row, Request.ADD_MEM_REG, payload=SingleRegion(region).pack(), fds=1)
    _, said = say(following, 3, Request.REM_MEM_REG, payload=SingleRegion(regions[0]).pack())
    assert said.cut_off.tolist() == [1], "one region is left"
