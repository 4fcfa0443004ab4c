"""Recordings that were cut anywhere, in the eyes of Wireshark's tools."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.recordings import save
from tests.cli.test_interruption import events_in
from tests.stories.story import clean

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not (shutil.which("tshark") and shutil.which("capinfos")), reason="no tshark or capinfos"),
]


def frames(path: Path) -> tuple[int, str]:
    done = subprocess.run(["tshark", "-r", path, "-T", "fields", "-e", "frame.number"],
                          capture_output=True, text=True, timeout=60, check=False)  # fmt: skip
    return len(done.stdout.splitlines()), done.stderr


def test_a_cut_capture_has_the_same_frames_for_everybody(tmp_path: Path) -> None:
    whole = save(clean("spec"), tmp_path / "whole.pcapng").read_bytes()
    places = random.Random(7)
    for _ in range(6):
        cut = tmp_path / "cut.pcapng"
        cut.write_bytes(whole[: places.randrange(1200, len(whole))])
        count, why = events_in(cut)
        seen, told = frames(cut)
        assert seen == count and ("cut short" in told) == bool(why)
        info = subprocess.run(["capinfos", "-c", "-M", cut], capture_output=True, text=True, timeout=60, check=False)
        assert f"{count}" in info.stdout + info.stderr
