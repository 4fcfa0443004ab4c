"""stdout is data; stderr and the log tell the rest; colour only where it is wanted."""

import os
import pty
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import command, run

COLOUR = re.compile(r"\x1b\[[\d;]*m")


def on_terminal(*arguments: object, **environment: str) -> str:
    """What a command writes to a terminal."""
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm", **environment}
    child = subprocess.Popen(command(*arguments), stdout=slave, stderr=slave, stdin=slave, env=env)
    os.close(slave)
    text = b""
    try:
        while part := os.read(master, 65536):
            text += part
    except OSError:  # the other side is closed
        pass
    os.close(master)
    child.wait(30)
    return text.decode()


@pytest.fixture(autouse=True)
def no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


def test_colour_is_for_terminals(sources: Path) -> None:
    path = sources / "faulty.pcapng"
    assert "\x1b[31merror" in on_terminal("check", path)
    assert "\x1b[31merror" in on_terminal("findings", path)
    assert not COLOUR.search(on_terminal("check", path, NO_COLOR="1"))
    assert not COLOUR.search(on_terminal("check", path, "--color", "never"))
    assert "\x1b" not in run("findings", path).out
    assert "\x1b[31m" in run("findings", path, "--color", "always").out


def test_a_guests_escape_sequences_never_reach_the_terminal(sources: Path) -> None:
    for view in ("messages", "buffers", "findings"):
        assert "\x1b" not in run(view, sources / "faulty.pcapng").out
    assert "\x1b" not in run("buffer", sources / "faulty.pcapng", "7:2").out
    assert "\\x1b[2J" in run("messages", sources / "faulty.pcapng").out


def test_verbose_tells_what_was_done_on_stderr(sources: Path) -> None:
    quiet, told = run("messages", sources / "clean.pcapng"), run("messages", sources / "clean.pcapng", "-v")
    assert quiet.out == told.out and not quiet.err
    assert "events" in told.err and "device 0 speaks spec: " in told.err


def test_the_log_takes_what_stderr_does_not(sources: Path, tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    assert not run("check", sources / "clean.pcapng", "--log", log).err
    run("check", sources / "clean.pcapng", "--log", log)
    assert log.read_text().count("opened, capture") == 2


def test_a_limit_is_told(sources: Path) -> None:
    outcome = run("messages", sources / "faulty.pcapng", "--limit", "3")
    assert outcome.err == "showing 3 of 10 messages\n" and len(outcome.out.splitlines()) == 4
    assert not run("messages", sources / "faulty.pcapng", "--limit", "10").err


def test_a_reader_that_leaves_ends_it_quietly(sources: Path) -> None:
    words = command("messages", sources / "faulty.pcapng", "--format", "json")
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert child.stdout is not None and child.stderr is not None
    child.stdout.close()
    assert child.wait(30) == 141 and child.stderr.read() == b""
    child.stderr.close()


def test_a_full_device_is_one_line(sources: Path) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command("messages", sources / "faulty.pcapng"), stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )  # fmt: skip
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "No space left" in done.stderr


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif"])
def test_any_file_name_in_any_locale(sources: Path, tmp_path: Path, form: str) -> None:
    odd = os.fsencode(tmp_path) + b"/\xff\n\x1b \xe4\xb8\xad <&.pcapng"
    Path(os.fsdecode(odd)).write_bytes((sources / "faulty.pcapng").read_bytes())
    for where, name in ((None, odd), (tmp_path, odd.rpartition(b"/")[2])):
        done = subprocess.run(
            [*command("check", "--format", form, "--fail-on", "never"), name], cwd=where, capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONPATH": str(Path.cwd())}, check=False, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0 and not done.stderr and b"\x1b" not in done.stdout
