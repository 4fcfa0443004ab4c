"""`picture` and the bytes of a buffer, taken from the reference driver's painted buffers while it runs."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import run
from tests.picture.decoding import decode_png
from vdmabuf_inspect.reference.picture import Format, frame_number, paint

PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")
FORM = Format.of(320, 200)


@pytest.fixture
def source(tmp_path: Path) -> Iterator[str]:
    """A proxy's URI; a driver that exports three buffers comes to it, and a device that keeps them."""
    front, back = tmp_path / "front", tmp_path / "back"
    wait = f"import time, pathlib\nwhile not pathlib.Path({str(front)!r}).exists(): time.sleep(0.02)\n"
    driver = wait + "from vdmabuf_inspect.reference.__main__ import main\n"
    options = [str(front), "--quiet", "--count", "3", "--rate", "20", "--timeout", "8", "--duration", "8"]
    driving = [sys.executable, "-c", f"{driver}import sys\nsys.exit(main(['driver', *{options!r}]))"]
    with (
        subprocess.Popen([*PEER, "device", str(back), "--quiet", "--hold", "9"], stdout=subprocess.PIPE) as device,
        subprocess.Popen(driving, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as driver_process,
    ):
        while not back.exists():
            time.sleep(0.02)
        yield f"vhost-user:{front},{back}"
        for process in (driver_process, device):
            process.kill()


def painted(frame: int) -> np.ndarray:
    words = np.frombuffer(paint(FORM, frame), "<u4").reshape(FORM.height, FORM.width)
    return np.stack([words >> 16 & 255, words >> 8 & 255, words & 255], axis=-1).astype(np.uint8)


def test_png_equals_the_painted_picture(source: str, tmp_path: Path) -> None:
    target = tmp_path / "picture.png"
    outcome = run("picture", source, "latest", "--device", "vdmabuf", "-o", str(target), "--duration", "20s")
    assert outcome.code == 0, outcome.err
    rgb = decode_png(target.read_bytes())
    assert any((painted(frame) == rgb).all() for frame in range(5)), outcome.err


def test_saved_bytes_are_the_painted_ones(source: str, tmp_path: Path) -> None:
    target = tmp_path / "bytes"
    outcome = run("buffer", source, "latest", "--device", "vdmabuf", "--save", str(target), "--duration", "20s")
    assert outcome.code == 0, outcome.err
    data = target.read_bytes()
    frame = frame_number(FORM, data)
    assert frame is not None and data == paint(FORM, frame)


def test_a_capture_holds_no_pictures() -> None:
    capture = Path(__file__).parents[2] / "captures" / "clean-spec.pcapng"
    buffer = run("buffers", str(capture), "--limit", "1", "--format", "json").out.splitlines()[1]
    name = buffer.partition('"buffer": "')[2].partition('"')[0]
    outcome = run("picture", str(capture), name)
    assert outcome.code == 2 and "no guest memory" in outcome.err
