"""Recordings of programs that are not ours: a guest's stock drivers in QEMU, qemu-storage-daemon, DPDK's testpmd."""

import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.peers.gpu_guest import bind, console_guest, unbind
from tests.peers.input_devices import BEFORE_FREE, input_guest
from tests.peers.input_devices import use as use_input
from tests.peers.kernel import missing
from tests.peers.recording import recording, wait_for
from tests.peers.shared_folder import DAEMON as FOLDER_DAEMON
from tests.peers.shared_folder import DRIVERS as FOLDER_DRIVERS
from tests.peers.shared_folder import HELP as NO_FOLDER_DAEMON
from tests.peers.shared_folder import front_end as folder_front_end
from tests.peers.shared_folder import shared_folder, use
from tests.peers.standing import standing
from tests.peers.stock_devices import PORT, Echo, stock_devices
from tests.peers.stock_guest import StockGuest
from tests.peers.storage_daemon import DAEMON, front_end, storage_daemon
from tests.peers.storage_daemon import HELP as NO_DAEMON
from tests.peers.testpmd import HELP as NO_TESTPMD
from tests.peers.testpmd import TESTPMD
from tests.peers.testpmd_pair import pair
from tests.peers.vsock_guest import use as use_sockets
from tests.peers.vsock_guest import vsock_guest

KEPT = ("--snaplen", "128")
REST_S = 0.5
"""From the last request to the end of the recording."""


@dataclass(frozen=True)
class PeerPlan:
    """One recording. `job` makes it, in a folder, into a file; `lacks` says why it cannot be made here.

    `missed`: that entries were overwritten unseen is in the nature of what it shows. `late`: the rings were at work
    when the observer came. `torn`: memory was used again before it was read, as stock drivers do.
    """

    name: str
    shows: str
    made: tuple[str, ...]
    job: Callable[[Path, Path], None]
    lacks: Callable[[], str]
    missed: bool = False
    rules: tuple[str, ...] = ()
    clean: bool = True
    after: float = 0.0
    torn: bool = True
    late: bool = False


def record_peers(plan: PeerPlan, path: Path) -> None:
    """Make a recording."""
    folder = Path(tempfile.mkdtemp())
    try:
        plan.job(folder, folder / "recording.pcapng")
        shutil.copy(folder / "recording.pcapng", path)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _guest(device: str, *jobs: tuple[str, str, int, int]) -> Callable[[Path, Path], None]:
    """Watch one device of a running guest by its monitor while it does `jobs`: name, target, size, count."""

    def job(folder: Path, path: Path) -> None:
        with StockGuest(folder, stock_devices(folder)) as guest:
            guest.wait_ready()
            echo = Echo(folder / "console")
            with recording(f"qemu:{guest.qmp_path}?device={device}&poll=max", path, *KEPT):
                time.sleep(REST_S)
                for name, target, size, count in jobs:
                    for _ in range(count):  # one by one: time to look
                        guest.job(name, target, size, 1)
                time.sleep(REST_S)
            echo.close()

    return job


def _display(folder: Path, path: Path) -> None:
    with console_guest(folder) as guest:
        unbind(guest)
        with recording(f"qemu:{folder}/qmp?device=gpu&poll=max", path):
            time.sleep(REST_S)
            bind(guest, folder)
            time.sleep(REST_S)


def _input(folder: Path, path: Path) -> None:
    with input_guest(folder) as guest, recording(f"qemu:{folder}/qmp?poll=max", path):
        time.sleep(REST_S)
        with standing(guest, folder, *BEFORE_FREE):
            use_input(guest)
        time.sleep(REST_S)


def _disk(folder: Path, path: Path) -> None:
    front = folder / "front"
    with (
        storage_daemon(folder, ["disk"]) as sockets,
        recording(f"vhost-user:{front},{sockets['disk']}", path, "--device", "block", *KEPT),
    ):
        wait_for(front.exists, 10, "the proxy")
        with StockGuest(folder, front_end("disk", front)) as guest:
            guest.wait_ready()
            guest.job("write", "vda", 512, 20)
            guest.job("read", "vda", 4096, 20)
        time.sleep(REST_S)


def _folder(folder: Path, path: Path) -> None:
    front, kept = folder / "front", ("--snaplen", "256", "--poll", "max")
    with shared_folder(folder) as socket, recording(f"vhost-user:{front},{socket}", path, "--device", "fs", *kept):
        wait_for(front.exists, 10, "the proxy")
        with StockGuest(folder, folder_front_end(front), drivers=FOLDER_DRIVERS) as guest:
            guest.wait_ready()
            use(guest)
        time.sleep(REST_S)


def _sockets(folder: Path, path: Path) -> None:
    with vsock_guest(folder, path, *KEPT) as guest:
        use_sockets(guest)


