"""Waiting for a file to grow, with and without the file system's help."""

import threading
import time
from pathlib import Path

import pytest

from vdmabuf_inspect.sources import follow
from vdmabuf_inspect.sources.follow import GrowthWatch


@pytest.fixture(params=["told", "polled"])
def watch(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> GrowthWatch:
    path = tmp_path / "growing"
    path.write_bytes(b"1")
    if request.param == "polled":
        monkeypatch.setattr(follow, "_observe", lambda path, changed: None)
    return GrowthWatch(path)


def test_returns_when_the_file_grows(watch: GrowthWatch) -> None:
    def grow() -> None:
        time.sleep(0.1)
        with watch.path.open("ab") as file:
            file.write(b"more")

    with watch:
        threading.Thread(target=grow).start()
        began = time.monotonic()
        assert watch.wait(20)
        assert time.monotonic() - began < 10
        assert not watch.wait(0.05)


def test_growth_between_two_waits_is_not_missed(watch: GrowthWatch) -> None:
    with watch:
        watch.path.write_bytes(b"12345")
        assert watch.wait(20)


def test_closing_ends_a_wait(watch: GrowthWatch) -> None:
    threading.Timer(0.1, watch.close).start()
    began = time.monotonic()
    assert not watch.wait(20)
    assert time.monotonic() - began < 10
