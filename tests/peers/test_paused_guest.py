"""A guest that is stopped and goes on while its device is at work: QEMU sets the rings up again, nothing was missed."""

import subprocess
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.peers.kernel import missing
from tests.peers.qemu_guest import guest_command
from tests.peers.qmp import ask_qmp
from tests.peers.recording import recording, rested, wait_for
from tests.peers.stock_guest import Done, StockGuest
from tests.peers.storage_daemon import DAEMON, HELP, front_end, storage_daemon
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.reference.device import run_device
from vdmabuf_inspect.reference.options import DeviceOptions
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.ring_state import RingState
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.views.control import ControlView
from vdmabuf_inspect.views.findings import FindingsView

WHY = missing(drivers=True) or ("" if DAEMON else HELP)
pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.skipif(bool(WHY), reason=WHY or "-")]
DISK = "vda"
PAUSES = 2
EXPORTS = 100
HELD = 4
"""As many as the guest has: it waits until the device, being idle, gives them back."""
STUCK_S = 0.5
"""Shorter than a pause: what is out meanwhile does not wait."""


def work_through_pauses(guest: StockGuest) -> Done:
    """What the guest did of a job during which it was stopped."""
    done: list[Done] = []
    job = threading.Thread(target=lambda: done.append(guest.job("read", DISK, 4096, 0, 2500)))
    job.start()
    for _ in range(PAUSES):
        time.sleep(0.6)
        guest.qmp("stop")
        time.sleep(2 * STUCK_S)
        guest.qmp("cont")
    job.join(60)
    return done[0]


def asked(session: Session, request: str) -> int:
    """How often a request was made on the control plane."""
    view = ControlView(session)
    rows = (view.row(i) for i in range(len(view)))
    return sum(row["request"] == request and not row["reply"] for row in rows)


def accused(session: Session) -> list[str]:
    """Warnings and errors, but for what was overwritten before a machine with other work had time to look."""
    view = FindingsView(session)
    rows = [view.row(i) for i in range(len(view))]
    told = [f"{row['rule']} {row['message']}" for row in rows if row["severity"] in ("warning", "error")]
    return [text for text in told if not (text.startswith("VX902") and "overwritten" in text)]


def missed_at_pauses(session: Session) -> int:
    """Gaps that the looks at which a ring went on have told."""
    times = session.events.time_ns
    return sum(
        times[gap] == times[resume]
        for queue in session.queues.rings
        for resume in queue.resumes
        for gap in queue.marks[EventKind.GAP]
    )


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
def test_a_guest_that_pauses_has_one_ring(tmp_path: Path, packed: bool) -> None:
    front, path = tmp_path / "front", tmp_path / "disk.pcapng"
    with storage_daemon(tmp_path, ("disk",)) as sockets, ExitStack() as stack:
        stack.enter_context(recording(f"vhost-user:{front},{sockets['disk']}", path, "--device", "block"))
        wait_for(front.exists, 10, "the proxy")
        guest = stack.enter_context(StockGuest(tmp_path, front_end("disk", front, packed=packed)))
        guest.wait_ready()
        before, asked_before = inspect(str(path)), asked(inspect(str(path)), "GET_VRING_BASE")
        done = work_through_pauses(guest)
        requests = guest.disk_requests(DISK)
        found = rested(path, 0, 0, 2 * requests)
        session = inspect(str(path), settings=Settings(stuck_after_ns=int(STUCK_S * 1e9)))
    queue = session.queues.rings[0]
    assert done.steps > 0
    assert asked(session, "GET_VRING_BASE") == asked_before + PAUSES
    assert len(queue.epochs) == len(before.queues.rings[0].epochs)
    assert len(queue.resumes) == len(before.queues.rings[0].resumes) + PAUSES
    assert queue.complete and missed_at_pauses(session) == 0 and not found.ambiguous
    assert found.entries == 2 * requests
    assert (session.chains.used >= 0).all() or found.missed
    assert accused(session) == []


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
def test_buffers_and_receive_buffers_outlive_a_pause(tmp_path: Path, packed: bool) -> None:
    """The reference device keeps the guest's buffers, and its receive buffers, while the guest is stopped."""
    front, back, path, qmp = (tmp_path / name for name in ("front", "back", "guest.pcapng", "qmp"))
    lines: list[str] = []
    options = DeviceOptions(str(back), dialect="spec", vmid=7, timeout=60, hold=HELD, linger=0.1)
    device = threading.Thread(target=run_device, args=(options, lines.append))
    device.start()
    wait_for(back.exists, 10, "the device")
    words = {"dialect": "spec", "exports": EXPORTS, "device_id": "0x105a", "packed": int(packed)}
    name = f"vhost-user-fs-pci,tag=x,packed={'on' if packed else 'off'}"
    command = guest_command(tmp_path, str(front), name, **words)
    with recording(f"vhost-user:{front},{back}", path, "--device", "vdmabuf"):
        wait_for(front.exists, 10, "the proxy")
        command += ["-qmp", f"unix:{qmp},server=on,wait=off"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as guest:
            for count in (EXPORTS // 4, EXPORTS // 2):
                wait_for(lambda count=count: sum(" export " in line for line in lines) >= count, 60, "exports")  # type: ignore[misc]
                ask_qmp(qmp, "stop")
                time.sleep(2 * STUCK_S)
                ask_qmp(qmp, "cont")
            said = guest.communicate(timeout=60)[0]
        device.join(30)
    session = inspect(str(path), settings=Settings(stuck_after_ns=int(STUCK_S * 1e9)))
    assert f"guest: done, {EXPORTS} exports, {EXPORTS} releases" in said
    rings = session.queues.rings
    assert [(len(q.epochs), q.complete, len(q.resumes)) for q in rings] == [(1, True, PAUSES)] * 2
    (vdmabuf,) = session.vdmabuf.values()
    assert vdmabuf.epoch == 0 and not len(vdmabuf.tracker.live_objects())
    assert packed or len(session.objects) == EXPORTS  # bytes on a packed ring may be read too late
    for queue in rings:
        for row in queue.resumes:
            assert RingState(session, queue, row).stopped and not RingState(session, queue, row + 1).stopped
    assert all(RingState(session, rings[0], row).in_flight > 0 for row in rings[0].resumes)
    assert missed_at_pauses(session) == 0
    assert accused(session) == []
