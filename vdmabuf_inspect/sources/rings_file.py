"""Where rings are, as it was saved beside a dump: `rings` or `carve` as JSON, or the answers of QEMU's monitor."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vdmabuf_inspect.errors import SourceError, UsageError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import CONTROL_QUEUE
from vdmabuf_inspect.ring.layout import MAX_SIZE, QueueLayout
from vdmabuf_inspect.sources.devices import device_id, queue_label
from vdmabuf_inspect.sources.file import MAX_READ, EvidenceFile
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.qemu.features import features_of
from vdmabuf_inspect.sources.qemu.survey import type_name

HOW = "vdmabuf-inspect rings qemu:SOCKET --format json > rings.json"
"""The command that saves such a file."""
_QUEUE = ("vring-num", "vring-desc", "vring-avail", "vring-used")
_VHOST_QUEUE = ("num", "desc-phys", "avail-phys", "used-phys")
_OWN = ("size", "desc", "avail", "used")
_KINDS = (_QUEUE, _VHOST_QUEUE, _OWN)
_ADDRESSES = 1 << 63
_TRANSPORT = int(Feature.PROTOCOL_FEATURES)
"""A bit of the vhost-user protocol, not of the device."""
_BLANK = re.compile(r"\s*")


class _Machine:
    """The devices that were told of so far."""

    def __init__(self, options: SourceOptions) -> None:
        self.layouts: dict[tuple[int, int], QueueLayout] = {}
        self._options = options
        self._devices: dict[str, int] = {}
        self._kinds: Counter[str] = Counter()
        self._status: Mapping[str, Any] = {}
        self._name = self._kind = ""

    def hear(self, answer: Mapping[str, Any]) -> None:
        """One object: a device's status, a queue, or something else. Raises ValueError, KeyError, TypeError."""
        if "guest-features" in answer:
            self._begin(answer)
        keys = next((keys for keys in _KINDS if all(key in answer for key in keys)), None)
        if keys is None:
            return
        size, desc, avail, used = (_number(answer[key]) for key in keys)
        if not size or not desc:
            return  # nobody has set it up
        who = self._own(answer) if keys is _OWN else self._told(answer)
        layout = QueueLayout(who.device, who.index, who.name, size, desc, avail, used, who.features, who.device_id)
        _check(layout)
        if self.layouts.setdefault((who.device, who.index), layout) is not layout:
            raise ValueError(f"{who.name} is told of twice")

    def _begin(self, status: Mapping[str, Any]) -> None:
        """The queues that follow are of this device."""
        self._status = status
        self._kind = type_name(str(status["name"]))
        self._name = f"{self._kind}{self._kinds[self._kind]}"
        self._kinds[self._kind] += 1
        self._devices[self._name] = len(self._devices)

    def _own(self, row: Mapping[str, Any]) -> "_Who":
        """A row of `rings` or `carve`."""
        device = self._devices.setdefault(str(row["device"]), len(self._devices))
        features = sum(_bit(str(each)) for each in row["features"])
        number = row.get("device_id") or device_id(self._options.device, self._options.dialect)
        return _Who(device, _place(row["index"]), str(row["queue"]), features, int(number))

    def _told(self, row: Mapping[str, Any]) -> "_Who":
        """A queue as QEMU tells of it; the status before it says of which device."""
        kind, index = type_name(str(row["name"])), _place(row["queue-index"]) if "queue-index" in row else 0
        if kind != self._kind or (self._devices[self._name], index) in self.layouts:
            self._begin({"name": row["name"]})
        guest = self._status.get("guest-features")
        features = int(Feature.VERSION_1) if guest is None else features_of(guest).bits & ~_TRANSPORT
        number = int(self._status.get("device-id", 0)) or _id_of(kind)
        label = queue_label(kind, index, self._options.dialect, int(self._status.get("num-vqs", 0)))
        return _Who(self._devices[self._name], index, f"{self._name}/{label}", features, number)


@dataclass(frozen=True)
class _Who:
    device: int
    index: int
    name: str
    features: int
    device_id: int


def read_rings(path: str, options: SourceOptions) -> tuple[QueueLayout, ...]:
    """The queues that a file tells of. Raises SourceError when it is no such file or tells of none."""
    file = EvidenceFile(path)
    machine = _Machine(options)
    try:
        for value in _values(file.read(0, MAX_READ).decode()):
            for answer in _objects(value):
                machine.hear(answer)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        why = " ".join(str(error).split())
        raise SourceError(f"{path}: does not say where rings are ({why}); save it with: {HOW}") from None
    if not machine.layouts:
        raise SourceError(f"{path}: tells of no ring; save it with: {HOW}")
    return tuple(machine.layouts.values())


def _values(text: str) -> Iterator[Any]:
    """The JSON values of a text, one after the other. Raises ValueError."""
    decoder, at = json.JSONDecoder(), _skip(text, 0)
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at


def _objects(value: Any) -> Iterator[Mapping[str, Any]]:
    """All objects in a value, from outside in and in their order."""
    if isinstance(value, dict):
        yield value
        value = [each for key, each in value.items() if key != "guest-features"]
    if isinstance(value, list):
        for each in value:
            yield from _objects(each)


def _number(value: Any) -> int:
    """`4096`, `"0x1000"`, and 0 for nothing. Raises ValueError, TypeError."""
    return int(value, 0) if isinstance(value, str) else int(value or 0)


def _place(value: Any) -> int:
    """A queue's number within its device. Raises ValueError, TypeError."""
    if not 0 <= int(value) < CONTROL_QUEUE:
        raise ValueError(f"a device has no queue {int(value)}")
    return int(value)


def _bit(name: str) -> int:
    """A feature bit by the name that `rings` gives it. Raises KeyError, ValueError."""
    return 1 << int(name[4:]) % 64 if re.fullmatch("bit [0-9]{1,2}", name) else int(Feature[name])


def _id_of(kind: str) -> int:
    with suppress(UsageError):
        return device_id(kind)
    return 0


def _check(layout: QueueLayout) -> None:
    """Raise ValueError for what no queue can be."""
    if not 0 < layout.size <= MAX_SIZE:
        raise ValueError(f"{layout.name} has a size of {layout.size} descriptors")
    if any(not 0 <= address < _ADDRESSES for address, _, _ in layout.parts):
        raise ValueError(f"{layout.name} lies at no guest-physical address")
    if not (0 <= layout.features < 1 << 64 and 0 <= layout.device_id < 1 << 32):
        raise ValueError(f"{layout.name} has features or a device ID that cannot be")
