"""The door: plugins listed without importing any, loaded when wanted, told of when they fail, loaded again."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from vdmabuf_inspect import testing
from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.plugins.candidate import at_path, in_folder
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.plugins.registries import registries
from vdmabuf_inspect.plugins.skeleton import write_skeleton
from vdmabuf_inspect.protocols.known import PROTOCOLS

ONE = """
    from construct import Int32ul, Struct
    from vdmabuf_inspect import api

    api.requires(1)
    kind = api.QueueKind("q", (api.Command("{command}", request=Struct("n" / Int32ul)),))
    api.protocol(api.Protocol("one", "", (60,), (kind,)))
"""

RULE = """
    from vdmabuf_inspect import api

    @api.rule("{code}", "taken", api.Severity.ERROR, api.Culprit.DRIVER, "", "", on=api.On.MESSAGES, protocol="one")
    def taken(messages):
        return api.Hits([])
"""


def write(path: Path, text: str) -> Path:
    path.write_text(dedent(text))
    return path


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = registries.held()
    yield
    assert registries.held() == before, "what a test loads it takes out again"


def test_a_file_a_package_and_a_folder(tmp_path: Path) -> None:
    package = tmp_path / "two"
    package.mkdir()
    write(package / "__init__.py", "from . import inner")
    write(package / "inner.py", ONE.format(command="SAY"))
    write(tmp_path / "_hidden.py", "raise SystemError")
    assert [c.name for c in at_path(str(tmp_path))] == ["two"]
    door = Door([str(tmp_path)], user=False)
    assert "one" not in PROTOCOLS, "nothing is imported before the door opens"
    assert not door.open()
    assert [p.brought.keys() for p in door.plugins if p.candidate.origin == str(tmp_path)] == [{"protocol"}]
    assert "one" in PROTOCOLS
    door.close()
    with pytest.raises(UsageError, match="no such file"):
        at_path(str(tmp_path / "missing.py"))


def test_a_broken_one_is_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    write(tmp_path / "late.py", ONE.format(command="SAY") + "\n    raise ValueError('no\\n way')")
    write(tmp_path / "syntax.py", "def broken(:\n    pass")
    write(tmp_path / "future.py", "from vdmabuf_inspect import api\napi.requires(99)")
    door = Door([str(tmp_path)], user=False)
    failed = {p.candidate.name: p.error for p in door.open()}
    assert failed["late"].startswith("late.py:9: ValueError: no")
    assert failed["syntax"] == "syntax.py:1: invalid syntax"
    assert failed["future"].endswith("written for version 99 of vdmabuf_inspect.api, this is version 1")
    assert "one" not in PROTOCOLS
    door.close()


@pytest.mark.parametrize("code", ["VM307", "VH201", "VH999"])
def test_a_code_that_one_of_our_rules_has_is_taken(code: str, tmp_path: Path) -> None:
    write(tmp_path / "taken.py", RULE.format(code=code))
    program = f"""
from vdmabuf_inspect.plugins.door import Door
print([plugin.error for plugin in Door([{str(tmp_path)!r}], user=False).open()])
from vdmabuf_inspect.session import catalogue
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert f"rule {code} is defined twice" in done.stdout


def test_loaded_again_and_the_old_one_stays_when_the_new_one_is_wrong(tmp_path: Path) -> None:
    path = write(tmp_path / "one.py", ONE.format(command="SAY"))
    door = Door([str(path)], user=False)
    assert not door.open()
    plugin = door.plugins[-1]
    assert plugin.files == [path]
    write(path, ONE.format(command="SHOUT"))
    assert door.reload(plugin)
    assert [c.name for c in PROTOCOLS["one"].commands] == ["SHOUT"]
    write(path, "import nothing_of_this_name")
    assert not door.reload(plugin)
    assert plugin.error == "one.py:1: ModuleNotFoundError: No module named 'nothing_of_this_name'"
    assert [c.name for c in PROTOCOLS["one"].commands] == ["SHOUT"]
    door.close()


def test_nothing_beside_a_capture_runs(tmp_path: Path) -> None:
    write(tmp_path / "plugin.py", "raise SystemError('it ran')")
    write(tmp_path / "sitecustomize.py", "raise SystemError('it ran')")
    told = testing.Exchange(61)
    told.both(b"1234")
    assert told.inspect(tmp_path).commands == ["DATA"]
    assert not in_folder(tmp_path / "no such folder", "user")


def test_a_protocol_that_raises_is_a_finding_and_is_switched_off_after_ten(tmp_path: Path) -> None:
    path = write(
        tmp_path / "bad.py",
        """
        from construct import Int32ul, Struct
        from vdmabuf_inspect import api

        def good(messages):
            return 1 // 0

        kind = api.QueueKind("q", (api.Command("SAY", request=Struct("n" / Int32ul)),))
        life = api.Lifecycle(("none",), ("use",), {}, frozenset())
        api.protocol(api.Protocol("bad", "", (60,), (kind,), life, use="use", good=good))
        """,
    )
    told = testing.Exchange(60)
    for _ in range(20):
        told.both(b"1234", b"5678")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("vdmabuf_inspect.session.reading._FIRST_BATCH", 2)
        patch.setattr("vdmabuf_inspect.session.reading._BATCH", 2)
        seen = told.inspect(tmp_path, path)
    assert seen.findings.count("VX910") == 11
    assert seen.session.tool.notes[0].startswith("protocol bad failed: ZeroDivisionError")
    assert seen.session.tool.notes[-1] == "protocol bad failed 10 times and is switched off"
    assert set(seen.commands) == {"DATA"}
    assert len(seen.session.chains) == 20


def test_the_skeleton_works_and_its_test_passes(tmp_path: Path) -> None:
    plugin, test = write_skeleton(tmp_path, "lamp")
    assert (plugin.name, test.name) == ("lamp.py", "test_lamp.py")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(test)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    with pytest.raises(UsageError, match="lower-case"):
        write_skeleton(tmp_path, "Lamp!")
