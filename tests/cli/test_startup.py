"""What is imported when: asking for help must not pay for NumPy, and no command but the screen pays for Textual."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.running import command, run
from vdmabuf_inspect.cli.commands import COMMANDS

HEAVY = ("numpy", "textual", "construct", "elftools", "watchdog")


def imported(code: str) -> set[str]:
    """The heavy packages that a fresh interpreter has imported after the code."""
    probe = f"{code}\nimport sys; print(*[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stderr.split())


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["check", "--help"], ["messages", "--help"]])
def test_help_is_light(words: list[str]) -> None:
    code = f"from vdmabuf_inspect.cli.main import main\ntry: main({words!r})\nexcept SystemExit: pass"
    assert imported(code) == set()


def test_a_command_file_is_light() -> None:
    code = "from vdmabuf_inspect.cli.commands import COMMANDS\nfor c in COMMANDS.values(): c.load()"
    assert imported(code) == set()


def test_no_list_imports_textual(sources: Path) -> None:
    path = str(sources / "faulty.pcapng")
    lines = [
        ["check", path],
        ["messages", path, "--filter", "pages > 1"],
        ["show", path, "19"],
        ["buffer", path, "7:1"],
    ]
    code = f"from vdmabuf_inspect.cli.main import main\nfor words in {lines!r}: main(words)"
    assert "textual" not in imported(code)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str) -> None:
    outcome = run(name, "--help")
    assert outcome.code == 0 and outcome.out.startswith(f"usage: vdmabuf-inspect {name}") and not outcome.err


def test_the_help_names_every_command_and_exit_code() -> None:
    out = run("--help").out
    shown = [command.name for command in COMMANDS.values() if not command.hidden]
    assert re.findall(r"^    ([a-z]+)\b", out, re.MULTILINE) == shown
    assert "0 clean, 1 findings, 2 could not read, 3 evidence incomplete" in out


def test_a_source_alone_is_opened_and_options_may_come_first(sources: Path) -> None:
    path = sources / "clean.pcapng"
    assert "needs a terminal" in run(path).err
    assert "needs a terminal" in run("--log", sources / "unused.log", path).err
    assert run("--color", "never", "-v", "check", path).code == 0


def test_the_module_is_the_program() -> None:
    done = subprocess.run(command("--version"), capture_output=True, text=True, check=True, timeout=60)
    assert re.fullmatch(r"vdmabuf-inspect \d+\.\d+\.\d+\n", done.stdout)


def test_what_nothing_is_judged_or_drawn_by_is_not_imported(sources: Path) -> None:
    path = str(sources / "clean.pcapng")
    later = ("session.judges", "vhost_user.rules", "views.filter", "session.spool", "sources.page_walk")
    code = f"""
import sys
from vdmabuf_inspect.cli.main import main
def there(*names): return [name for name in names if f"vdmabuf_inspect.{{name}}" in sys.modules]
main(["rings", {path!r}])
print(there(*{later!r}), file=sys.stderr)
main(["messages", {path!r}])
print(there("session.judges", "vhost_user.rules", "vhost_user.payload"), file=sys.stderr)
import vdmabuf_inspect.tui.app
print(there("views.filter", "views.search", "tui.screens.buffer", "views.formats.html"), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stderr.splitlines() == ["[]", "['session.judges']", "[]"]
