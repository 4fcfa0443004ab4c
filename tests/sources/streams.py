"""Builds QEMU migration streams of any shape: blocks, pages in runs and alone, virtio devices of each transport."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from struct import pack

PAGE = 4096
ZERO, MEM_SIZE, WHOLE, EOS, CONTINUE, XBZRLE, PACKED = 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x100
DRIVER_OK = 0x0F


def text(value: str) -> bytes:
    """A string with its length before it."""
    return bytes([len(value)]) + value.encode()


def page(offset: int, data: bytes, block: str = "", flags: int = 0) -> bytes:
    """One page; without `block` of the block of the page before. A page of zeros is sent as one byte."""
    zero = not any(data)
    word = offset | flags | (ZERO if zero else WHOLE) | (0 if block else CONTINUE)
    return pack(">Q", word) + (text(block) if block else b"") + (b"\0" if zero else data)


def pages(block: str, memory: bytes, start: int = 0) -> bytes:
    """All pages of `memory`, the first of them at offset `start` of the block."""
    parts = (memory[at : at + PAGE] for at in range(0, len(memory), PAGE))
    return b"".join(page(start + i * PAGE, part, "" if i else block) for i, part in enumerate(parts))


@dataclass
class Ring:
    """Where a queue lies."""

    size: int
    desc: int
    avail: int
    used: int


@dataclass
class VirtioPci:
    """A virtio PCI device's state. `features` are those acknowledged."""

    device_id: int
    rings: Sequence[Ring]
    features: int = 1 << 32
    vectors: int = 3
    express: bool = False
    modern: bool = True
    extra: bytes = b""
    status: int = DRIVER_OK

    def state(self) -> bytes:
        """What `virtio_save` writes."""
        config = bytearray(4096 if self.express else 256)
        number = 0x1040 + self.device_id if self.modern else 0x1000
        config[:4] = pack("<HH", 0x1AF4, number)
        config[0x2E:0x30] = pack("<H", self.device_id)
        config[0x34], config[0x40:0x42], config[0x50:0x54] = 0x40, b"\x09\x50", pack("<BBH", 0x11, 0, self.vectors - 1)
        table = bytes(16 * self.vectors + -(-self.vectors // 8)) + pack(">H", 0)
        head = pack(">I", 2) + bytes(config) + bytes(16) + table
        return head + _common(self.features, 24, self.status) + self._queues() + self.extra + self._subsections()

    def _queues(self) -> bytes:
        rows = (pack(">IQHH", ring.size, ring.desc, 5, 0xFFFF) for ring in self.rings)
        return pack(">I", len(self.rings)) + b"".join(rows)

    def _subsections(self) -> bytes:
        parts = subsection("virtio/64bit_features", pack(">Q", self.features))
        if self.modern:
            rows = b"".join(pack(">QQ", ring.avail, ring.used) for ring in self.rings)
            parts += subsection("virtio/virtqueues", rows.ljust(16 * 1024, b"\0"))
        return parts


def virtio_mmio(rings: Sequence[Ring], align: int = 4096) -> bytes:
    """A legacy virtio MMIO device's state."""
    rows = b"".join(pack(">IIQH", ring.size, align, ring.desc, 0) for ring in rings)
    return _common(0, 8) + pack(">I", len(rings)) + rows


def subsection(name: str, data: bytes) -> bytes:
    """A part of a device's state that is only sometimes there."""
    return b"\x05" + text(name) + pack(">I", 1) + data


@dataclass
class Stream:
    """What to write. `sent` are the RAM section's pages, `devices` (path, type, state)."""

    blocks: dict[str, int]
    sent: bytes = b""
    machine: str = "pc-q35-7.2"
    devices: list[tuple[str, str, bytes]] = field(default_factory=list)
    cmos: bytes = b""
    capabilities: tuple[str, ...] = ()
    described: bool = True
    host_page: int = 0
    """A page size that each block says, as blocks on huge pages do where post-copy is allowed."""

    def build(self) -> bytes:
        """The stream's bytes."""
        more = pack(">Q", self.host_page) if self.host_page else b""
        sizes = b"".join(text(name) + pack(">Q", size) + more for name, size in self.blocks.items())
        total = pack(">Q", sum(self.blocks.values()) | MEM_SIZE)
        ram = self._part(1, text("ram") + pack(">II", 0, 4) + total + sizes + pack(">Q", EOS))
        ram += self._part(2, pack(">Q", EOS)) + self._part(3, self.sent + pack(">Q", EOS))
        return b"QEVM\0\0\0\3" + self._configuration() + ram + self._devices() + b"\0" + self._description()

    def _configuration(self) -> bytes:
        names = pack(">I", len(self.capabilities)) + b"".join(map(text, self.capabilities))
        more = subsection("configuration/capabilities", names) if self.capabilities else b""
        return b"\7" + pack(">I", len(self.machine)) + self.machine.encode() + more

    def _part(self, kind: int, body: bytes) -> bytes:
        return bytes([kind]) + pack(">I", 2) + body + b"\x7e" + pack(">I", 2)

    def _all(self) -> list[tuple[str, str, bytes]]:
        return [("mc146818rtc", "mc146818rtc", self.cmos)] * bool(self.cmos) + self.devices

    def _devices(self) -> bytes:
        return b"".join(
            b"\4" + pack(">I", 10 + i) + text(path) + pack(">II", 0, 1) + state + b"\x7e" + pack(">I", 10 + i)
            for i, (path, _, state) in enumerate(self._all())
        )

    def _description(self) -> bytes:
        if not self.described:
            return b""
        field_names = {"mc146818rtc": "cmos_data"}
        rows = [
            {
                "name": path, "instance_id": 0, "vmsd_name": kind, "version": 1,
                "fields": [{"name": field_names.get(kind, "virtio"), "type": "x", "size": len(state)}],
            }
            for path, kind, state in self._all()
        ]  # fmt: skip
        said = json.dumps({"page_size": PAGE, "devices": rows}).encode()
        return b"\6" + pack(">I", len(said)) + said


def virsh_save(stream: bytes, compression: int = 0, order: str = "<", version: int = 2) -> bytes:
    """What `virsh save` writes around a stream."""
    xml = b"<domain type='kvm'/>\0"
    head = b"LibvirtQemudSave" + pack(order + "5I", version, len(xml), 1, compression, 0)
    return head.ljust(92, b"\0") + xml + stream


def _common(features: int, config: int, status: int = DRIVER_OK) -> bytes:
    """Status, interrupts, selected queue, low features, configuration."""
    return pack(">BBHII", status, 0, 0, features & 0xFFFFFFFF, config) + bytes(config)
