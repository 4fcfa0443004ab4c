"""From `--queue` and `--device` to ring layouts with their device and queue numbers and names."""

from collections.abc import Sequence
from contextlib import suppress

from vdmabuf_inspect.errors import SourceError, UsageError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import MAX_SIZE, QueueLayout
from vdmabuf_inspect.sources.devices import VDMABUF, device_id, device_name, queue_label, vdmabuf_queues
from vdmabuf_inspect.sources.number import format_size
from vdmabuf_inspect.sources.options import QUEUE_SYNTAX, QueueOption, SourceOptions

_SHOWN_REGIONS = 6


def queue_name(options: SourceOptions, index: int) -> str:
    """`vdmabuf0/send`, `net0/receiveq1`: the name of the queue `index` of a source's only device."""
    name = device_name(options.device)
    return f"{name}0/{queue_label(name, index, options.dialect)}"


def queue_layouts(options: SourceOptions) -> tuple[QueueLayout, ...]:
    """The layouts that `--queue` describes. Raises UsageError for queues that cannot be.

    Devices are numbered as they are first named; a queue's index is the one given, else the one that its
    name has in the dialect, else its place among the queues given for its device.
    """
    devices: dict[str, list[int]] = {}
    layouts: list[QueueLayout] = []
    for option in options.queues:
        _check(option)
        device, queue, given = _split(option.name, f"{device_name(options.device)}0")
        taken = devices.setdefault(device, [])
        index = _index(given, queue, taken, options)
        if index in taken:
            raise UsageError(f"--queue {option.name}: {device} already has a queue {index}; say NAME:INDEX")
        taken.append(index)
        layouts.append(_layout(option, options, list(devices).index(device), index, f"{device}/{queue}"))
    return tuple(layouts)


def no_queues(name: str, memory: Memory) -> SourceError:
    """The error for a snapshot without rings: what to give, and where its memory lies."""
    regions = memory.regions()
    shown = ", ".join(f"{gpa:#x} ({format_size(size)})" for gpa, size in regions[:_SHOWN_REGIONS])
    more = f" and {len(regions) - _SHOWN_REGIONS} more" if len(regions) > _SHOWN_REGIONS else ""
    return SourceError(
        f"{name}: does not say where its rings are, and none was found by its looks; give --queue {QUEUE_SYNTAX} "
        f"for each (guest-physical), or --rings FILE; memory: {shown or 'none'}{more}"
    )


def _check(option: QueueOption) -> None:
    if not 0 < option.size <= MAX_SIZE:
        raise UsageError(f"--queue {option.name}: size {option.size} is not between 1 and {MAX_SIZE} descriptors")


def _split(name: str, default: str) -> tuple[str, str, int | None]:
    device, _, queue = name.rpartition("/")
    queue, colon, index = queue.partition(":")
    if not queue or (colon and not index.isdecimal()) or (index and int(index) > 0xFFFF):
        raise UsageError(f"--queue {name}: a name is [DEVICE/]QUEUE[:INDEX]")
    return device or default, queue, int(index) if index else None


def _index(given: int | None, queue: str, taken: Sequence[int], options: SourceOptions) -> int:
    if given is not None:
        return given
    if queue.isdecimal() and int(queue) <= 0xFFFF:
        return int(queue)
    known = vdmabuf_queues(options.dialect) if device_name(options.device) == VDMABUF else ()
    return known.index(queue) if queue in known else len(taken)


def _layout(option: QueueOption, options: SourceOptions, device: int, index: int, name: str) -> QueueLayout:
    presumed = 0 if option.legacy else int(Feature.VERSION_1)
    features = presumed if options.features is None else options.features
    features |= int(Feature.RING_PACKED) if option.packed else 0
    return QueueLayout(
        device, index, name, option.size, option.desc, option.avail, option.used, features,
        _device_id(options, name),
    )  # fmt: skip


def _device_id(options: SourceOptions, name: str) -> int:
    """The device ID that `--device` says, else the one behind the name of the queue's device: 2 for `block1/0`."""
    if options.device is not None:
        return device_id(options.device, options.dialect)
    with suppress(UsageError):
        return device_id(name.partition("/")[0].rstrip("0123456789"))
    return 0
