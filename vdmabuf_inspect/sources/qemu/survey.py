"""What QEMU says of its virtio devices: identity, status, features, and where their queues lie.

Two questions are dangerous. `x-query-virtio-queue-status` stops a running vhost ring for good, so a device that is or
may become a vhost one is only asked by `x-query-virtio-vhost-queue-status`. `x-query-virtio-status` aborts QEMU for a
device type that it has no words for (7.2 and later: i2c), so only known types are asked.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.sources.devices import device_id, device_name
from vdmabuf_inspect.sources.qemu.device import DeviceState, QueueState
from vdmabuf_inspect.sources.qemu.features import Status, features_of, status_of
from vdmabuf_inspect.sources.qemu.monitor import Monitor, RefusedError

_TYPES = {"virtio-serial": "console", "virtio-user-fs": "fs", "virtio-dmabuf": "vdmabuf"}
"""QEMU's names of device types that are not ours with a prefix."""
_PREFIX = re.compile(r"(vhost|virtio)-(user-)?")
_ASKABLE = frozenset({
    "virtio-net", "virtio-blk", "virtio-serial", "virtio-rng", "virtio-balloon", "virtio-scsi", "virtio-9p",
    "virtio-gpu", "virtio-input", "vhost-vsock", "virtio-vsock", "virtio-crypto", "virtio-iommu", "virtio-mem",
    "virtio-sound", "virtio-user-fs", "vhost-user-fs", "virtio-pmem", "virtio-gpio", "virtio-dmabuf", "virtio-can",
    "virtio-rpmb", "virtio-scmi", "virtio-bluetooth",
})  # fmt: skip
"""Device types whose status can be asked for without aborting QEMU."""
_NOT_VHOST = "Invalid vhost virtqueue number"
"""The refusal for a queue that stays with QEMU while others are vhost's: the control queue."""
_MOST_QUEUES = 1024
_FULL_EVERY = 32
"""Surveys between those that ask for every queue of a device, and not only for one of those in use in turn."""
_LIST_EVERY = 4
"""Surveys between those that ask for devices that were not there before."""

Doubts = Mapping[str, Collection[int]]
NOTHING: Doubts = {}


