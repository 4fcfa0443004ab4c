"""Snapshots that QEMU makes of a guest: an ELF core and a raw file, with the ring addresses that QEMU tells."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.sources.peers import until
from tests.sources.test_qemu import QEMU, boot_sector, process
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.base import CapturePath, SourceOptions
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import parse_queue_option

pytestmark = [
    pytest.mark.peers,
    pytest.mark.skipif(not QEMU, reason="qemu-system-x86_64 is not installed"),
]


class Monitor:
    """A QMP connection."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._lines = self._socket.makefile("r")
        self._lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command: str, **arguments: Any) -> Any:
        """The answer; an AssertionError when it is an error."""
        self._socket.sendall(json.dumps({"execute": command, "arguments": arguments}).encode())
        while "return" not in (answer := json.loads(self._lines.readline())):
            assert "event" in answer, answer
        return answer["return"]

    def close(self) -> None:
        """Close it."""
        self._lines.close()
        self._socket.close()


def reached(path: Path) -> Monitor:
    """A monitor connection, as soon as QEMU listens."""
    found: list[Monitor] = []

    def attempt() -> bool:
        with suppress(OSError):
            found.append(Monitor(path))
        return bool(found)

    until(attempt)
    return found[0]


@pytest.fixture(scope="module")
def dumped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, SourceOptions]]:
    """A folder with `core`, `core-paging` and `raw` of a stopped guest, and how to look at it."""
    folder = tmp_path_factory.mktemp("dump")
    (folder / "disk").write_bytes(boot_sector() + b"second sector".ljust(512, b".") + bytes(1 << 20))
    machine = "-accel tcg -display none -nodefaults -machine q35 -m 64M"
    device = f"-drive if=none,id=d,format=raw,file={folder}/disk -device virtio-blk-pci,drive=d,bootindex=0"
    monitor = f"-qmp unix:{folder}/qmp,server=on,wait=off"
    with process(QEMU or "", *f"{machine} {device} {monitor}".split()):
        qmp = reached(folder / "qmp")
        until(lambda: qmp.ask("x-query-virtio"))
        path = qmp.ask("x-query-virtio")[0]["path"]
        until(lambda: status(qmp, path).get("used-idx", 0) > 100, seconds=60)
        qmp.ask("stop")
        ring = status(qmp, path)
        for name, paging in (("core", False), ("core-paging", True)):
            qmp.ask("dump-guest-memory", paging=paging, protocol=f"file:{folder}/{name}")
        qmp.ask("pmemsave", val=0, size=64 << 20, filename=f"{folder}/raw")
        qmp.close()
    where = f"0={ring['vring-desc']},{ring['vring-avail']},{ring['vring-used']},{ring['vring-num']}"
    yield folder, SourceOptions((parse_queue_option(where),), device="blk")


def status(qmp: Monitor, path: str) -> dict[str, int]:
    """Where the only queue lies and how far it is."""
    answer: dict[str, int] = qmp.ask("x-query-virtio-queue-status", path=path, queue=0)
    return answer


@pytest.mark.parametrize("what", ["core", "core-paging", "raw"])
def test_the_ring_of_a_real_guest(dumped: tuple[Path, SourceOptions], what: str) -> None:
    folder, options = dumped
    spec = f"raw:{folder}/raw@0" if what == "raw" else str(folder / what)
    source = open_source(spec, options)
    assert not isinstance(source, CapturePath) and source.memory is not None
    assert source.memory.read(0x7C00, 8) == boot_sector()[:8]
    records: list[Record] = []
    source.run(records.append)
    assert records[0].kind is EventKind.START and not records[0].problems
    used = [r for r in records if r.kind is EventKind.USED]
    assert used and all(r.flags & EventFlag.STALE for r in used)
    assert any(b"second sector" in r.writable_bytes for r in used)
