"""One device's control plane followed from message to message: who answers what, and what each message means then."""

from collections.abc import Callable
from typing import NamedTuple

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.vhost_user import effects
from vdmabuf_inspect.vhost_user.answers import Answers, Waiting
from vdmabuf_inspect.vhost_user.descriptors import wanted
from vdmabuf_inspect.vhost_user.heard import Heard
from vdmabuf_inspect.vhost_user.payload import Region
from vdmabuf_inspect.vhost_user.terms import Terms
from vdmabuf_inspect.vhost_user.verdict import Verdict
from vdmabuf_inspect.vhost_user.wire import NEEDED, UNDER_FEATURE_30, Header, ProtocolFeature, Request, wants_reply

FEATURE_30 = 64
"""Stands in `Verdict.feature` for the virtio feature bit under which protocol features are."""
CutOff = Callable[[int, list[Region]], int]
"""(event row, memory regions from then on) to the number of chains that are outstanding there with memory in none."""
_MEMORY = frozenset({Request.SET_MEM_TABLE, Request.REM_MEM_REG})
_MS = 1_000_000


class Said(NamedTuple):
    """What came of one message: the row of the request that it answers (-1 for none), and verdicts worth keeping."""

    answers: int
    verdicts: list[Verdict]


class Dialogue:
    """Everything between one front end and one back end, session after session. `qid` is its queue number."""

    def __init__(self, qid: int, stuck_after_ns: int, cut_off: CutOff) -> None:
        self.terms = Terms()
        self.session = 0
        """The number of the session that the latest message belongs to, 0 where nobody saw its beginning."""
        self._qid = qid
        self._limit = stuck_after_ns
        self._cut_off = cut_off
        self._main, self._channel = Answers(), Answers()

    def hear(self, heard: Heard) -> Said:
        """The next message or boundary."""
        late = self.overdue(heard.time_ns)
        if heard.boundary:
            return Said(-1, [*late, *self._boundary(heard)])
        verdict = self._verdict(heard)
        asking = self._channel if heard.channel else self._main
        if not heard.reply:
            asking.ask(heard, self._demanded(heard))
            return Said(-1, [*late, verdict])
        row, skipped = asking.answer(heard)
        return Said(row, [*late, *self._silent(skipped, heard.time_ns), verdict])

    def overdue(self, now_ns: int) -> list[Verdict]:
        """Requests that have waited too long by now."""
        return self._silent(self._main.overdue(now_ns, self._limit), now_ns)

    def _boundary(self, heard: Heard) -> list[Verdict]:
        """A session begins with new terms; a back end that goes first leaves what it was asked unanswered."""
        self.session = heard.size
        if not heard.closed:
            if not heard.back_end or not self.terms.seen:
                self.terms = Terms(seen=True)
            return []
        left = self._main.end()
        self._channel.end()
        self.terms = Terms()
        return self._silent(left, heard.time_ns) if heard.back_end else []

    def _silent(self, requests: list[Waiting], now_ns: int) -> list[Verdict]:
        return [Verdict(w.row, self._qid, back_end=True, silent_ms=max(0, now_ns - w.time_ns) // _MS) for w in requests]

    def _demanded(self, heard: Heard) -> bool:
        header, protocol = Header(heard.request, heard.flags, heard.size), self.terms.protocol
        return wants_reply(header, protocol or 0)

    def _verdict(self, heard: Heard) -> Verdict:
        terms, verdict = self.terms, Verdict(heard.row, self._qid, heard.back_end, fds=heard.fds)
        fault = heard.fault()
        if fault is not None:
            verdict.wrong, verdict.number = fault
        count = wanted(heard, terms.protocol, terms.postcopy)
        if count is not None and not count.least <= heard.fds <= count.most:
            verdict.fds_wanted = count.least if heard.fds < count.least else count.most
        if not heard.channel:
            self._follow(heard, verdict)
        return verdict

    def _follow(self, heard: Heard, verdict: Verdict) -> None:
        if not heard.reply:
            verdict.feature = self._unnegotiated(heard.request)
        before = self.terms.regions
        effect = (effects.REPLIES if heard.reply else effects.REQUESTS).get(heard.request)
        if effect is not None:
            effect(self.terms, heard, verdict)
        if heard.request in _MEMORY and not heard.reply and before and self._mapped_by_us():
            verdict.cut_off = self._cut_off(heard.row, self.terms.regions)

    def _mapped_by_us(self) -> bool:
        """Whether guest-physical addresses can be looked up in the memory table."""
        return not (self.terms.translated or self.terms.partial)

    def _unnegotiated(self, request: int) -> int:
        """The feature that the request needs and that is known not to be in force: its bit, -1 for none."""
        terms, needed = self.terms, NEEDED.get(request, ProtocolFeature(0))
        if needed and terms.protocol is not None and not terms.protocol & needed:
            return int(needed).bit_length() - 1
        offered = Feature.PROTOCOL_FEATURES if terms.offered is None else terms.offered
        return FEATURE_30 if request in UNDER_FEATURE_30 and not offered & Feature.PROTOCOL_FEATURES else -1