def _testpmd(ring: str) -> Callable[[Path, Path], None]:
    def job(folder: Path, path: Path) -> None:
        with pair(folder, path, ring, "--poll", "max", *KEPT) as peers:
            peers.virtio.tell("set fwd rxonly")
            peers.send_slowly(4)
            time.sleep(REST_S)

    return job


def _no_guest() -> str:
    return missing(drivers=True)


def _no_disk() -> str:
    return missing(drivers=True) or ("" if DAEMON else NO_DAEMON)


def _no_folder() -> str:
    return missing(drivers=True) or ("" if FOLDER_DAEMON.exists() else NO_FOLDER_DAEMON)


def _no_testpmd() -> str:
    return "" if TESTPMD else NO_TESTPMD


def _of_guest(*jobs: str) -> tuple[str, ...]:
    return ("Debian's Linux 6.1 in QEMU 7.2, watched by `qemu:`", *jobs)


PEER_PLANS = (
    PeerPlan(
        "guest-rng", "virtio-rng: a ring of eight that wraps again and again, one buffer out at a time.",
        _of_guest("the guest reads 40 times 64 bytes of /dev/hwrng"),
        _guest("rng", ("random", "hwrng", 64, 40)), _no_guest, late=True,
    ),
    PeerPlan(
        "guest-blk-packed", "virtio-blk on a packed ring with indirect tables: writes, reads.",
        _of_guest("the guest writes 20 times 512 bytes and reads 20 times 4096 with O_DIRECT"),
        _guest("blk-packed", ("write", "vdb", 512, 20), ("read", "vdb", 4096, 20)), _no_guest, late=True,
    ),
    PeerPlan(
        "guest-net", "virtio-net: receive buffers offered ahead, ARP requests and their answers.",
        _of_guest("the guest asks 20 times who has 10.0.2.2, and is answered"),
        _guest("net", ("ask", "eth0", 60, 20)), _no_guest, late=True,
    ),
    PeerPlan(
        "guest-console", "virtio-console: a port that is written to and answers.",
        _of_guest("the guest writes 20 times 48 bytes to a port whose other end returns them"),
        _guest("console", ("echo", PORT, 48, 20)), _no_guest, late=True,
    ),
    PeerPlan(
        "guest-gpu", "virtio-gpu: a console from its first command on: its display, a frame buffer, frames.",
        _of_guest("the display is taken from its driver and given back", "QEMU's gdb stub stops the guest before each "
                  "thing that is said, so that all of it can be read"),
        _display, _no_guest, torn=False,
    ),
    PeerPlan(
        "guest-input", "virtio-input: a keyboard and a tablet, each a device of its own; the lamp of a keyboard.",
        _of_guest("QEMU's monitor types, moves, clicks and turns the wheel (`input-send-event`)",
                  "QEMU's gdb stub stops the guest before it frees the buffer of a lamp, so that it can be read",
                  "QEMU returns that buffer as if it had written to it: VR115"),
        _input, _no_guest, clean=False, late=True, rules=("VR115",),
    ),
    PeerPlan(
        "qsd-blk", "A vhost-user disk: the firmware sets it up, then the kernel does, which is another epoch.",
        ("qemu-storage-daemon 7.2 serves a guest in QEMU 7.2, our proxy between them",
         "the guest writes 20 times 512 bytes and reads 20 times 4096 with O_DIRECT"),
        _disk, _no_disk,
    ),
    PeerPlan(
        "guest-fs", "virtio-fs: a folder of the host is mounted, listed, read and written.",
        ("virtiofsd of QEMU 7.2 serves Debian's Linux 6.1 in QEMU 7.2, our proxy between them",
         "the guest lists the folder, reads a file, writes another and removes it"),
        _folder, _no_folder,
    ),
    PeerPlan(
        "guest-vsock", "virtio-vsock: two connections from REQUEST to RST with the credit of both sides, one refused.",
        ("Debian's Linux 6.1 in QEMU 7.2 and a back end of our own, our proxy between them",
         "a program sends 3 times 200 bytes, then 6000 at once, and is sent them back",
         "the host has room for 2048 at a time, the guest for 4096", "it connects to a port that nobody serves"),
        _sockets, _no_guest, torn=False,
    ),
    PeerPlan(
        "testpmd-packed", "Packed rings full of receive buffers: what is returned is overwritten at once.",
        ("DPDK 22.11: testpmd's virtio-user with `packed_vq=1`, testpmd's vhost, our proxy between them",
         "four bursts of 32 packets are sent and sent back"),
        _testpmd("packed"), _no_testpmd, missed=True,
    ),
    PeerPlan(
        "testpmd-in-order", "Split rings used in order: a whole batch returned at once.",
        ("DPDK 22.11: testpmd's virtio-user with `in_order=1`, testpmd's vhost, our proxy between them",
         "four bursts of 32 packets are sent and sent back"),
        _testpmd("split-in-order"), _no_testpmd,
    ),
)  # fmt: skip
