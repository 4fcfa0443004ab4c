"""What the exit code says, and that an error is one line on stderr and never a traceback."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.cli.recordings import faulty, save
from tests.cli.running import run, spawn
from tests.stories.story import Story, clean
from vdmabuf_inspect.cli.commands import COMMANDS
from vdmabuf_inspect.cli.exits import RANK, Exit, worst
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS


@pytest.mark.parametrize(
    ("names", "options", "code"),
    [
        (["clean"], [], 0),
        (["clean"], ["--fail-on", "note"], 0),
        (["faulty"], [], 1),
        (["faulty"], ["--fail-on", "never"], 0),
        (["faulty"], ["--ignore", "VL502,double-release"], 0),
        (["faulty"], ["--ignore", "VL502,VL503", "--fail-on", "warning"], 1),
        (["faulty"], ["--select", "VM*"], 0),
        (["late"], [], 3),
        (["late"], ["--fail-on", "warning"], 1),
        (["cut"], [], 3),
        (["late", "clean"], [], 3),
        (["late", "faulty"], [], 1),
        (["faulty", "missing"], [], 2),
        (["missing", "clean"], [], 2),
    ],
)
def test_check(sources: Path, names: list[str], options: list[str], code: int) -> None:
    assert run("check", *(sources / f"{name}.pcapng" for name in names), *options).code == code


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_clean_recording_is_clean_in_every_dialect(tmp_path: Path, dialect: str) -> None:
    assert run("check", save(clean(dialect), tmp_path / "x.pcapng"), "--fail-on", "warning").code == 0


def test_possible_findings_count_like_certain_ones_and_come_before_incomplete(tmp_path: Path) -> None:
    story = Story("spec", watched=False)
    story.watch(complete=False)
    story.export(1)
    story.release(1)
    story.answer(b"\x09\0\0\0" + bytes(256))
    assert run("check", save(story, tmp_path / "x.pcapng")).code == Exit.FINDINGS


def test_nothing_seen_is_no_clean_evidence(tmp_path: Path) -> None:
    story = Story("spec")
    story.guest.records.clear()
    outcome = run("check", save(story, tmp_path / "x.pcapng"))
    assert outcome.code in (Exit.INCOMPLETE, Exit.UNREADABLE)


def test_the_worst_of_several() -> None:
    assert worst([0, 3, 0]) == 3 and worst([3, 1]) == 1 and worst([1, 2, 3]) == 2 and worst([]) == 0
    assert set(RANK) == set(Exit)


@pytest.mark.parametrize(
    "line",
    [
        "", "check", "messages", "messages a b", "check --format yaml x", "show x", "buffer x", "record x",
        "messages {clean} --at 900", "messages {clean} --at -1", "messages {clean} --limit x", "show {clean} 0",
        "show {clean} x", "messages {clean} --filter (", "messages {clean} --dialect nope",
        "messages {clean} --stuck-after 5x", "messages {clean} --snaplen q", "messages {clean} --features z",
        "messages {clean} --select NO*", "messages {clean} --device nope", "messages {clean} --queue x",
        "rules NOPE", "completions tcsh", "messages {text}", "messages {missing}", "messages /", "messages nope:x",
        "messages {clean} --log /no/where", "export {clean}", "export {clean} -o x.nope",
        "export {clean} -o /no/where.pcapng", "export {clean} -o /no/where.csv", "record {clean} -o x",
        "record vhost-user:a -o x", "record raw:{text}@0 -o /no/where.pcapng", "demo --fault nope",
        "demo --duration long", "open {clean}", "{clean}", "{missing}", "driver", "device /no/where/x",
        "buffer {clean} 1:1",
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_and_two(sources: Path, line: str) -> None:
    places = {"clean": sources / "clean.pcapng", "text": sources / "text.txt", "missing": sources / "missing"}
    outcome = run(*line.format(**places).split())
    said = (outcome.err or outcome.out).rstrip("\n")
    assert outcome.code == Exit.UNREADABLE
    assert said and "\n" not in said and "Traceback" not in said and "internal" not in said


WORDS = [
    *COMMANDS,
    "--format",
    "json",
    "csv",
    "--filter",
    "cmd",
    "==",
    "--at",
    "3",
    "--limit",
    "-o",
    "-",
    "--",
    "x=1",
    "\x00",
    "ä",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(words=st.lists(st.sampled_from(WORDS) | st.text(max_size=6), min_size=1, max_size=5))
def test_any_words_end_in_an_exit_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.chdir(tmp_path)
    if {"demo", "driver", "device", "record"} & set(words) or "-" in words:
        return
    outcome = run(*words)
    assert outcome.code in set(Exit) and "Traceback" not in outcome.err and "internal" not in outcome.err


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(cut=st.integers(0, 6000), at=st.integers(0, 6000), byte=st.integers(0, 255))
def test_a_damaged_capture_is_judged_or_refused(tmp_path: Path, cut: int, at: int, byte: int) -> None:
    path = save(faulty(), tmp_path / "x.pcapng")
    data = bytearray(path.read_bytes())
    data[at % len(data)] = byte
    path.write_bytes(data[: len(data) - cut % len(data)])
    for command in ("check", "messages", "chains", "buffers", "rings", "stats"):
        outcome = run(command, path)
        assert outcome.code in (0, 1, 2, 3) and "internal" not in outcome.err


def test_a_terminal_of_ascii_gets_signs_that_it_has(sources: Path) -> None:
    told = spawn("ladder", sources / "clean.pcapng", env={**os.environ, "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"})
    assert told.returncode == 0
    assert told.stdout.isascii()
    assert "\\u" not in told.stdout
    assert "+--- EXPORT 7:1 ---" in told.stdout


def test_a_picture_of_the_latest_buffer_where_none_is_left(sources: Path) -> None:
    told = run("picture", sources / "clean.pcapng", "latest")
    assert told.code == 2
    assert "the device has no buffer now" in told.err
