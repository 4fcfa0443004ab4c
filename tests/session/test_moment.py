"""The state at any sequence number is what a replay of the first events would give."""

from pathlib import Path
from random import Random

import pytest

from tests.stories.chance import wander
from tests.stories.read_back import read_back
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.lifecycle import LIFECYCLE
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.chains import ChainsView


@pytest.fixture(params=["spec", "rfc-v4", "rfc-v1", "intel"])
def session(request: pytest.FixtureRequest, tmp_path: Path) -> Session:
    guest = wander(11, request.param, 80)
    return read_back(tmp_path / "story.pcapng", guest.records, guest.names)


def moments(session: Session) -> list[int]:
    return [0, 1, 2, session.seq - 1, session.seq, *Random(4).sample(range(session.seq), 25)]


def states_by_hand(session: Session, seq: int) -> list[str]:
    """Each buffer's state, by the table, one operation after the other."""
    states = ["none"] * len(session.objects)
    messages = {int(r): i for i, r in enumerate(session.messages.row)}
    in_place = session.devices[0].dialect is not None and session.devices[0].dialect.in_place
    names = {Op.EXPORT: "export-in-place" if in_place else "export", Op.DMABUF_REL: "release", Op.UNEXPORT: "unexport"}
    flying: dict[int, int] = {}
    for row in range(seq):
        number, chain = messages.get(row), int(session.events.chain[row])
        if number is not None and session.messages.object[number] >= 0:
            op, buffer = Op(int(session.messages.op[number])), int(session.messages.object[number])
            states[buffer] = LIFECYCLE.after.get((states[buffer], names[op]), states[buffer])
            flying[chain] = buffer
        elif session.events.kind[row] == EventKind.USED and chain in flying and not in_place:
            buffer = flying.pop(chain)
            later = [int(o) for o in range(len(states)) if same_id(session, o, buffer) and o > buffer]
            seen = [o for o in later if session.objects.first[o] <= row]
            target = seen[-1] if seen else buffer
            states[target] = LIFECYCLE.after.get((states[target], "export-used"), states[target])
    return states


def same_id(session: Session, one: int, other: int) -> bool:
    log = session.objects
    return bool(log.name[one] == log.name[other] and log.key[one] == log.key[other])


def test_buffer_states(session: Session) -> None:
    for seq in moments(session):
        found = [LIFECYCLE.states[s] for s in Moment(session, seq).states]
        assert found == states_by_hand(session, seq), seq


def test_outstanding_chains(session: Session) -> None:
    for seq in moments(session):
        made: set[int] = set()
        back: set[int] = set()
        for row in range(seq):
            chain = int(session.events.chain[row])
            (made if session.events.kind[row] == EventKind.AVAILABLE else back).add(chain)
        expected = sorted(made - back)
        assert Moment(session, seq).outstanding.tolist() == expected


def test_counts(session: Session) -> None:
    for seq in moments(session):
        moment = Moment(session, seq)
        rows = [i for i in range(len(session.messages)) if session.messages.row[i] < seq]
        exports = [0] * len(session.objects)
        for i in rows:
            if session.messages.op[i] == Op.EXPORT and session.messages.object[i] >= 0:
                exports[int(session.messages.object[i])] += 1
        assert moment.exports.tolist() == exports
        assert moment.known.tolist() == [i for i, first in enumerate(session.objects.first) if first < seq]
        assert moment.live == sum(LIFECYCLE.states[s] in LIFECYCLE.live for s in moment.states)
        assert moment.time_ns == (session.events.time_ns[seq - 1] if seq else 0)


def test_views_at_a_moment_show_what_was_there_then(session: Session) -> None:
    for seq in moments(session)[:10]:
        moment = Moment(session, seq)
        buffers, chains = BuffersView(session, seq), ChainsView(session, seq)
        assert len(buffers) == len(moment.known)
        assert [buffers.row(i)["state"] for i in range(len(buffers))] == [
            LIFECYCLE.states[s] for s in moment.states[: len(buffers)]
        ]
        used = sum(chains.row(i)["used_len"] is not None for i in range(len(chains)))
        assert used == sum(1 for u in session.chains.used if 0 <= u < seq)


def test_moments_outside_are_the_first_and_the_last(session: Session) -> None:
    assert Moment(session, -5).seq == 0
    assert Moment(session, 10**9).seq == Moment(session).seq == session.seq
