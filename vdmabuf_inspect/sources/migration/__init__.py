"""QEMU's migration stream (`migrate exec:cat>FILE`): guest memory, and where its rings are, in one file."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.sources.devices import device_id, device_name, queue_label
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.migration.description import Section, read_sections
from vdmabuf_inspect.sources.migration.machine import Place, places
from vdmabuf_inspect.sources.migration.pages import BlockReader
from vdmabuf_inspect.sources.migration.stream import Stream, read_stream
from vdmabuf_inspect.sources.migration.virtio import Device, Queue, in_use, parse_device
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.page_cache import PageCache
from vdmabuf_inspect.sources.snapshot import Snapshot

_STATE, _CMOS = "virtio", "cmos_data"
_DRIVER_OK = 4
_TROUBLE = {0x40: "needs a reset", 0x80: "given up by its driver"}
"""Device status bits (virtio 1.2, 2.1)."""


@dataclass(frozen=True)
class Named:
    """A virtio device: its type's name, its own, and its state."""

    kind: str
    name: str
    state: Device


def open_file(name: str, file: EvidenceFile, options: SourceOptions) -> Snapshot:
    """A snapshot from a stream that begins with the file. Raises SourceError, UsageError."""
    return open_stream(name, file, 0, options)


def open_stream(name: str, file: EvidenceFile, at: int, options: SourceOptions) -> Snapshot:
    """A snapshot from a stream that begins at `at` of the file. Raises SourceError, UsageError."""
    stream = read_stream(name, file, at)
    sections = read_sections(file, stream.devices_at) if stream.devices_at is not None else None
    cmos = next((section.fields[_CMOS] for section in sections or () if _CMOS in section.fields), b"")
    where, others = places(name, stream.configuration.machine, stream.blocks, cmos)
    devices = _named(sections or ())
    kind = _kind(stream, sections, devices, others)
    return Snapshot(name, _memory(file, where), options, file.time_ns, kind, _layouts(name, devices, options))


def _memory(file: EvidenceFile, where: Sequence[Place]) -> Memory:
    """What was sent of each block, where it lies: however large a block says it is, a page not sent is not there."""
    cache = PageCache()
    runs = [place.block.pages.runs(place.offset, place.offset + place.size) for place in where]
    none = np.zeros(0, np.int64)
    gpa = [place.gpa + starts - place.offset for place, (starts, _) in zip(where, runs, strict=True)]
    which = [np.full(len(starts), number) for number, (starts, _) in enumerate(runs)]
    return Memory.of_columns(
        np.concatenate([none, *gpa]), np.concatenate([none, *(ends - starts for starts, ends in runs)]),
        np.concatenate([none, *(starts for starts, _ in runs)]), np.concatenate([none, *which]),
        [BlockReader(file, place.block.pages, cache).read for place in where],
    )  # fmt: skip


def _layouts(name: str, devices: Sequence[Named], options: SourceOptions) -> tuple[QueueLayout, ...]:
    """The queues that drivers set up, of all devices or of those that `--device` asks for."""
    wanted = None if options.device is None else device_name(options.device)
    chosen = [each for each in devices if wanted in (None, each.kind)]
    if devices and not chosen:
        raise UsageError(f"--device {options.device}: {name} has none, only {', '.join(d.name for d in devices)}")
    return tuple(
        _layout(number, device, queue, options)
        for number, device in enumerate(chosen)
        for queue in in_use(device.state)
    )


def _layout(number: int, device: Named, queue: Queue, options: SourceOptions) -> QueueLayout:
    label = queue_label(device.kind, queue.index, options.dialect, len(device.state.queues))
    return QueueLayout(
        number, queue.index, f"{device.name}/{label}", queue.size, queue.desc, queue.avail, queue.used,
        device.state.features, device.state.device_id,
    )  # fmt: skip


def _named(sections: Iterable[Section]) -> list[Named]:
    """The virtio devices in the stream's order; those of one type are counted."""
    found: list[Named] = []
    for section in sections:
        device = parse_device(section.fields.get(_STATE, b""))
        if device is None:
            continue
        device = replace(device, device_id=device.device_id or _id_of(section.kind))
        kind = device_name(device.device_id)
        found.append(Named(kind, f"{kind}{sum(each.kind == kind for each in found)}", device))
    return found


def _trouble(device: Device) -> str:
    """What keeps a device from working, in brackets; empty when nothing does."""
    words = [word for bit, word in _TROUBLE.items() if device.status & bit]
    words += ["no driver"] if not device.status & _DRIVER_OK else []
    return f" ({', '.join(words)})" if words else ""


def _id_of(kind: str) -> int:
    """The virtio device ID behind the name of a device's state, 0 when it is not known."""
    with suppress(UsageError):
        return device_id(kind.removeprefix("vhost-").removeprefix("user-"))
    return 0


def _kind(stream: Stream, sections: Sequence[Section] | None, devices: Sequence[Named], others: Sequence[str]) -> str:
    kind = f"QEMU migration stream of {stream.configuration.machine or 'an unknown machine'}"
    if stream.devices_at is None:
        kind += ", cut before the devices' states"
    elif sections is None:
        kind += ", without a description of its devices"
    elif devices:
        kind += f", {', '.join(device.name + _trouble(device.state) for device in devices)}"
    return kind + (f" (blocks at no known address: {', '.join(others)})" if others else "")
