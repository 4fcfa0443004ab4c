"""A virtio device's state as QEMU writes it (hw/virtio/virtio.c, version of the stream 3): where its queues lie."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from struct import Struct, error

from vdmabuf_inspect.ring.layout import LEGACY_ALIGN, MAX_SIZE

VENDOR = 0x1AF4
_MAX_QUEUES = 1024
_PCI_CONFIGS = (256, 4096)
_PCI_IRQS = 16
_MODERN = range(0x1040, 0x1080)
_MSIX = 0x11
_HEAD, _CONFIG_SIZE, _QUEUE, _COUNT = Struct(">BBHI"), Struct(">I"), Struct(">QH"), Struct(">I")
_MAX_CONFIG = 1 << 16


@dataclass(frozen=True)
class Queue:
    """One queue; `size` in descriptors, addresses guest-physical. `last_avail` is the device's own index."""

    index: int
    size: int
    desc: int
    avail: int
    used: int
    last_avail: int


@dataclass(frozen=True)
class Device:
    """What the state says. `device_id` is 0 where only the state's name tells the type."""

    device_id: int
    status: int
    features: int
    queues: tuple[Queue, ...]


@dataclass(frozen=True)
class _Transport:
    """What stands before the device's own state and what each queue has more."""

    size: int
    device_id: int
    aligned: bool
    """Each queue says its alignment."""
    vectors: bool
    """Each queue says its MSI-X vector."""


def parse_device(body: bytes) -> Device | None:
    """The device whose state is `body`; None when it is in no form that is known."""
    for transport in _transports(body):
        try:
            return _device(body, transport)
        except (error, ValueError):
            continue
    return None


def _transports(body: bytes) -> Iterator[_Transport]:
    """PCI, with the configuration space that it says, or MMIO."""
    for size in _PCI_CONFIGS:
        config = body[4 : 4 + size]
        if len(config) == size and config[:2] == VENDOR.to_bytes(2, "little"):
            vectors = _msix_vectors(config)
            table = 16 * vectors + -(-vectors // 8) + 2 if vectors else 0
            yield _Transport(4 + size + _PCI_IRQS + table, _pci_type(config), False, bool(vectors))
    yield _Transport(0, 0, True, False)


def _pci_type(config: bytes) -> int:
    """The virtio device ID behind a PCI one (virtio 1.2, 4.1.2.1); transitional devices have it as subsystem."""
    number = int.from_bytes(config[2:4], "little")
    return number - _MODERN.start if number in _MODERN else int.from_bytes(config[0x2E:0x30], "little")


def _msix_vectors(config: bytes) -> int:
    """How many vectors the device's MSI-X capability has, 0 without one."""
    at, seen = config[0x34] & 0xFC, 0
    while at and seen < 48:
        if config[at] == _MSIX:
            return (int.from_bytes(config[at + 2 : at + 4], "little") & 0x7FF) + 1
        at, seen = config[at + 1] & 0xFC, seen + 1
    return 0


def _device(body: bytes, transport: _Transport) -> Device:
    status, isr, _selected, features = _HEAD.unpack_from(body, transport.size)
    at = transport.size + _HEAD.size
    (config_size,) = _CONFIG_SIZE.unpack_from(body, at)
    at += _CONFIG_SIZE.size + config_size
    (count,) = _COUNT.unpack_from(body, at)
    if isr > 3 or config_size > _MAX_CONFIG or not 0 < count <= _MAX_QUEUES:
        raise ValueError("no virtio state")
    queues: list[Queue] = []
    at += _COUNT.size
    for index in range(count):
        (size,) = _COUNT.unpack_from(body, at)
        align = _COUNT.unpack_from(body, at + 4)[0] if transport.aligned else LEGACY_ALIGN
        at += 8 if transport.aligned else 4
        desc, last_avail = _QUEUE.unpack_from(body, at)
        at += _QUEUE.size + 2 * transport.vectors
        if not 0 < size <= MAX_SIZE or not align:
            raise ValueError("no queue")
        avail = desc + 16 * size
        used = -(-(avail + 6 + 2 * size) // align) * align
        queues.append(Queue(index, size, desc, avail, used, last_avail))
    wide = _subsection(body, at, "virtio/64bit_features", 8)
    features = int.from_bytes(wide, "big") if wide else features
    return Device(transport.device_id, status, features, tuple(_placed(queues, body, at)))


def _placed(queues: list[Queue], body: bytes, at: int) -> Iterator[Queue]:
    """With the addresses that drivers of virtio 1 give each part."""
    table = _subsection(body, at, "virtio/virtqueues", 16 * _MAX_QUEUES)
    for queue in queues:
        row = table[16 * queue.index :][:16]
        if not row:
            yield queue
            continue
        yield replace(queue, avail=int.from_bytes(row[:8], "big"), used=int.from_bytes(row[8:], "big"))


def _subsection(body: bytes, at: int, name: str, size: int) -> bytes:
    """The bytes of a subsection behind `at`, none when it is not there or cut."""
    header = bytes([5, len(name)]) + name.encode()
    found = body.rfind(header, at)
    data = body[found + len(header) + 4 :][:size] if found >= 0 else b""
    return data if len(data) == size else b""


def in_use(device: Device) -> tuple[Queue, ...]:
    """The queues that a driver has set up."""
    return tuple(queue for queue in device.queues if queue.desc)
