"""Recording until something happens: a real session with a planned fault, judged as it is recorded."""

import json
import signal
from pathlib import Path

import pytest

from tests.cli.running import run
from tests.cli.test_growing import drive, process, traffic
from tests.cli.test_live import until
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.session.load import inspect


def rows(view: str, path: Path, *words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run(view, path, "--format", "json", *words).out.splitlines()[1:]]


def record(folder: Path, *words: object, fault: str = "", exports: int = 0, rate: int = 40) -> tuple[int, str, Path]:
    """(exit code, stderr, file) of a recording of the reference pair's traffic."""
    target = folder / "r.pcapng"
    with (
        traffic(folder, exports=exports, rate=rate, fault=fault) as source,
        process("record", source, "-o", target, "--device", "vdmabuf", *words) as recorder,
    ):
        drive()
        _, err = recorder.communicate(timeout=60)
    return recorder.returncode, err.decode(), target


def test_a_rule_ends_it(tmp_path: Path) -> None:
    code, err, target = record(tmp_path, "--until", "rule == VL5*", fault="release-twice@3")
    assert code == 0 and "rule == VL5*: event" in err and "(findings)" not in err.splitlines()[-1]
    found = rows("findings", target)
    assert any(str(row["rule"]).startswith("VL5") for row in found)
    told = int(err.partition("rule == VL5*: event ")[2].split()[0].replace(",", ""))
    assert told == min(int(str(row["seq"])) for row in found if str(row["rule"]).startswith("VL5"))


@pytest.mark.parametrize("before", ["30", "500ms", "8K"])
def test_a_filter_ends_it_and_what_was_long_before_is_left_out(tmp_path: Path, before: str) -> None:
    words = ("--until", "cmd == EXPORT && seq > 300", "--before", before, "--after", "200ms")
    code, err, target = record(tmp_path, *words)
    assert code == 0 and "event" in err
    session = inspect(str(target))
    (row,) = session.notes
    assert "recorded until: cmd == EXPORT" in run("show", target, str(row + 1)).out
    records = [session.record(number) for number in range(session.seq)]
    seen = [r for r in records[:row] if r.kind is not EventKind.START and not r.flags & EventFlag.PRESUMED]
    assert 5 < len(seen) < 200 and session.seq > row + 5, "some before, not all, and some after"
    if before == "500ms":
        assert 0 < records[row].time_ns - seen[0].time_ns <= 500_000_000
    assert {finding["rule"] for finding in rows("findings", target)} <= {"VX902", "VX903", "VL505"}


def test_what_never_comes_is_exit_code_four(tmp_path: Path) -> None:
    code, _, target = record(tmp_path, "--until", "cmd.number == 99", "--count", "200")
    assert code == 4 and len(rows("messages", target)) > 5


def test_a_signal_while_it_waits_leaves_a_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "r.pcapng"
    with (
        traffic(tmp_path) as source,
        process("record", source, "-o", target, "--until", "cmd.number == 99", "--before", "400") as recorder,
    ):
        drive()
        until(lambda: target.exists() and target.stat().st_size > 60000)
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(30) == 130
    assert len(rows("messages", target)) > 5
    assert {finding["rule"] for finding in rows("findings", target)} <= {"VX903", "VL505"}


def test_what_it_waited_for_goes_through_a_pipe(tmp_path: Path) -> None:
    with (
        traffic(tmp_path) as source,
        process("record", source, "-o", "-", "--until", "cmd == EXPORT && seq > 200", "--before", "10") as recorder,
        process("messages", "-", "--format", "json", stdin=recorder.stdout) as reader,
    ):
        drive()
        out, _ = reader.communicate(timeout=40)
        assert recorder.wait(20) == 0 and 1 <= out.count(b"EXPORT") <= 60


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--until", "cmd =="), "column"),
        (("--until", "nonsense == 3"), "no field 'nonsense'"),
        (("--until", "rings: nonsense == 3"), "column 8"),
        (("--until", "cmd == EXPORT", "--before", "much"), "--before"),
        (("--until", "cmd == EXPORT", "--rotate", "1M"), "--before says"),
        (("--before", "1M"), "go with --until"),
        (("--files", "3"), "--files goes with --rotate"),
        (("--rotate", "100"), "give a size"),
        (("--rotate", "1M", "--ring-buffer", "1M"), "--files N"),
    ],
)
def test_mistakes_are_one_line(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    outcome = run("record", f"vhost-user:{tmp_path}/front,{tmp_path}/back", "-o", tmp_path / "r.pcapng", *words)
    assert outcome.code == 2 and told in outcome.err and len(outcome.err.splitlines()) == 1
