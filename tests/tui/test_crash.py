"""A mistake of ours on the screen: the terminal is sane, one line says what and where the recording is."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.screen import opened
from tests.tui.test_run import on_a_terminal
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.tui.screens.workbench import Workbench

BROKEN = """
import sys
from pathlib import Path
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.app import run
from vdmabuf_inspect.tui.screens.workbench import Workbench
from vdmabuf_inspect.tui.widgets.bars import StatusBar
from vdmabuf_inspect.tui.widgets.bench import Bench
from vdmabuf_inspect.tui.widgets.message_table import MessageTable
from vdmabuf_inspect.tui.widgets.timeline import Timeline

def broken(self, *_):
    raise ValueError("a mistake\\nof ours")

{where} = broken
keep = Path(sys.argv[2]) if len(sys.argv) > 2 else None
sys.exit(run(Inspection(sys.argv[1], keep=keep)))
"""
ALTERNATE_SCREEN_LEFT, CURSOR_SHOWN = b"\x1b[?1049l", b"\x1b[?25h"


PRESSED = ("Workbench.action_step", "Workbench.on_key")
PAINTED = ("MessageTable.cell", "StatusBar.render", "Timeline.render")
TIMED = ("Bench.tell_event", "Bench.tell_state", "Workbench.poll")


@pytest.mark.parametrize("where", [*PRESSED, *PAINTED, *TIMED])
def test_one_line_and_a_sane_terminal(where: str, story: Path, state: Path) -> None:
    line = (sys.executable, "-c", BROKEN.format(where=where))
    code, written = on_a_terminal(str(story), b",", b"DMABUF_REL", {"XDG_STATE_HOME": str(state.parent)}, line)
    assert code == 2
    _, left, said = written.rpartition(ALTERNATE_SCREEN_LEFT)
    assert left and CURSOR_SHOWN in written
    assert b"Traceback" not in written and b"locals" not in written
    told = said.split(b"vdmabuf-inspect: ")[1].strip()
    assert told.startswith(b"internal error: ValueError: a mistake of ours; the recording is whole in ")
    (report,) = state.glob("crash-*.txt")
    assert str(report).encode() in told
    assert "ValueError: a mistake" in report.read_text()


def test_a_live_recording_is_rescued(tmp_path: Path, state: Path) -> None:
    front, back = tmp_path / "front", tmp_path / "back"
    peer = f"{sys.executable} -m vdmabuf_inspect.reference"
    script = f"{peer} device {back} --quiet & until [ -S {front} ]; do sleep 0.1; done; "
    script += f"exec {peer} driver {front} --quiet --count 5 --rate 50"
    pair = subprocess.Popen(["/bin/sh", "-c", script], stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        line = (sys.executable, "-c", BROKEN.format(where="Workbench.action_step"))
        environment = {"XDG_STATE_HOME": str(state.parent)}
        code, written = on_a_terminal(f"vhost-user:{front},{back}", b",", b"EXPORT", environment, line)
    finally:
        os.killpg(pair.pid, signal.SIGTERM)
        pair.wait(10)
    (kept,) = state.glob("crash-*.pcapng")
    assert code == 2 and str(kept).encode() in written.rpartition(ALTERNATE_SCREEN_LEFT)[2]
    assert len(inspect(str(kept)).messages) > 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_ended_leaves_a_sane_terminal(number: signal.Signals, story: Path, state: Path) -> None:
    ended = f"import os, threading; threading.Timer(3, os.kill, (os.getpid(), {number:d})).start()"
    line = (sys.executable, "-c", f"{ended}\nfrom vdmabuf_inspect.cli.main import entry\nentry()")
    code, written = on_a_terminal(str(story), environment={"XDG_STATE_HOME": str(state.parent)}, line=line)
    assert code == 143
    assert ALTERNATE_SCREEN_LEFT in written and b"Traceback" not in written


async def test_a_recording_that_becomes_shorter_ends_the_screen_in_one_line(story: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.pcapng"
    cut.write_bytes(story.read_bytes())
    async with opened(cut) as it:
        os.truncate(cut, 4096)
        await it.until(lambda: it.app.failure is not None)
        assert str(it.app.failure) == f"{cut}: became shorter while it was open; open it again"
        with pytest.raises(SourceError, match="became shorter"):
            it.board.session.record_size(0)
        cut.write_bytes(story.read_bytes())
        assert it.board.session.store is not None and it.board.session.store.shrunk, "what came then is another"


async def test_what_is_wrong_with_a_source_is_no_mistake_of_ours(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(self: object, *_: object) -> None:
        raise SourceError("it is gone")

    monkeypatch.setattr(Workbench, "action_step", gone)
    async with opened(story) as it:
        it.app.simulate_key("comma")
        await it.until(lambda: it.app.failure is not None)
        assert it.app.crash is None and str(it.app.failure) == "it is gone"
