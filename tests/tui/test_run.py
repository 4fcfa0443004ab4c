"""From the start to the exit code, on a real terminal: what cannot be read is one line and 2, never a traceback."""

import os
import pty
import select
import sys
import time
from pathlib import Path

from vdmabuf_inspect.tui.theme import THEME

RUN = """
import sys
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.tui.app import run
sys.exit(run(Inspection(sys.argv[1])))
"""


def on_a_terminal(
    source: str,
    keys: bytes = b"",
    wait_for: bytes = b"",
    environment: dict[str, str] | None = None,
    line: tuple[str, ...] = (sys.executable, "-c", RUN),
    then: tuple[tuple[bytes, bytes], ...] = (),
) -> tuple[int, bytes]:
    """(exit code, everything written) of the screen on a source; the keys are pressed once `wait_for` is seen.

    line: the program, before the source. then: more keys, each with what is to be seen after the ones before.
    """
    steps, seen = [(wait_for, keys), *then], 0
    child, master = pty.fork()
    if child == 0:
        os.environ.pop("NO_COLOR", None)
        os.environ.update(
            {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40", "COLORTERM": "truecolor"} | (environment or {})
        )
        os.execv(line[0], [*line, source])
    written, deadline = b"", time.monotonic() + 30
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 0.2)
        if ready:
            try:
                chunk = os.read(master, 65536)
            except OSError:
                break
            if not chunk:
                break
            written += chunk
        if steps and steps[0][0] in written[seen:]:
            os.write(master, steps.pop(0)[1])
            seen = len(written)
    _, status = os.waitpid(child, 0)
    os.close(master)
    return os.waitstatus_to_exitcode(status), written


def test_a_recording_is_shown_and_left(story: Path) -> None:
    code, written = on_a_terminal(str(story), b"q", b"DMABUF_REL")
    assert code == 0
    assert b"Traceback" not in written


def test_the_keyboard_works_while_a_pipe_is_read(story: Path) -> None:
    pipe = f"(cat {story}; exec sleep 4) | {sys.executable} -m vdmabuf_inspect -"
    code, written = on_a_terminal(pipe, b"q", b"growing", line=("/bin/bash", "-c"))
    assert code == 0 and b"DMABUF_REL" in written
    assert b"Traceback" not in written


def test_a_foreign_capture_is_one_line_and_two(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign.pcapng"
    foreign.write_bytes(b"\n\r\r\n" + b"\xff" * 64)
    code, written = on_a_terminal(str(foreign))
    assert code == 2
    assert b"Traceback" not in written
    last = written.rsplit(b"vdmabuf-inspect: ", 1)[-1].strip()
    assert b"foreign.pcapng" in last
    assert b"\n" not in last


def test_the_colours_are_ours(story: Path) -> None:
    assert _rgb(THEME.primary) in on_a_terminal(str(story), b"q", b"EXPORT")[1], "the focused pane's edge"


def test_a_dumb_terminal_gets_one_line(story: Path) -> None:
    line = (sys.executable, "-m", "vdmabuf_inspect")
    code, written = on_a_terminal(str(story), environment={"TERM": "dumb"}, line=line)
    assert code == 2 and b"a terminal that is not dumb" in written and b"\x1b" not in written


def _rgb(colour: str) -> bytes:
    return "38;2;{};{};{}".format(*bytes.fromhex(colour.removeprefix("#"))).encode()
