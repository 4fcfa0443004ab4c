"""A guest's console on virtio-gpu: what its kernel says is followed, and its pixels are QEMU's own."""

import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.cli.running import command, run
from tests.peers.gpu_guest import bind, console_guest, unbind
from tests.peers.kernel import missing
from tests.peers.recording import recording
from tests.peers.stock_guest import StockGuest
from tests.picture.decoding import decode_png
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.picture import png
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.buffer_bytes import buffer_bytes, buffer_picture, latest_live, picture_layout
from vdmabuf_inspect.views.findings import FindingsView

pytestmark = [pytest.mark.peers, pytest.mark.slow]
RAM = 256 << 20
REST_S = 0.5


@dataclass(frozen=True)
class Moment:
    """A guest that was stopped: what was recorded until then, its memory, its screen as QEMU has it."""

    guest: StockGuest
    folder: Path
    capture: Path
    memory: Memory
    screen: np.ndarray


def screen_of(path: Path) -> np.ndarray:
    """uint8[height, width, 3] of a PPM file (P6)."""
    kind, size, top, data = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    assert (kind, top) == (b"P6", b"255")
    return np.frombuffer(data, np.uint8).reshape(height, width, 3)


def memory_of(path: Path) -> Memory:
    data = np.memmap(path, np.uint8, "r")
    return Memory([Segment(0, len(data), lambda at, size: data[at : at + size].tobytes())])


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moment]:
    if why := missing(drivers=True):
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("gpu")
    with console_guest(folder) as guest:
        unbind(guest)
        with recording(f"qemu:{folder}/qmp?device=gpu&poll=max", folder / "gpu.pcapng"):
            time.sleep(REST_S)
            bind(guest, folder)
            time.sleep(REST_S)
            guest.qmp("stop")
            guest.qmp("screendump", filename=str(folder / "screen.ppm"))
            guest.qmp("pmemsave", val=0, size=RAM, filename=str(folder / "ram"))
        screen = screen_of(folder / "screen.ppm")
        yield Moment(guest, folder, folder / "gpu.pcapng", memory_of(folder / "ram"), screen)


@pytest.fixture
def session(stopped: Moment) -> Iterator[Session]:
    door = Door(user=False)
    assert not door.open()
    yield inspect(str(stopped.capture))
    door.close()


def test_nobody_is_accused(session: Session) -> None:
    view = FindingsView(session)
    assert [row["rule"] for row in view.rows(0, len(view)) if row["severity"] != "note"] == []
    names = [command_name(op) for op in session.messages.op.tolist()]
    begun = list(dict.fromkeys(names))
    assert begun[:4] == ["GET_EDID", "GET_DISPLAY_INFO", "RESOURCE_CREATE_2D", "RESOURCE_ATTACH_BACKING"]
    assert {"SET_SCANOUT", "TRANSFER_TO_HOST_2D", "RESOURCE_FLUSH"} <= set(begun)


def test_picture_equals_the_screendump(stopped: Moment, session: Session) -> None:
    shown = latest_live(session, session.seq)
    layout = picture_layout(session, shown, session.seq)
    picture = buffer_picture(buffer_bytes(session, shown, session.seq, stopped.memory), layout)
    assert picture.absent == 0
    assert len(np.unique(stopped.screen.reshape(-1, 3), axis=0)) > 1, "an empty screen proves nothing"
    assert (decode_png(png(picture.rgb)) == stopped.screen).all()


def test_a_recording_and_a_dump_give_the_same(stopped: Moment) -> None:
    target, ram = stopped.folder / "recorded.png", f"raw:{stopped.folder}/ram@0"
    outcome = run("picture", stopped.capture, "latest", "-o", target, "--memory", ram)
    assert outcome.code == 0, outcome.err
    assert (decode_png(target.read_bytes()) == stopped.screen).all()


def test_attached_late_the_missing_backing_is_said(stopped: Moment) -> None:
    stopped.guest.qmp("cont")
    target, ended = stopped.folder / "late.png", threading.Event()

    def write() -> None:
        while not ended.wait(0.3):
            stopped.guest.ask("set /dev/tty0 late")

    writing = threading.Thread(target=write)
    writing.start()
    outcome = run("picture", f"qemu:{stopped.folder}/qmp?device=gpu", "latest", "-o", target, "--duration", "15s")
    ended.set()
    writing.join()
    assert outcome.code == 2
    assert "its backing is not known" in outcome.err and "its creation was not seen" in outcome.err
    assert not target.exists()


def test_watched_from_its_start_the_picture_comes_by_itself(stopped: Moment) -> None:
    unbind(stopped.guest)
    target = stopped.folder / "early.png"
    source = f"qemu:{stopped.folder}/qmp?device=gpu&poll=max"
    with subprocess.Popen(command("picture", source, "latest", "-o", target, "--duration", "60s")) as picture:
        time.sleep(2)
        bind(stopped.guest, stopped.folder)
        assert picture.wait(60) == 0
    assert decode_png(target.read_bytes()).shape == stopped.screen.shape
