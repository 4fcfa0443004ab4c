"""A dump of a guest's memory beside a recording: what is in buffers can be seen although a capture only says where."""

from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import run
from tests.picture.decoding import decode_png
from tests.plugins.test_gpu import Console

WIDTH, HEIGHT, AT = 16, 8, 0x30000


@pytest.fixture
def recorded(tmp_path: Path) -> tuple[Path, Path, np.ndarray]:
    """A recording of a resource in two stretches, the memory, and its pixels in red, green and blue."""
    half = WIDTH * HEIGHT * 2
    console = Console().create(1, WIDTH, HEIGHT).attach(1, (AT + 0x1000, half), (AT, half)).flush(1, WIDTH, HEIGHT)
    pixels = np.random.default_rng(7).integers(0, 256, (HEIGHT, WIDTH, 4), np.uint8)
    data = pixels.tobytes()
    ram = console.told._ram
    ram[AT + 0x1000 : AT + 0x1000 + half], ram[AT : AT + half] = data[:half], data[half:]
    dump = tmp_path / "ram"
    dump.write_bytes(ram)
    return console.told.capture(tmp_path / "gpu.pcapng"), dump, pixels[:, :, 2::-1]


def test_picture_of_a_recording(recorded: tuple[Path, Path, np.ndarray], tmp_path: Path) -> None:
    capture, dump, pixels = recorded
    outcome = run("picture", capture, "res 1", "-o", tmp_path / "out.png", "--memory", f"raw:{dump}@0")
    assert outcome.code == 0, outcome.err
    assert (decode_png((tmp_path / "out.png").read_bytes()) == pixels).all()


def test_bytes_of_a_recording(recorded: tuple[Path, Path, np.ndarray], tmp_path: Path) -> None:
    capture, dump, pixels = recorded
    outcome = run("buffer", capture, "res 1", "--save", tmp_path / "out", "--memory", f"raw:{dump}@0")
    assert outcome.code == 0, outcome.err
    saved = np.frombuffer((tmp_path / "out").read_bytes(), np.uint8).reshape(HEIGHT, WIDTH, 4)
    assert (saved[:, :, 2::-1] == pixels).all()


def test_without_memory_the_option_is_named(recorded: tuple[Path, Path, np.ndarray], tmp_path: Path) -> None:
    outcome = run("picture", recorded[0], "res 1", "-o", tmp_path / "out.png")
    assert outcome.code == 2
    assert "give a dump of it: --memory FILE" in outcome.err


def test_what_is_no_dump_is_refused(recorded: tuple[Path, Path, np.ndarray]) -> None:
    outcome = run("picture", recorded[0], "res 1", "--memory", recorded[0])
    assert outcome.code == 2
    assert "no memory dump; give an ELF core, another dump, or raw:FILE@GPA" in outcome.err
