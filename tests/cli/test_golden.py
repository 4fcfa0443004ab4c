"""Commands with their exact output. A file in golden/ begins with `$ command`; --update-golden writes the rest."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.recordings import make_all
from tests.cli.running import run

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.txt"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    place = tmp_path_factory.mktemp("golden")
    make_all(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.delenv("NO_COLOR", raising=False)
        patch.setenv("COLUMNS", "100")
        yield place


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda path: path.stem)
def test_command_prints_what_it_always_printed(golden: Path, folder: Path, update_golden: bool) -> None:
    line = golden.read_text().splitlines()[0]
    program, *arguments = shlex.split(line.removeprefix("$ "))
    assert line.startswith("$ ") and program == "vdmabuf-inspect"
    outcome = run(*arguments)
    told = f"{line}\n{outcome.out}"
    told += f"--- stderr\n{outcome.err}" if outcome.err else ""
    told += f"--- exit {outcome.code}\n" if outcome.code else ""
    if update_golden:
        golden.write_text(told)
    assert told == golden.read_text()


def test_there_are_golden_commands_for_every_list() -> None:
    said = " ".join(path.read_text().splitlines()[0] for path in GOLDEN)
    lists = "check messages chains buffers rings control findings stats show buffer rules ladder"
    for command in lists.split():
        assert f"inspect {command}" in said
