"""Sessions of real peers: nothing they rightly do is held against them, and who dies and comes again is a new epoch."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.peers.kernel import QEMU
from tests.peers.recording import recording, wait_for
from tests.peers.storage_daemon import DAEMON
from tests.peers.storage_daemon import HELP as DAEMON_HELP
from tests.peers.testpmd import HELP as TESTPMD_HELP
from tests.peers.testpmd import TESTPMD, Testpmd
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.control import ControlView
from vdmabuf_inspect.views.findings import FindingsView

pytestmark = [pytest.mark.peers, pytest.mark.slow]
REBOOTS = b'{"execute": "qmp_capabilities"}{"execute": "system_reset"}'


def so_far(path: Path) -> Session:
    """What is in a recording that grows; nothing while there is nothing in it."""
    try:
        return inspect(str(path))
    except InspectError:
        return Session("nothing")


def said(session: Session, *requests: str) -> list[tuple[int, str, str]]:
    """(session, request, direction) of the messages with these names, answers left out."""
    view = ControlView(session)
    rows = [view.row(i) for i in range(len(view))]
    return [(r["session"], r["request"], r["direction"]) for r in rows if r["request"] in requests and not r["reply"]]


def judged(session: Session) -> list[str]:
    """What the VH rules have found."""
    view = FindingsView(session)
    return [row["message"] for row in (view.row(i) for i in range(len(view))) if row["rule"].startswith("VH")]


@contextmanager
def machine(folder: Path, socket: Path) -> Iterator[subprocess.Popen[bytes]]:
    """QEMU whose firmware reads from a vhost-user disk; it calls again when the connection ends."""
    command = [
        QEMU or "", "-M", "q35,memory-backend=m0", "-m", "128", "-display", "none", "-serial", "none",
        "-object", "memory-backend-memfd,id=m0,size=128M,share=on", "-qmp", "stdio",
        "-chardev", f"socket,id=c,path={socket},reconnect=1", "-device", "vhost-user-blk-pci,chardev=c",
    ]  # fmt: skip
    with (folder / "qemu.log").open("wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def exporting(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """qemu-storage-daemon with one disk at `folder/disk.export`."""
    image, socket = folder / "disk.image", folder / "disk.export"
    image.touch()
    os.truncate(image, 16 << 20)
    socket.unlink(missing_ok=True)
    export = f"type=vhost-user-blk,id=e,node-name=r,addr.type=unix,addr.path={socket},writable=on"
    nodes = (f"driver=file,node-name=f,filename={image}", "driver=raw,node-name=r,file=f")
    blocks = [word for node in nodes for word in ("--blockdev", node)]
    process = subprocess.Popen([DAEMON or "", *blocks, "--export", export], stdin=subprocess.DEVNULL)
    try:
        wait_for(socket.exists, 20, "the storage daemon")
        yield process
    finally:
        process.kill()
        process.wait(10)


def started(path: Path, epochs: int) -> bool:
    """Whether the disk's ring has been set up so often and something was read."""
    session = so_far(path)
    ring = next((q for q in session.queues.rings if len(q.epochs) >= epochs), None)
    return ring is not None and bool((session.events.kind[ring.epochs[-1].row :] == 2).any())


@pytest.mark.skipif(not (QEMU and DAEMON), reason="QEMU is not installed" if DAEMON else DAEMON_HELP)
def test_a_back_end_that_is_killed_and_comes_again(tmp_path: Path) -> None:
    front, path = tmp_path / "front", tmp_path / "disk.pcapng"
    with recording(f"vhost-user:{front},{tmp_path}/disk.export", path, "--device", "block"):
        wait_for(front.exists, 10, "the proxy")
        with machine(tmp_path, front) as qemu:
            with exporting(tmp_path) as daemon:
                wait_for(lambda: started(path, 1), 40, "firmware")
                daemon.kill()
                wait_for(lambda: (1, "CLOSED", "to-front-end") in said(so_far(path), "CLOSED"), 10, "the end")
            with exporting(tmp_path):
                wait_for(lambda: (2, "SET_VRING_ENABLE", "to-back-end") in said(so_far(path), "SET_VRING_ENABLE"),
                         20, "the second session")  # fmt: skip
                assert qemu.stdin is not None
                qemu.stdin.write(REBOOTS)
                qemu.stdin.flush()
                wait_for(lambda: started(path, 3), 40, "firmware again")
    session = inspect(str(path))
    assert said(session, "CONNECTED", "CLOSED")[:6] == [
        (1, "CONNECTED", "to-back-end"), (1, "CONNECTED", "to-front-end"),
        (1, "CLOSED", "to-front-end"), (1, "CLOSED", "to-back-end"),
        (2, "CONNECTED", "to-back-end"), (2, "CONNECTED", "to-front-end"),
    ]  # fmt: skip
    assert judged(session) == []


@pytest.mark.skipif(not TESTPMD, reason=TESTPMD_HELP)
@pytest.mark.parametrize("rings", ["", ",packed_vq=1,in_order=1,mrg_rxbuf=0"], ids=["split", "packed-in-order"])
def test_dpdk_against_dpdk(tmp_path: Path, rings: str) -> None:
    front, back, path = tmp_path / "front", tmp_path / "back", tmp_path / "net.pcapng"
    with recording(f"vhost-user:{front},{back}", path, "--device", "net", "--snaplen", "64"):
        wait_for(front.exists, 10, "the proxy")
        user = f"net_virtio_user0,path={front},queues=1,queue_size=256{rings}"
        with Testpmd(tmp_path, "back", f"eth_vhost0,iface={back}", 0), Testpmd(tmp_path, "front", user, 1) as driver:
            driver.packets()
    session = inspect(str(path))
    assert judged(session) == []
    assert len(said(session, "SET_VRING_KICK")) == 2 and len(said(session, "CLOSED")) == 2