class Survey:
    """Asks again and again. `presumed`: acknowledged features of devices whose features may not be asked for."""

    def __init__(self, monitor: Monitor, presumed: int | None = None) -> None:
        self._monitor = monitor
        self._presumed = int(Feature.VERSION_1) if presumed is None else presumed
        self._before: Mapping[str, DeviceState] = {}
        self._listed: list[tuple[str, str]] = []
        self._doubts: Doubts = {}
        self._vhost: dict[str, bool] = {}
        self._turn = self._list_at = 0

    def relist(self) -> None:
        """Ask for new devices the next time."""
        self._list_at = 0

    def take(self, doubts: Doubts = NOTHING, ignored: Collection[str] = ()) -> tuple[DeviceState, ...]:
        """All devices, in order of their paths. Of those that are `ignored` only path and type are told.

        `doubts`: queues to ask for in any case, by path. Raises LostError; RefusedError from QEMU before 7.2.
        """
        if self._turn >= self._list_at or doubts:
            self._list_at = self._turn + _LIST_EVERY
            self._listed = sorted(self._list(), key=lambda device: _natural(device[0]))
        found: dict[str, DeviceState] = {}
        self._doubts = doubts
        for path, kind in self._listed:
            with suppress(RefusedError):  # unplugged meanwhile
                found[path] = DeviceState(path, kind) if path in ignored else self._device(path, kind)
        self._turn += 1
        self._before = found
        return tuple(found.values())

    def _list(self) -> list[tuple[str, str]]:
        try:
            return [(each["path"], each["name"]) for each in self._monitor.execute("x-query-virtio")]
        except RefusedError as error:
            if error.kind != "CommandNotFound":
                return []  # it has none
            major, minor = self._monitor.version
            raise RefusedError(
                f"{self._monitor.path}: QEMU {major}.{minor} cannot list virtio devices; it takes 7.2 or later",
                error.kind,
            ) from None

    def _device(self, path: str, kind: str) -> DeviceState:
        if kind not in _ASKABLE:
            return self._unasked(path, kind)
        reply = self._monitor.execute("x-query-virtio-status", path=path)
        status, count = status_of(reply["status"]), int(reply["num-vqs"])
        state = DeviceState(
            path, kind, int(reply["device-id"]), status, features_of(reply["guest-features"]).bits & ~_TRANSPORT,
            features_of(reply["host-features"]).bits & ~_TRANSPORT, count, bool(reply["vhost-started"]),
            reply["device-endian"] == "big",
        )  # fmt: skip
        return state.with_queues(self._queues(state)) if status & Status.DRIVER_OK else state

    def _unasked(self, path: str, kind: str) -> DeviceState:
        """A device of which only the queues may be asked for."""
        number = 0
        with suppress(UsageError):
            number = device_id(type_name(kind))
        state = DeviceState(path, kind, number, acknowledged=self._presumed)
        return state.with_queues(self._queues(state))

    def _queues(self, state: DeviceState) -> tuple[QueueState, ...]:
        """The queues that are set up."""
        before = self._before.get(state.path)
        if before is not None and self._turn % _FULL_EVERY and before.like(state):
            again = self._again(state, before.queues)
            if again is not None:
                return again
        return tuple(self._all(state))

    def _all(self, state: DeviceState) -> Iterator[QueueState]:
        for index in range(state.count or _MOST_QUEUES):
            try:
                queue = self._queue(state, index)
            except RefusedError:
                if not state.count:
                    return  # there is no such queue
                continue
            if queue.desc and queue.size:
                yield queue

    def _again(self, state: DeviceState, queues: tuple[QueueState, ...]) -> tuple[QueueState, ...] | None:
        """Those in use before, one of them and those in doubt asked for; None when that is not as it was."""
        known = {queue.index: queue for queue in queues}
        asked = self._doubts.get(state.path, ()) or [queues[self._turn % len(queues)].index]
        try:
            now = {index: self._queue(state, index) for index in asked if index in known}
        except RefusedError:
            return None
        if any(queue.place != known[index].place for index, queue in now.items()):
            return None
        return tuple((known | now).values())

    def _queue(self, state: DeviceState, index: int) -> QueueState:
        """One queue. Raises RefusedError for one that there is not, or that is not set up."""
        if state.vhost or self._may_be_vhost(state):
            try:
                reply = self._ask("x-query-virtio-vhost-queue-status", state, index)
                return QueueState(index, reply["num"], reply["desc-phys"], reply["avail-phys"], reply["used-phys"])
            except RefusedError as error:
                if not state.vhost or _NOT_VHOST not in str(error):
                    raise
        reply = self._ask("x-query-virtio-queue-status", state, index)
        return QueueState(
            index, reply["vring-num"], reply["vring-desc"], reply["vring-avail"], reply["vring-used"], reply["used-idx"]
        )

    def _may_be_vhost(self, state: DeviceState) -> bool:
        """Whether somebody else may take its queues over at any time."""
        if state.path not in self._vhost:
            kind = str(self._monitor.execute("qom-get", path=state.path, property="type"))
            peers = self._monitor.human("info network") if state.kind == "virtio-net" else ""
            self._vhost[state.path] = kind.startswith("vhost") or "vhost" in peers
        return self._vhost[state.path]

    def _ask(self, command: str, state: DeviceState, index: int) -> Any:
        return self._monitor.execute(command, path=state.path, queue=index)


_TRANSPORT = int(Feature.PROTOCOL_FEATURES)
"""A bit of the vhost-user protocol, not of the device."""


def type_name(kind: str) -> str:
    """Our name of a device type for QEMU's: `block` for `virtio-blk`."""
    plain = _TYPES.get(kind) or _PREFIX.sub("", kind, count=1)
    with suppress(UsageError):
        return device_name(plain)
    return plain


def _natural(path: str) -> list[tuple[int, str]]:
    """Paths in the order in which a person counts: device[2] before device[10]."""
    return [(int(part), "") if part.isdecimal() else (0, part) for part in re.split(r"(\d+)", path)]
