"""Completion scripts know every command and option, and their shells take them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import run
from vdmabuf_inspect.cli.survey import survey

_ASK = """
source {script}
COMP_WORDS=({words} "{last}"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_vdmabuf_inspect
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def bash(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("bash") is None:
        pytest.skip("bash is not installed")
    script = tmp_path_factory.mktemp("bash") / "script"
    script.write_text(run("completions", "bash").out)
    return script


def ask(script: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    text = _ASK.format(script=script, words=" ".join(["vdmabuf-inspect", *words[:-1]]), last=words[-1])
    done = subprocess.run(
        ["bash", "-c", text], capture_output=True, text=True, check=True, cwd=script.parent, timeout=30
    )
    return done.stdout.split()


def test_bash_offers_commands_options_and_values(bash: Path) -> None:
    assert ask(bash, "ch") == ["check", "chains"]
    assert ask(bash, "scr") == ["script"]
    assert set(ask(bash, "check", "--f")) == {"--features", "--follow", "--format", "--fail-on"}
    assert ask(bash, "check", "x", "--format", "") == ["text", "json", "junit", "sarif", "html"]
    assert ask(bash, "messages", "--format", "") == ["text", "json", "csv"]
    assert ask(bash, "messages", "--dialect", "rfc-v") == ["rfc-v4", "rfc-v3", "rfc-v1"]
    assert ask(bash, "check", "--select", "VL50")[:2] == ["VL501", "VL502"]
    assert ask(bash, "export", "x", "-o", "s") == ["script"]
    assert ask(bash, "rules", "VX90")[0] == "VX901"


def test_bash_offers_every_option_of_every_command(bash: Path) -> None:
    for command in survey():
        assert set(ask(bash, command.name, "-")) >= {flag for option in command.options for flag in option.flags}


@pytest.mark.parametrize(("shell", "option"), [("bash", "-n"), ("zsh", "-n"), ("fish", "-n")])
def test_the_shell_takes_its_script(tmp_path: Path, shell: str, option: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "script").write_text(run("completions", shell).out)
    done = subprocess.run([shell, option, tmp_path / "script"], capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0 and not done.stderr


def test_zsh_and_fish_know_every_command_and_option() -> None:
    zsh, fish = run("completions", "zsh").out, run("completions", "fish").out
    for command in survey():
        assert f"'{command.name}:" in zsh and f"-a {command.name} " in fish
        for flag in (flag for option in command.options for flag in option.flags if flag.startswith("--")):
            assert f"{flag}[" in zsh and f"-l {flag[2:]} " in fish


def test_the_manual_tells_every_command_and_formats(tmp_path: Path) -> None:
    page = run("man").out
    for command in survey():
        assert f"\n{command.name}" in page.replace("\\-", "-")
    if shutil.which("man") is None:
        pytest.skip("man is not installed")
    (tmp_path / "x.1").write_text(page)
    done = subprocess.run(
        ["man", "--warnings", "-l", tmp_path / "x.1"], capture_output=True, text=True, check=True, timeout=30
    )
    assert "VDMABUF-INSPECT(1)" in done.stdout and not done.stderr
