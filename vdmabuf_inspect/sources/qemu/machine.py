"""A QEMU guest watched from outside: QMP says where its rings are, its memory says what they do."""

import time
from collections.abc import Iterable, Mapping
from threading import Event

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.base import Mode, Write
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.pace import Pace
from vdmabuf_inspect.sources.qemu.device import DeviceState, Report
from vdmabuf_inspect.sources.qemu.follower import Follower, Identity, obstacle
from vdmabuf_inspect.sources.qemu.lookout import Lookout
from vdmabuf_inspect.sources.qemu.survey import type_name

_REST_SECONDS = 0.02
"""Between glances at what QEMU says while no queue is in use."""


Key = tuple[str, str]
"""A device's path and type: another type of device in the same place is another one."""

_SLEEP_BELOW = 0.001
"""Shorter pauses are slept: waiting for an event costs more."""


class Machine:
    """A live producer. Connected from the moment it is made."""

    mode = Mode.LIVE
    glance = 1.0

    def __init__(self, name: str, lookout: Lookout, options: SourceOptions, wanted: str = "") -> None:
        """`wanted`: watch only devices of this name, type or path. Raises SourceError when there is none such."""
        self.name = name
        self.queue_names: Mapping[tuple[int, int], str] = {}
        self._lookout = lookout
        self._options = options
        self._wanted = wanted
        self._identities: dict[Key, Identity] = {}
        self._followers: dict[Key, Follower] = {}
        self._report: Report | None = None
        self._ended = Event()
        self._now = 0
        self._told = ""
        self._meet(lookout.report.devices)
        if wanted and not self._followers:
            raise SourceError(f"{name}: no such device; there is {self._present() or 'no virtio device at all'}")

    @property
    def memory(self) -> Memory | None:
        """Guest memory; None while it may not be read."""
        return self._lookout.guest.memory if self._lookout.report.readable else None

    def status(self) -> str:
        """The guest's state, what is watched, how memory is read, what is not watched and why."""
        if self._told:
            return self._told
        report, guest = self._lookout.report, self._lookout.guest
        in_use = [(self._identities[key].name, d) for key, d in self._followed(report) if d.running]
        notes = [f"{name} {obstacle(device, report)}" for name, device in in_use if obstacle(device, report)]
        watched = [len(device.queues) for _, device in in_use if not obstacle(device, report)]
        missed = sum(follower.seen.missed for follower in self._followers.values())
        parts = [
            f"QEMU, process {self._lookout.pid}, {report.state}", report.migration and f"migration {report.migration}",
            _watching(watched), guest.how, *notes, missed and f"{missed} ring entries missed", report.problem,
        ]  # fmt: skip
        return "; ".join(str(part) for part in parts if part)

    def run(self, write: Write) -> None:
        """Watch until `stop`, or until QEMU ends, which is said by `status`."""
        pace = Pace(self._options.poll)
        try:
            self._lookout.start()
            while not self._ended.is_set() and not self._lookout.report.over:
                self._turn(write, pace)
            self._finish(write)
        finally:
            self.close()

    def stop(self) -> None:
        """Make `run` return."""
        self._ended.set()

    def close(self) -> None:
        """Disconnect; `run` does it at its end."""
        self._lookout.close()

    def _turn(self, write: Write, pace: Pace) -> None:
        """Hear what QEMU says, look, wait."""
        report = self._lookout.report
        if report is not self._report:
            self._hear(report, write)
        pace.begin()
        busy = hopeless = False
        for follower in self._followers.values():
            busy |= self._put(follower.look(self._clock()), write) and follower.seen.busy
            hopeless |= follower.seen.hopeless
        doubts = {path: f.doubts for (path, _), f in self._followers.items() if f.doubts}
        if doubts:
            self._lookout.ask(doubts)
        pace.hurry(hopeless) if busy else pace.slow(kicked=False)
        watching = any(len(follower.seen) for follower in self._followers.values())
        self._wait(pace.pause if watching else _REST_SECONDS)

    def _hear(self, report: Report, write: Write) -> None:
        """A new survey: devices come, go, are reset, set up."""
        self._report = report
        self._meet(report.devices)
        present = dict(self._followed(report))
        names: dict[tuple[int, int], str] = {}
        told: list[Record] = []
        for key, follower in self._followers.items():
            told += follower.tell(present.get(key), report, self._clock())
            names |= follower.names()
        if not names.items() <= self.queue_names.items():
            self.queue_names = {**self.queue_names, **names}
        self._put(told, write)

    def _meet(self, devices: Iterable[DeviceState]) -> None:
        """Give every device that is new its number and name."""
        for device in devices:
            key, kind = _key(device), type_name(device.kind)
            if key in self._identities:
                continue
            count = sum(each.kind == kind for each in self._identities.values())
            identity = self._identities[key] = Identity(len(self._identities), kind, f"{kind}{count}")
            if not self._wanted or self._wanted in _names(device, identity):
                self._followers[key] = Follower(identity, self._lookout.guest.memory, self._options.snaplen)
            else:
                self._lookout.ignored |= {device.path}

    def _finish(self, write: Write) -> None:
        """The end of QEMU, or of watching."""
        over = self._lookout.report.over
        for follower in self._followers.values():
            last = follower.look(self._clock()) if over else follower.leave(self._clock())
            self._put([*last, *follower.end(self._clock())] if over else last, write)
        if over:
            reason = f" ({self._lookout.reason})" if self._lookout.reason else ""
            self._told = f"QEMU, process {self._lookout.pid}, has ended{reason}"

    def _put(self, records: list[Record], write: Write) -> bool:
        for record in records:
            write(record)
        return bool(records)

    def _wait(self, seconds: float) -> None:
        if seconds >= _SLEEP_BELOW:
            self._ended.wait(seconds)
        elif seconds > 0:
            time.sleep(seconds)

    def _clock(self) -> int:
        """Nanoseconds since the epoch, never going back."""
        self._now = max(self._now, time.time_ns())
        return self._now

    def _followed(self, report: Report) -> list[tuple[Key, DeviceState]]:
        return [(_key(device), device) for device in report.devices if _key(device) in self._followers]

    def _present(self) -> str:
        """All devices by name and path."""
        return ", ".join(f"{each.name} ({path})" for (path, _), each in self._identities.items())

    def __del__(self) -> None:
        if hasattr(self, "_lookout"):
            self.close()


def _key(device: DeviceState) -> Key:
    return device.path, device.kind


def _names(device: DeviceState, identity: Identity) -> set[str]:
    """Everything that a device may be asked for by: type, name, path, QEMU's own ID of it."""
    path = device.path.removesuffix("/virtio-backend")
    return {identity.kind, identity.name, device.kind, device.path, path, path.rpartition("/")[2]}


def _watching(queues: list[int]) -> str:
    total = sum(queues)
    if not total:
        return "no queue is in use"
    of = f" of {len(queues)} devices" if len(queues) > 1 else ""
    return f"watching {total} queue{'s' * (total != 1)}{of}"
