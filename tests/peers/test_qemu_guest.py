"""The reference device serves a QEMU guest: a front end and a driver that share no code with it."""

import re
import threading
from pathlib import Path

import pytest

from tests.peers.qemu_guest import missing, run_guest
from vdmabuf_inspect.reference.device import run_device
from vdmabuf_inspect.reference.options import DeviceOptions

pytestmark = [pytest.mark.peers, pytest.mark.slow, pytest.mark.skipif(bool(missing()), reason=missing() or "-")]
EXPORTS = 10
VMID = 77
FIRMWARE_BLIND = "vhost-user-fs-pci,tag=x"
"""No firmware drives it: the guest is the first to set it up."""
FIRMWARE_KNOWN = "vhost-user-blk-pci,num-queues=2,disable-legacy=on"
"""SeaBIOS reads its configuration and asks it for a boot sector before the guest resets it."""


def serve(folder: Path, device: str, dialect: str, **parameters: object) -> tuple[int, list[str], str]:
    """The reference device's exit code and log, and what the guest said."""
    path = str(folder / "s")
    lines: list[str] = []
    codes: list[int] = []
    options = DeviceOptions(path, dialect=dialect, vmid=VMID, any=True, timeout=60, linger=0.3)
    thread = threading.Thread(target=lambda: codes.append(run_device(options, lines.append)))
    thread.start()
    said = run_guest(folder, path, device, dialect=dialect, **({"exports": EXPORTS} | parameters))
    thread.join(30)
    print("\n".join([*lines, said]))
    return codes[0], lines, said


@pytest.mark.parametrize(
    ("device", "dialect", "pci"),
    [(FIRMWARE_BLIND, "spec", "0x105a"), (FIRMWARE_BLIND, "mtk", "0x105a"), (FIRMWARE_KNOWN, "rfc-v4", "0x1042")],
    ids=["fs-spec", "fs-mtk", "blk-rfc-v4-after-firmware"],
)
def test_guest_is_served(tmp_path: Path, device: str, dialect: str, pci: str) -> None:
    code, lines, said = serve(tmp_path, device, dialect, device_id=pci, rounds=2)
    served_twice(code, lines, said, EXPORTS)


@pytest.mark.parametrize("device", [FIRMWARE_BLIND, FIRMWARE_KNOWN], ids=["fs", "blk"])
def test_guest_with_packed_rings_is_served(tmp_path: Path, device: str) -> None:
    """Rings of 60 entries that go round more than once in each of two sessions."""
    pci = "0x105a" if device is FIRMWARE_BLIND else "0x1042"
    code, lines, said = serve(tmp_path, f"{device},packed=on", "spec", device_id=pci, rounds=2, packed=1, exports=90)
    served_twice(code, lines, said, 90)


def served_twice(code: int, lines: list[str], said: str, exports: int) -> None:
    """Every frame arrived and every buffer came back, in two rounds."""
    total = 2 * exports
    assert code == 0
    assert f"guest: done, {total} exports, {total} releases" in said
    assert said.count(f"guest: VM ID {VMID}") == 2
    frames = [int(found[1]) for line in lines if (found := re.search(r"export 77:\d+ 4 pages .* frame (\d+)$", line))]
    assert frames == list(range(1, total + 1))
    assert lines[-1] == f"device: front end gone; {total} exports, {total} releases, 0 buffers held"
