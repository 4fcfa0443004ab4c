"""What each request and reply changes in the terms of its session, and what is wrong with it there."""

from collections.abc import Callable

from vdmabuf_inspect.vhost_user.heard import Heard
from vdmabuf_inspect.vhost_user.payload import MemoryTable, Region, SingleRegion, VringAddress, VringFd, VringState
from vdmabuf_inspect.vhost_user.payload import parse_u64 as word
from vdmabuf_inspect.vhost_user.terms import RingTerms, Terms
from vdmabuf_inspect.vhost_user.verdict import Verdict
from vdmabuf_inspect.vhost_user.wire import Request

Effect = Callable[[Terms, Heard, Verdict], None]


def _set_features(terms: Terms, heard: Heard, verdict: Verdict) -> None:
    terms.accepted = word(heard.payload)
    if terms.offered is not None and terms.accepted is not None:
        verdict.surplus = terms.accepted & ~terms.offered


def _set_protocol(terms: Terms, heard: Heard, verdict: Verdict) -> None:
    terms.protocol_accepted = word(heard.payload)
    if terms.protocol_offered is not None and terms.protocol_accepted is not None:
        verdict.surplus = terms.protocol_accepted & ~terms.protocol_offered
        verdict.surplus_protocol = True


def _table(terms: Terms, heard: Heard, _: Verdict) -> None:
    table = MemoryTable.parse(heard.payload)
    if table is not None and not (terms.postcopy and not heard.fds):
        terms.regions = list(table.regions)
        terms.partial = len(heard.payload) < heard.size


def _add(terms: Terms, heard: Heard, _: Verdict) -> None:
    single = SingleRegion.parse(heard.payload)
    if single is not None:
        terms.regions = [*terms.regions, single.region]


def _remove(terms: Terms, heard: Heard, _: Verdict) -> None:
    single = SingleRegion.parse(heard.payload)
    if single is not None:
        terms.regions = [region for region in terms.regions if _where(region) != _where(single.region)]


def _where(region: Region) -> tuple[int, int, int]:
    return region.gpa, region.size, region.uva


def _ring(terms: Terms, heard: Heard) -> RingTerms | None:
    """The ring that a message with a queue index and a number is about."""
    state = VringState.parse(heard.payload)
    return None if state is None else terms.ring(state.index)


def _num(terms: Terms, heard: Heard, _: Verdict) -> None:
    if (ring := _ring(terms, heard)) is not None:
        ring.sized = True


def _base(terms: Terms, heard: Heard, _: Verdict) -> None:
    if (ring := _ring(terms, heard)) is not None:
        ring.based = True


def _address(terms: Terms, heard: Heard, verdict: Verdict) -> None:
    address = VringAddress.parse(heard.payload)
    if address is None:
        return
    terms.ring(address.index).placed = True
    places = (address.desc, address.avail, address.used)
    outside = [] if terms.translated or not terms.seen else [a for a in places if not terms.mapped(a)]
    if outside:
        verdict.astray, verdict.address, verdict.ring = True, outside[0], address.index


def _kick_fd(terms: Terms, heard: Heard, verdict: Verdict) -> None:
    which = VringFd.parse(heard.payload)
    if which is not None:
        terms.ring(which.index).kickable = True
        _check(terms, which.index, verdict)


def _kick(terms: Terms, heard: Heard, verdict: Verdict) -> None:
    state = VringState.parse(heard.payload)
    if state is None or not terms.seen:
        return
    ring = terms.ring(state.index)
    verdict.ring, verdict.early = state.index, terms.early(ring)
    ring.hasty |= verdict.early
    _check(terms, state.index, verdict)


def _enable(terms: Terms, heard: Heard, verdict: Verdict) -> None:
    """Real front ends enable rings long before they set them up; what starts one is the kick."""
    state = VringState.parse(heard.payload)
    if state is None:
        return
    ring = terms.ring(state.index)
    ring.enabled = bool(state.num)
    ring.was_enabled |= ring.enabled
    if ring.enabled and ring.kickable:
        _check(terms, state.index, verdict)


def _check(terms: Terms, index: int, verdict: Verdict) -> None:
    """A ring starts: whatever it lacks is told once."""
    ring = terms.ring(index)
    if ring.lacking and not ring.told and terms.seen:
        ring.told = True
        verdict.ring, verdict.lacking = index, ring.lacking


def _reset(terms: Terms, _: Heard, __: Verdict) -> None:
    terms.reset()


def _status(terms: Terms, heard: Heard, _: Verdict) -> None:
    if word(heard.payload) == 0:
        terms.reset()


def _postcopy(terms: Terms, _: Heard, __: Verdict) -> None:
    terms.postcopy = True


def _offered(terms: Terms, heard: Heard, _: Verdict) -> None:
    terms.offered = word(heard.payload)


def _protocol_offered(terms: Terms, heard: Heard, _: Verdict) -> None:
    terms.protocol_offered = word(heard.payload)


def _stopped(terms: Terms, heard: Heard, _: Verdict) -> None:
    if (ring := _ring(terms, heard)) is not None:
        ring.kickable = ring.based = ring.told = ring.hasty = False


def _postcopy_over(terms: Terms, _: Heard, __: Verdict) -> None:
    terms.postcopy = False


REQUESTS: dict[int, Effect] = {
    Request.SET_FEATURES: _set_features,
    Request.SET_PROTOCOL_FEATURES: _set_protocol,
    Request.SET_MEM_TABLE: _table,
    Request.ADD_MEM_REG: _add,
    Request.REM_MEM_REG: _remove,
    Request.SET_VRING_NUM: _num,
    Request.SET_VRING_BASE: _base,
    Request.SET_VRING_ADDR: _address,
    Request.SET_VRING_KICK: _kick_fd,
    Request.VRING_KICK: _kick,
    Request.SET_VRING_ENABLE: _enable,
    Request.RESET_OWNER: _reset,
    Request.RESET_DEVICE: _reset,
    Request.SET_STATUS: _status,
    Request.POSTCOPY_ADVISE: _postcopy,
}
"""What the front end's requests do."""

REPLIES: dict[int, Effect] = {
    Request.GET_FEATURES: _offered,
    Request.GET_PROTOCOL_FEATURES: _protocol_offered,
    Request.GET_VRING_BASE: _stopped,
    Request.POSTCOPY_END: _postcopy_over,
}
"""What the back end's answers do."""
