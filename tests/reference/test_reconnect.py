"""The driver goes on when its device is killed and another one takes its place."""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")
COUNT, KILLS = 40, 2


@contextmanager
def device(path: Path, *options: str) -> Iterator[subprocess.Popen[str]]:
    """A device of its own process, which is killed at the end if it still runs."""
    with subprocess.Popen(
        [*PEER, "device", str(path), "--vmid", "7", "--quiet", *options], stdout=subprocess.PIPE, text=True
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def lines_until(child: subprocess.Popen[str], wanted: str, count: int) -> list[str]:
    """What it says until it has said `wanted` so often, or is done."""
    lines: list[str] = []
    assert child.stdout is not None
    for line in child.stdout:
        lines.append(line)
        count -= wanted in line
        if count <= 0:
            break
    return lines


@pytest.mark.parametrize("kind", [(), ("--packed", "--queue-size", "7")], ids=["split", "packed"])
@pytest.mark.parametrize("dialect", ["spec", "rfc-v1"])
def test_device_is_killed_and_another_goes_on(tmp_path: Path, dialect: str, kind: tuple[str, ...]) -> None:
    path, said = tmp_path / "s", list[str]()
    run = [*PEER, "driver", str(path), "--reconnect", "--rate", "100", "--count", str(COUNT), "--width", "64"]
    command = [*run, "--height", "48", "--timeout", "10", "--dialect", dialect, *kind]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        for _ in range(KILLS):
            with device(path, "--dialect", dialect):
                said += lines_until(driver, "driver: export", 10)
        with device(path, "--dialect", dialect, "--linger", "0.1"):
            said += lines_until(driver, "never", COUNT)
            driver.wait(30)
    text = "".join(said)
    lost = sum(int(n) for n in re.findall(r"another device goes on; (\d+) buffers", text))
    assert driver.returncode == 0, text
    assert text.count("another device goes on") == KILLS
    assert f"driver: {COUNT} exports, {COUNT - lost} releases, 0 buffers still out" in text
    if dialect == "rfc-v1":  # its buffers are in flight for as long as the device has them
        assert lost == 0
