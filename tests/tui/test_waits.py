"""A queue that stands still is named within a second: chain, since when, who is to move; with real peers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sources.peers import until
from tests.stories.read_back import codes
from vdmabuf_inspect.reference.pair import Pair
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.session.session import Settings
from vdmabuf_inspect.session.stalls import stalls
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.track.stall import Wait
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.status import pieces

PEER = [sys.executable, "-m", "vdmabuf_inspect.reference"]


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Inspection]:
    """The reference pair at work, watched, and then its device process stopped in the middle of it."""
    with Pair(tmp_path) as pair:
        device = subprocess.Popen([*PEER, "device", pair.back, "--quiet"], stdout=subprocess.DEVNULL)
        try:
            until(pair.back.exists)
            inspection = Inspection(pair.source, SourceOptions(device="vdmabuf"), Settings())
            inspection.start()
            pair.start_driver("--rate", "20", "--count", "0", "--width", "32", "--height", "8")
            until(lambda: len(inspection.session.messages) > 20)
            os.kill(device.pid, signal.SIGSTOP)
            yield inspection
            inspection.stop()
        finally:
            device.kill()
            device.wait()


def test_a_device_that_stops_is_named_within_a_second(stopped: Inspection) -> None:
    session, board = stopped.session, Board(stopped)
    begun = time.monotonic()
    until(lambda: stalls(session), seconds=5)
    assert time.monotonic() - begun < 1.0
    until(lambda: board.poll() and board.pulse.waits)
    (found,) = [each for each in stalls(session) if session.queues.queues[each.qid].name.endswith("send")]
    assert found.wait in (Wait.DEVICE, Wait.KICK) and session.record(found.row).head == found.head
    assert "vdmabuf0/send waits" in board.pulse.waits[0]
    assert any("to move" in piece.text for piece in pieces(board))
    until(lambda: "VR170" in codes(session))
