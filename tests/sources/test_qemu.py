"""The proxy between QEMU and qemu-storage-daemon: peers that nobody here wrote, SeaBIOS as the driver."""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.sources.peers import until
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import CONTROL_QUEUE, Record
from vdmabuf_inspect.sources.base import SourceOptions
from vdmabuf_inspect.sources.vhost_user import open_uri

QEMU, DAEMON = shutil.which("qemu-system-x86_64"), shutil.which("qemu-storage-daemon")
READS = 200
pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not QEMU or not DAEMON, reason="qemu-system-x86_64 and qemu-storage-daemon are not installed"),
]


def boot_sector() -> bytes:
    """Reads the second sector READS times through the BIOS, then halts."""
    code = bytes.fromhex("31c0 8ed8 8ec0 be") + READS.to_bytes(2, "little")
    code += bytes.fromhex("b80102 bb0080 b90200 ba8000 cd13 4e 75ef f4 ebfd")
    return code.ljust(510, b"\0") + b"\x55\xaa"


@contextmanager
def process(*command: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL) as it:
        try:
            yield it
        finally:
            it.terminate()


def test_a_guest_boots_through_the_proxy_and_every_read_is_seen(tmp_path: Path) -> None:
    disk, front, back = tmp_path / "disk", tmp_path / "front", tmp_path / "back"
    disk.write_bytes(boot_sector() + b"second sector".ljust(512, b".") + bytes(1 << 20))
    proxy = open_uri(f"{front},{back}", SourceOptions(device="blk"))
    records: list[Record] = []
    thread = threading.Thread(target=proxy.run, args=(records.append,))
    thread.start()

    def used() -> list[Record]:
        return [r for r in records if r.kind is EventKind.USED]

    with ExitStack() as stack:
        stack.callback(thread.join, 10)
        stack.callback(proxy.stop)
        export = f"type=vhost-user-blk,id=e,node-name=d,addr.type=unix,addr.path={back}"
        stack.enter_context(
            process(DAEMON or "", "--blockdev", f"file,node-name=d,filename={disk}", "--export", export)
        )
        until(back.exists, proxy.status)
        machine = "-accel tcg -display none -nodefaults -machine q35,memory-backend=m0 -m 64M"
        memory = "-object memory-backend-memfd,id=m0,size=64M,share=on"
        device = f"-chardev socket,id=c,path={front} -device vhost-user-blk-pci,chardev=c,bootindex=0"
        qemu = stack.enter_context(process(QEMU or "", *f"{machine} {memory} {device}".split()))
        until(lambda: sum(b"second sector" in r.writable_bytes for r in used()) >= READS, proxy.status, 60)
        assert proxy.memory is not None and proxy.memory.read(0x7C00, 8) == boot_sector()[:8]
        qemu.terminate()
        until(lambda: "closed" in proxy.status(), proxy.status)
    rings = [r for r in records if r.kind is not EventKind.CONTROL]
    kinds = [r.kind for r in rings]
    assert proxy.queue_names == {(0, 0): "block0/requestq1", (0, CONTROL_QUEUE): "block0/vhost-user"}
    assert kinds[0] is EventKind.START and rings[0].flags & EventFlag.COMPLETE
    assert kinds.count(EventKind.AVAILABLE) == kinds.count(EventKind.USED) and EventKind.GAP not in kinds
    assert not any(r.problems for r in records)
    assert EventKind.KICK in kinds
