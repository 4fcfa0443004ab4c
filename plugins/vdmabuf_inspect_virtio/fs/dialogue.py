"""What a FUSE answer is judged by: the request in its chain, and those that are out."""

import numpy as np

from vdmabuf_inspect import api

NO_ANSWER = (2, 42)
"""FORGET and BATCH_FORGET."""
_INIT, _FORGET, _READ = 26, 2, (15, 28, 44)
_ENTRY_ANSWERS = (144, 160)
"""Sizes of answers that name a node, alone or with an open file."""
_MOST_NODES = 1 << 20


class Dialogue:
    """Remembers the requests that are out by their chain.

    Leaves the notes `asked_unique` (answers: the request's, -1 unknown), `most` (answers to reads: bytes asked for, -1
    for others), `again` (requests whose unique another one has that is out), `early` (requests before any INIT),
    `doubt` (requests that came back within the look at them and are not as long as they say: drivers free a FORGET as
    soon as it comes back, and its memory holds something else by then).
    """

    def __init__(self) -> None:
        self._out: dict[int, tuple[int, int]] = {}
        self._unique: dict[int, int] = {}
        self._nodes: set[int] = set()
        self._begun = False

    def __call__(self, m: api.Messages) -> None:
        """Put requests and answers side by side."""
        notes = {name: np.full(len(m), -1, np.int64) for name in ("asked_unique", "most")}
        m.notes |= notes | {name: np.zeros(len(m), bool) for name in ("again", "early")}
        m.notes["doubt"] = m.freed & (m.number(0, 4) != m.size)
        requests = m.requests & (m.kept >= 40) & ~m.stale & ~m.notes["doubt"]
        most = np.where(np.isin(m.number(4, 4), _READ), m.number(56, 4), -1)
        columns = zip(
            m.from_device.tolist(), requests.tolist(), m.number(16, 8).tolist(), m.events.chain[m.at].tolist(),
            m.number(4, 4).tolist(), m.number(8, 8).tolist(), most.tolist(), strict=True,
        )  # fmt: skip
        for row, (from_device, told, node, *values) in enumerate(columns):
            if from_device:
                self._answer(m, row, values[0])
            elif told:
                self._request(m, row, values)
            self._node(m, row, node, values[1], told)

    def _node(self, m: api.Messages, row: int, node: int, opcode: int, told: bool) -> None:
        """A FORGET that came back within the look at it is believed only about a node that was heard of."""
        if m.from_device[row]:
            self._nodes.update([node] if m.size[row] in _ENTRY_ANSWERS else ())
        elif told and not m.freed[row]:
            self._nodes.add(node)
        elif told and opcode == _FORGET and node not in self._nodes:
            m.stale[row] = True
        if len(self._nodes) > _MOST_NODES:
            self._nodes.clear()

    def _request(self, m: api.Messages, row: int, values: list[int]) -> None:
        chain, opcode, unique, most = values
        self._begun |= opcode == _INIT
        m.notes["early"][row] = not self._begun
        if opcode in NO_ANSWER:
            return
        m.notes["again"][row] = unique in self._unique
        self._out[chain] = unique, most
        self._unique[unique] = chain

    def _answer(self, m: api.Messages, row: int, chain: int) -> None:
        unique, most = self._out.pop(chain, (-1, -1))
        m.notes["asked_unique"][row], m.notes["most"][row] = unique, most
        if self._unique.get(unique) == chain:
            del self._unique[unique]
