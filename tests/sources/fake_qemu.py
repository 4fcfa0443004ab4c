"""A monitor that answers as QEMU 7.2 does, of devices that a test makes, with guest memory in this very process."""

import ctypes
import json
import mmap
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.stories.guest import Guest, Ring
from vdmabuf_inspect.ring.layout import QueueLayout

RECORDED: dict[str, Any] = json.loads((Path(__file__).parent / "qemu_replies.json").read_text())
"""What a real QEMU 7.2 has answered."""
RAM, HIGH = 2 << 20, 0x1_0000_0000
"""Guest memory: the first half at 0, the second half at HIGH."""
OK = ("ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK")
FLAT = f"""FlatView #0
 AS "memory", root: system
 Root memory region: system
  0000000000000000-{RAM // 2 - 1:016x} (prio 0, ram): m0
  00000000b0000000-00000000bfffffff (prio 0, i/o): pcie-mmcfg-mmio
  {HIGH:016x}-{HIGH + RAM // 2 - 1:016x} (prio 0, ram): m0 @{RAM // 2:016x}

"""


@dataclass
class FakeDevice:
    """One virtio device; `rings` are its queues that are set up."""

    kind: str = "virtio-rng"
    number: int = 4
    statuses: tuple[str, ...] = OK
    transports: tuple[str, ...] = ("VIRTIO_F_VERSION_1: Device compliant for v1 spec (legacy)",)
    vhost: bool = False
    type: str = "virtio-rng-device"
    rings: list[Ring] = field(default_factory=list)
    used_idx: list[int] | None = None
    """The device's own used indices; as the rings have them unless they are given."""


class RefusalError(Exception):
    """An answer with an error: its class and description."""


