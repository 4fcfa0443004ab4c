"""Checkpoints are seen by nobody: whatever is asked in whatever order, the answer is that of the whole log."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.stories.chance import wander
from tests.stories.read_back import read_back
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.session import standing
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    guest = wander(5, "rfc-v4", 120)
    path: Path = tmp_path_factory.mktemp("standing") / "story.pcapng"
    return read_back(path, guest.records, guest.names)


@settings(max_examples=60, deadline=None)
@given(data=st.data(), chunk=st.sampled_from([1, 3, 8, 1 << 15]))
def test_any_order_of_moments(data: st.DataObject, chunk: int, session: Session) -> None:
    before = standing.CHUNK
    standing.CHUNK = chunk
    session.__dict__.pop("_standings", None)
    try:
        for seq in data.draw(st.lists(st.integers(0, session.seq), min_size=1, max_size=8)):
            check(session, seq)
    finally:
        standing.CHUNK = before
        session.__dict__.pop("_standings", None)


def check(session: Session, seq: int) -> None:
    moment, count = Moment(session, seq), len(session.objects)
    state, last = np.zeros(count, np.uint8), np.full(count, -1)
    exports, exported = np.zeros(count, int), np.full(count, -1)
    steps, messages = session.transitions, session.messages
    for i in range(len(steps)):
        if steps.row[i] < seq:
            state[steps.object[i]], last[steps.object[i]] = steps.state[i], steps.row[i]
    for i in range(len(messages)):
        if messages.row[i] < seq and messages.op[i] == Op.EXPORT and messages.object[i] >= 0:
            exports[messages.object[i]] += 1
            exported[messages.object[i]] = messages.row[i]
    assert (moment.states == state).all()
    assert moment.live == live_mask()[state].sum()
    assert (moment.last_row == last).all()
    assert (moment.exports == exports).all()
    assert (moment.export_row == exported).all()
