"""Rings that carving found, as queues of devices: which belong together is guessed from what they carry."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.protocols.shapes import VDMABUF, Shape, guess
from vdmabuf_inspect.ring.carving.candidate import LIKELY, Candidate
from vdmabuf_inspect.ring.carving.search import CancelledError, carve
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.still import still_records
from vdmabuf_inspect.sources.devices import device_id, device_name, queue_label
from vdmabuf_inspect.sources.options import SourceOptions

__all__ = ["LIKELY", "CancelledError", "Carved", "carved_queues", "queue_text"]

_SAMPLE = 256
"""Bytes of a chain that a guess looks at."""
_UNKNOWN = "ring"
"""What a device is called whose type nobody can tell."""


@dataclass(frozen=True)
class Carved:
    """A ring that was found, its place among the devices, and (empty: unknown) what tells its device's type."""

    candidate: Candidate
    layout: QueueLayout
    why: str


@dataclass
class _Group:
    """Queues that are taken to be of one device."""

    number: int
    name: str
    alike: tuple[object, ...]
    taken: set[int]


def carved_queues(
    memory: Memory,
    options: SourceOptions,
    progress: Callable[[float], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
    least: int = LIKELY,
) -> list[Carved]:
    """Rings in a memory that score `least` or more, in order of their addresses. Raises CancelledError.

    `--device` says the type of those that do not show it, `--features` what all drivers acknowledged.
    """
    found = sorted(carve(memory, progress, cancelled, least), key=lambda c: c.desc)
    shapes = [_guess(memory, candidate) for candidate in found]
    return list(_named(found, shapes, options))


def queue_text(layout: QueueLayout) -> str:
    """The `--queue` option for a ring."""
    packed = ",packed" if layout.packed else ""
    place = f"{layout.desc:#x},{layout.avail:#x},{layout.used:#x},{layout.size}"
    return f"--queue {layout.name}:{layout.index}={place}{packed}"


def _guess(memory: Memory, candidate: Candidate) -> Shape | None:
    layout = replace(candidate.layout, features=candidate.features | Feature.INDIRECT_DESC)
    return guess(still_records(memory, layout, 0, _SAMPLE))


def _named(found: Sequence[Candidate], shapes: Iterable[Shape | None], options: SourceOptions) -> Iterator[Carved]:
    groups: list[_Group] = []
    for candidate, shape in zip(found, shapes, strict=True):
        kind, number = _kind(shape, options)
        index = shape.queue if shape else 0
        group = _group(groups, kind, candidate, index)
        count = index + 1 if shape and shape.last else 0
        name = f"{group.name}/{queue_label(kind, index, options.dialect, count)}"
        features = candidate.features if options.features is None else options.features
        layout = replace(
            candidate.layout, device=group.number, index=index, name=name, device_id=number,
            features=features | candidate.features & Feature.RING_PACKED,
        )  # fmt: skip
        yield Carved(candidate, layout, shape.why if shape else "")


def _kind(shape: Shape | None, options: SourceOptions) -> tuple[str, int]:
    """The name and the virtio ID of a device type; an unknown one has ID 0."""
    given = options.device is not None
    if shape is not None and shape.device_id != VDMABUF:
        return device_name(shape.device_id), shape.device_id
    if shape is not None or given:
        return device_name(options.device), device_id(options.device, options.dialect)
    return _UNKNOWN, 0


def _group(groups: list[_Group], kind: str, candidate: Candidate, index: int) -> _Group:
    """The first device of this type that has no such queue yet and works alike; another one when there is none."""
    alike = (kind, candidate.packed, bool(candidate.features & Feature.VERSION_1))
    same = [group for group in groups if group.alike == alike]
    free = next((group for group in same if index not in group.taken), None)
    if free is None:
        count = sum(group.alike[0] == kind for group in groups)
        free = _Group(len(groups), f"{kind}{count}", alike, set())
        groups.append(free)
    free.taken.add(index)
    return free
