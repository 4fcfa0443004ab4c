"""Keeps asking QEMU, in a thread of its own, so that looking at rings never waits for an answer."""

import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.qemu.device import DeviceState, Report
from vdmabuf_inspect.sources.qemu.features import Status
from vdmabuf_inspect.sources.qemu.guest import GuestMemory
from vdmabuf_inspect.sources.qemu.monitor import LostError, Monitor
from vdmabuf_inspect.sources.qemu.survey import NOTHING, Doubts, Survey

SOON, USUAL, SELDOM, RARELY = 0.05, 0.3, 1.0, 3.0
"""Seconds between two surveys: while a driver sets a device up, usually, when nothing has changed for long, and for
longer: what a reset leaves in memory is seen sooner and asked about at once.
"""
_LONG, _LONGER = 30, 36
"""Surveys without a change after which they become seldom, and rare."""
_MAP_SECONDS = 10.0
"""The memory map is asked for this often even when nothing says that it has changed."""
_WIDER_SECONDS = 1.0
"""Between questions about what changes seldom."""
_SETTLED = ("none", "completed", "failed", "cancelled")
"""States of a migration that is over."""
_AGAIN_SECONDS = 1.0
_PATIENCE = 2.0
_DYING_SECONDS = 1.0
"""A QEMU that ends closes its monitor before it is gone."""


class Lookout:
    """`report` is the latest survey. Connected and first asked when it is made."""

    def __init__(self, path: str, pid: int | None, presumed: int | None) -> None:
        """Raises SourceError with one line on what is wrong."""
        self._path = path
        self._monitor = Monitor(path)
        self.pid = pid or self._monitor.pid
        self.guest = GuestMemory(self._monitor, self.pid)
        self.reason = ""
        """Why QEMU ended, where it said so."""
        self._survey = Survey(self._monitor, presumed)
        self._presumed = presumed
        self._mapped = self._wider = -_MAP_SECONDS
        self._size: object = None
        self._calm = 0
        self._stopping = False
        self._doubts: Doubts = NOTHING
        self.ignored: frozenset[str] = frozenset()
        """Paths of devices that nobody watches."""
        try:
            self.report = self._take(Report(time.monotonic()))
        except BaseException:
            self._monitor.close()
            raise
        self._thread = threading.Thread(target=self._run, name="lookout", daemon=True)

    def start(self) -> None:
        """Keep asking."""
        self._thread.start()

    def ask(self, doubts: Doubts) -> None:
        """Ask now, for these queues by path in any case."""
        if doubts != self._doubts:
            self._doubts = doubts
            self._monitor.wake()

    def close(self) -> None:
        """Ask no more and disconnect. May be called again."""
        self._stopping = True
        self._monitor.wake()
        if self._thread.is_alive():
            self._thread.join(_PATIENCE)
        if not self._thread.is_alive():
            self._monitor.close()

    def _run(self) -> None:
        while not self._stopping and not self.report.over:
            try:
                self._monitor.wait(self._pause())
                self._note_events()
                if not self._stopping:
                    self._publish(self._take(self.report))
            except LostError as error:
                self._lost(error)
            except SourceError as error:  # memory cannot be read any more: say so, and ask again
                self._publish(replace(self.report, begun=time.monotonic(), problem=str(error)))
                time.sleep(_AGAIN_SECONDS)

    def _publish(self, report: Report) -> None:
        same = report.devices == self.report.devices and report.state == self.report.state
        self._calm = self._calm + 1 if same else 0
        self.report = report

    def _take(self, before: Report) -> Report:
        """Ask for everything there is to know."""
        begun, doubts = time.monotonic(), self._doubts
        devices = self._survey.take(doubts, self.ignored)
        if self._doubts is doubts:
            self._doubts = NOTHING
        state = str(self._monitor.execute("query-status")["status"])
        unusual = {state, before.state} != {"running"} or before.migration or begun - self._wider > _WIDER_SECONDS
        migration, size = self._wide(begun) if unusual or doubts else (before.migration, self._size)
        new = [d.set_up for d in devices] != [d.set_up for d in before.devices]
        if new or size != self._size or begun - self._mapped > _MAP_SECONDS:
            self.guest.refresh()
            self._size, self._mapped = size, begun
        self.guest.forget()
        return Report(begun, devices, state, migration, self.guest.changes, self.guest.translated)

    def _wide(self, begun: float) -> tuple[str, object]:
        """What changes seldom: a migration, the size of memory."""
        self._wider = begun
        migration = str(self._monitor.execute("query-migrate").get("status", ""))
        return "" if migration in _SETTLED else migration, self._monitor.execute("query-memory-size-summary")

    def _pause(self) -> float:
        if self._doubts:
            return 0.0
        if self._calm >= _LONG:
            return SELDOM if self._calm < _LONGER else RARELY
        return SOON if any(_setting_up(device) for device in self.report.devices) else USUAL

    def _note_events(self) -> None:
        """Something happened, whatever it was: ask for what usually changes seldom, too."""
        if "SHUTDOWN" in self._monitor.events:
            self.reason = "the guest or somebody shut it down"
        if self._monitor.events:
            self._wider = -_WIDER_SECONDS
            self._survey.relist()
        self._monitor.events.clear()

    def _lost(self, error: LostError) -> None:
        """The connection is gone: QEMU too, or it is looked for again."""
        self._note_events()
        if _gone(self.pid):
            self._publish(replace(self.report, begun=time.monotonic(), problem=str(error), over=True))
            return
        why = f"the QMP connection is lost while QEMU, process {self.pid}, goes on; trying again"
        self._publish(replace(self.report, begun=time.monotonic(), problem=why))
        self._monitor.close()
        with suppress(SourceError):
            self._connect()

    def _connect(self) -> None:
        monitor = Monitor(self._path)
        self._monitor = self.guest.monitor = monitor
        self._survey = Survey(monitor, self._presumed)


def _setting_up(device: DeviceState) -> bool:
    """A driver is at it, but has not finished."""
    return device.status is not None and bool(device.status) and not device.status & Status.DRIVER_OK


def _gone(pid: int) -> bool:
    """Whether the process is gone, or will be in a moment."""
    end = time.monotonic() + _DYING_SECONDS
    while _alive(pid) and time.monotonic() < end:
        time.sleep(SOON)
    return not _alive(pid)


def _alive(pid: int) -> bool:
    """Whether the process runs; one that has ended but was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (OSError, IndexError):
        return False
