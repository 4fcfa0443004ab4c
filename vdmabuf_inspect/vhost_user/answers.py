"""Requests that wait for an answer, on one connection, and the answer that each got."""

from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

from vdmabuf_inspect.vhost_user.heard import Heard


class Waiting(NamedTuple):
    """A request that must be answered."""

    row: int
    request: int
    time_ns: int


@dataclass(slots=True)
class Answers:
    """One direction of asking. Answers come in the order of the requests."""

    waiting: deque[Waiting] = field(default_factory=deque)
    _latest: dict[int, int] = field(default_factory=dict)

    def ask(self, heard: Heard, demanded: bool) -> None:
        """A request was sent; `demanded` when it must be answered."""
        self._latest[heard.request] = heard.row
        if demanded:
            self.waiting.append(Waiting(heard.row, heard.request, heard.time_ns))

    def answer(self, heard: Heard) -> tuple[int, list[Waiting]]:
        """(the row of the request that this answers, -1 for none; the requests before it, which never will be)."""
        if not any(w.request == heard.request for w in self.waiting):
            return self._latest.pop(heard.request, -1), []
        skipped = []
        while (first := self.waiting.popleft()).request != heard.request:
            skipped.append(first)
        self._latest.pop(heard.request, None)
        return first.row, skipped

    def overdue(self, now_ns: int, limit_ns: int) -> list[Waiting]:
        """The requests that have waited for longer than `limit_ns`; each is told once."""
        late = []
        while self.waiting and now_ns - self.waiting[0].time_ns > limit_ns:
            late.append(self.waiting.popleft())
        return late

    def end(self) -> list[Waiting]:
        """The connection is over: what was never answered."""
        left = list(self.waiting)
        self.waiting.clear()
        self._latest.clear()
        return left
