"""The README's commands do what it says, those that need nothing but the recordings."""

import re
import shlex
from pathlib import Path

import pytest

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.main import main
from vdmabuf_inspect.cli.modes import markdown_lines

ROOT = Path(__file__).parent.parent
COMMANDS = re.findall(
    r"^\$ vdmabuf-inspect ((?:\w+ )?captures/.*|rules .*)$", (ROOT / "README.md").read_text(), re.MULTILINE
)
SHOWN = [c for c in COMMANDS if not c.startswith("captures/")]


def words(line: str) -> list[str]:
    """What the program is given of a line for a shell."""
    given = shlex.split(line, comments=True)
    return given[: given.index(">")] if ">" in given else given


@pytest.mark.parametrize("line", SHOWN)
def test_command(line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(words(line)) in (Exit.CLEAN, Exit.FINDINGS)
    assert len(capsys.readouterr().out.splitlines()) > 2


def test_the_examples_are_there() -> None:
    assert len(SHOWN) >= 6


def test_what_watching_costs_is_said_in_the_readme_as_in_the_help() -> None:
    assert "\n".join(markdown_lines()) in (ROOT / "README.md").read_text()
