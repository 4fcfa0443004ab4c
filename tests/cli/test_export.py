"""An exported part opens again, says the same of what it holds, and does not claim to be the whole."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import command, run
from vdmabuf_inspect.session.load import inspect


def messages(path: Path, *options: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run("messages", path, "--format", "json", *options).out.splitlines()[1:]]


def content(rows: list[dict[str, object]]) -> list[object]:
    return [(row["time_ns"], row["queue"], row["command"], row["size"], row["fields"]) for row in rows]


@pytest.mark.parametrize("name", ["clean", "faulty", "late", "cut"])
def test_the_whole_is_the_same_again(sources: Path, tmp_path: Path, name: str) -> None:
    target = tmp_path / "x.pcapng"
    assert run("export", sources / f"{name}.pcapng", "-o", target).code == 0
    assert messages(target) == messages(sources / f"{name}.pcapng")
    before, after = inspect(str(sources / f"{name}.pcapng")), inspect(str(target))
    assert [before.record(i) for i in range(before.seq)] == [after.record(i) for i in range(after.seq)]


@pytest.mark.parametrize("expression", ["cmd == EXPORT", "buffer.counter == 3", "rule == VL503", "pages > 100000"])
def test_a_part_holds_the_chosen_messages_with_their_chains(sources: Path, tmp_path: Path, expression: str) -> None:
    source, target = sources / "faulty.pcapng", tmp_path / "x.pcapng"
    assert run("export", source, "-o", target, "--filter", expression).code == 0
    chosen = messages(source, "--filter", expression)
    if not chosen:
        assert inspect(str(source)).seq
        return
    assert content(messages(target)) == content(chosen)
    session = inspect(str(target))
    for row in session.messages.row:
        chain = session.events.chain[row]
        assert session.chains.available[chain] >= 0 and session.chains.used[chain] >= 0
    assert session.incomplete() and all(queue.epochs for queue in session.queues.queues)
    assert expression in session.notes[0]


def test_a_part_is_not_judged_as_if_it_were_the_whole(sources: Path, tmp_path: Path) -> None:
    target = tmp_path / "releases.pcapng"
    run("export", sources / "clean.pcapng", "-o", target, "--filter", "cmd == DMABUF_REL")
    assert run("check", target).code == 3


def test_a_capture_may_replace_itself(sources: Path, tmp_path: Path) -> None:
    target = tmp_path / "x.pcapng"
    target.write_bytes((sources / "faulty.pcapng").read_bytes())
    before = messages(target)
    assert run("export", target, "-o", target).code == 0
    assert messages(target) == before and list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("words", [("--filter", "cmd == EXPORT"), ("--format", "csv")])
def test_a_part_may_not_replace_the_whole(sources: Path, tmp_path: Path, words: tuple[str, str]) -> None:
    path = tmp_path / "faulty.pcapng"
    path.write_bytes((sources / "faulty.pcapng").read_bytes())
    outcome = run("export", path, "-o", path, *words)
    assert outcome.code == 2 and outcome.err.count("\n") == 1 and "name another one" in outcome.err
    assert path.read_bytes() == (sources / "faulty.pcapng").read_bytes()


def test_lines_and_tables(sources: Path, tmp_path: Path) -> None:
    source = sources / "faulty.pcapng"
    run("export", source, "-o", tmp_path / "x.ndjson", "--filter", "cmd == EXPORT")
    head, *rows = map(json.loads, (tmp_path / "x.ndjson").read_text().splitlines())
    assert head["schema"] == "vdmabuf-inspect/1" and rows == messages(source, "--filter", "cmd == EXPORT")
    run("export", source, "-o", tmp_path / "x.csv")
    with (tmp_path / "x.csv").open(newline="") as file:
        assert [int(row["seq"]) for row in csv.DictReader(file)] == [row["seq"] for row in messages(source)]


def test_to_standard_output_and_on_through_a_pipe(sources: Path) -> None:
    source = sources / "faulty.pcapng"
    first = subprocess.run(
        command("export", source, "-o", "-", "--format", "pcapng"), capture_output=True, check=True, timeout=60
    )
    second = subprocess.run(
        command("messages", "-", "--format", "json"), input=first.stdout, capture_output=True, check=True, timeout=60
    )
    told = [json.loads(line) for line in second.stdout.splitlines()[1:]]
    assert content(told) == content(messages(source)), "what is found at the end may come after its message"


def test_parquet(sources: Path, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the parquet extra is not installed")
    target = tmp_path / "x.parquet"
    assert run("export", sources / "faulty.pcapng", "-o", target).code == 0
    rows = parquet.read_table(target).to_pylist()
    expected = messages(sources / "faulty.pcapng")
    assert [row | {"fields": json.loads(row["fields"])} for row in rows] == expected


def test_parquet_without_pyarrow_is_one_line(sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    outcome = run("export", sources / "faulty.pcapng", "-o", tmp_path / "x.parquet")
    assert outcome.code == 2 and outcome.err.count("\n") == 1 and "vdmabuf-inspect[parquet]" in outcome.err
