"""What was cut at the snap length says so wherever it is shown."""

import json
from pathlib import Path

from tests.cli.running import run
from tests.cli.test_growing import drive, process, traffic


def test_a_shortened_payload_says_so(tmp_path: Path) -> None:
    target = tmp_path / "r.pcapng"
    with (
        traffic(tmp_path, exports=5) as source,
        process("record", source, "-o", target, "--snaplen", "64", "--until", "cmd == EXPORT && shortened") as recorder,
    ):
        drive()
        assert recorder.wait(40) == 0

    def rows(view: str, expression: str) -> list[dict[str, object]]:
        out = run(view, target, "--format", "json", "--filter", expression).out
        return [json.loads(line) for line in out.splitlines()[1:]]

    cut = rows("messages", "cmd == EXPORT && shortened")[0]
    assert cut["size"] == 260 and dict(cut["fields"])["kept"] == 64  # type: ignore[call-overload]
    assert not rows("messages", "cmd == EXPORT && !shortened")
    assert "(only 64 bytes kept)" in run("messages", target).out
    chain = next(row for row in rows("chains", "shortened") if row["readable"])
    assert chain["kept"] == 64 and chain["readable"] == 260
    seq = str(cut["seq"])
    page = run("show", target, seq).out
    assert "64 of 260 readable" in page and "shortened" in page
    value = json.loads(run("show", target, seq, "--format", "json").out.splitlines()[1])
    assert value["facts"]["kept"].startswith("64 of 260 readable") and len(value["bytes"]) == 128