class FakeQemu:
    """Listens on `path` until closed. `asked` is every question so far."""

    def __init__(self, path: Path, *, shared: bool = True) -> None:
        self.fd = os.memfd_create("memory-backend-memfd") if shared else -1
        if shared:
            os.ftruncate(self.fd, RAM)
        flags = mmap.MAP_SHARED if shared else mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
        self.ram = mmap.mmap(self.fd, RAM, flags=flags)
        self.guest = Guest(self.ram)  # type: ignore[arg-type]
        self.devices: dict[str, FakeDevice] = {}
        self.asked: list[str] = []
        self.state, self.migration, self.tree = "running", "", ""
        self.plugged = 0
        """Bytes of memory that was plugged in."""
        self.old = False
        """It is from before 7.2."""
        self.path = path
        self._view = (ctypes.c_char * RAM).from_buffer(self.ram)
        self._host = ctypes.addressof(self._view)
        self._client: socket.socket | None = None
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._thread = threading.Thread(target=self._serve, name="fake QEMU", daemon=True)
        self._thread.start()

    def ring(self, at: int, size: int = 8) -> Ring:
        """A ring at guest-physical `at`, which must be in the low half: the test writes it by its offset."""
        return Ring(self.guest, QueueLayout(0, 0, "", size, at, at + 0x400, at + 0x800))

    def plug(self, name: str, *rings: Ring, **fields: Any) -> FakeDevice:
        """A device of QEMU's ID `name`."""
        device = FakeDevice(rings=list(rings), **fields)
        self.devices[f"/machine/peripheral/{name}/virtio-backend"] = device
        return device

    def event(self, name: str) -> None:
        """Tell the client that something happened."""
        self._send({"event": name, "timestamp": {"seconds": int(time.time()), "microseconds": 0}})

    def hang_up(self) -> None:
        """Close the connection; it may be made again."""
        if self._client is not None:
            self._client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Listen no more."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self.hang_up()
        self._thread.join(5)
        self._listener.close()
        if self.fd >= 0:
            os.close(self.fd)

    def _serve(self) -> None:
        while True:
            try:
                self._client, _ = self._listener.accept()
            except OSError:
                return
            with self._client, suppress(OSError):
                version = {"qemu": {"major": 6 if self.old else 7, "minor": 2, "micro": 22}, "package": ""}
                self._send({"QMP": {"version": version, "capabilities": ["oob"]}})
                for request in _requests(self._client):
                    self._answer(request)

    def _send(self, message: object) -> None:
        assert self._client is not None
        self._client.sendall(json.dumps(message).encode() + b"\r\n")

    def _answer(self, request: dict[str, Any]) -> None:
        command, arguments = request["execute"], request.get("arguments", {})
        self.asked.append(" ".join([command, *map(str, arguments.values())]))
        try:
            name = command.replace("-", "_")
            if not hasattr(self, name) or (self.old and command.startswith("x-")):
                raise RefusalError("CommandNotFound", f"The command {command} has not been found")
            reply = {"return": getattr(self, name)(**{k.replace("-", "_"): v for k, v in arguments.items()})}
        except RefusalError as error:
            reply = {"error": {"class": error.args[0], "desc": error.args[1]}}
        self._send(reply | ({"id": request["id"]} if "id" in request else {}))

    def qmp_capabilities(self, **_: object) -> dict[str, object]:
        return {}

    def query_status(self) -> dict[str, object]:
        return {"status": self.state, "running": self.state == "running", "singlestep": False}

    def query_migrate(self) -> dict[str, object]:
        return {"status": self.migration} if self.migration else {}

    def query_memory_size_summary(self) -> dict[str, int]:
        return {"base-memory": RAM, "plugged-memory": self.plugged}

    def qom_get(self, path: str, property: str) -> object:
        if property == "type":
            return self.devices[path].type
        raise RefusalError("GenericError", f"Property '{path}.{property}' not found")

    def human_monitor_command(self, command_line: str) -> str:
        if command_line == "info mtree -f":
            return (self.tree or FLAT).replace("\n", "\r\n")
        if command_line.startswith("gpa2hva"):
            gpa = int(command_line.split()[1], 16)
            host = self._host + (gpa - HIGH + RAM // 2 if gpa >= HIGH else gpa)
            return f"Host virtual address for {gpa:#x} (m0) is {host:#x}\r\n"
        return ""

    def _device(self, path: str) -> FakeDevice:
        if path not in self.devices:
            raise RefusalError("GenericError", f"Path {path} is not a realized VirtIODevice")
        return self.devices[path]

    def x_query_virtio(self) -> list[dict[str, str]]:
        if not self.devices:
            raise RefusalError("GenericError", "No virtio devices found")
        return [{"name": device.kind, "path": path} for path, device in reversed(self.devices.items())]

    def x_query_virtio_status(self, path: str) -> dict[str, object]:
        device = self._device(path)
        features = {"transports": list(device.transports), "dev-features": []}
        return {
            **RECORDED["status_rng"], "name": device.kind, "device-id": device.number, "vhost-started": device.vhost,
            "status": {"statuses": [f"VIRTIO_CONFIG_S_{name}: prose" for name in device.statuses]},
            "guest-features": features, "host-features": features, "num-vqs": max(1, len(device.rings)),
        }  # fmt: skip

    def x_query_virtio_queue_status(self, path: str, queue: int) -> dict[str, object]:
        device = self._device(path)
        if queue >= len(device.rings):
            raise RefusalError("GenericError", f"Invalid virtqueue number {queue}")
        ring = device.rings[queue]
        used = ring.used_idx if device.used_idx is None else device.used_idx[queue]
        layout = ring.layout
        return {
            **RECORDED["queue_rng"], "queue-index": queue, "vring-num": layout.size, "used-idx": used,
            "vring-desc": layout.desc, "vring-avail": layout.avail, "vring-used": layout.used,
        }  # fmt: skip

    def x_query_virtio_vhost_queue_status(self, path: str, queue: int) -> dict[str, object]:
        device = self._device(path)
        if not device.vhost:
            raise RefusalError("GenericError", "Error: vhost device has not started yet")
        if queue >= len(device.rings):
            raise RefusalError("GenericError", f"Invalid vhost virtqueue number {queue}")
        layout = device.rings[queue].layout
        return {
            "name": device.kind, "num": layout.size, "desc-phys": layout.desc, "avail-phys": layout.avail,
            "used-phys": layout.used, "desc": 0x7F0000000000, "avail": 0x7F0000000000, "used": 0x7F0000000000,
        }  # fmt: skip


def _requests(sock: socket.socket) -> Iterator[dict[str, Any]]:
    """Requests as they come, with nothing between them."""
    text = ""
    while data := sock.recv(65536):
        text += data.decode()
        while text:
            try:
                request, end = json.JSONDecoder().raw_decode(text)
            except json.JSONDecodeError:
                break
            text = text[end:].lstrip()
            yield request
