"""From a producer's records to a capture. The producer, in whose hands a guest may be, never waits for the file."""

import threading

from vdmabuf_inspect.capture.writer import Recorder
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.base import Mode, Producer

_FLUSH_S = 0.02
_QUIET_S = 0.2
"""Between looks at whether the file can still be written while nothing comes."""
BACKLOG = 1 << 26
"""Bytes of records that may wait for the file."""
_ENTRIES = frozenset({EventKind.AVAILABLE, EventKind.USED})
_DROPPABLE = _ENTRIES | {EventKind.KICK, EventKind.CALL, EventKind.LOOK}


class Backlog:
    """Records that the file has not taken yet, `limit` bytes of them.

    Beyond that, ring events are dropped, and a GAP with their number stands in their place; with `wait` the
    producer waits instead, which only one that watches nothing alive may do.
    """

    def __init__(self, limit: int = BACKLOG, wait: bool = False) -> None:
        self._limit = limit
        self._wait = wait
        self._room = threading.Condition()
        self._records: list[Record] = []
        self._size = 0
        self._gaps: dict[tuple[int, int], Record] = {}
        self._closed = False
        self._some = threading.Event()

    def put(self, record: Record) -> None:
        """Add a record, or count it as missed."""
        with self._room:
            while self._wait and self._size >= self._limit and not self._closed:
                self._room.wait()
            if self._closed:
                return
            if self._size >= self._limit and record.kind in _DROPPABLE:
                self._drop(record)
                return
            if not self._records:
                self._some.set()
            missed = self._gaps.pop((record.device, record.queue), None)
            self._records += [record] if missed is None else [missed, record]
            self._size += _weight(record)

    def await_some(self, timeout_s: float) -> None:
        """Wait until there is something to take, or `wake`, or for so long."""
        self._some.wait(timeout_s)

    def wake(self) -> None:
        """End the waiting."""
        self._some.set()

    def take(self) -> list[Record]:
        """Everything that waits, in order."""
        with self._room:
            self._some.clear()
            taken, self._records = [*self._records, *self._gaps.values()], []
            self._gaps = {}
            self._size = 0
            self._room.notify_all()
        return taken

    def close(self) -> None:
        """Nobody takes anything any more."""
        with self._room:
            self._closed = True
            self._records, self._gaps = [], {}
            self._room.notify_all()

    def _drop(self, record: Record) -> None:
        key = (record.device, record.queue)
        missed = self._gaps[key].count if key in self._gaps else 0
        missed += record.kind in _ENTRIES
        self._gaps[key] = Record(EventKind.GAP, record.time_ns, *key, count=missed)


def _weight(record: Record) -> int:
    """Bytes of memory that a record takes, roughly."""
    return 512 + 128 * len(record.descriptors) + len(record.readable_bytes) + len(record.writable_bytes)


class Outlet:
    """Writes a backlog into a capture, in a thread, so that each record is in the file soon after it happened."""

    def __init__(self, producer: Producer, writer: Recorder, backlog: Backlog) -> None:
        self.error: InspectError | None = None
        self._producer = producer
        self._writer = writer
        self._backlog = backlog
        self._named: set[tuple[int, int]] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outlet", daemon=True)
        self._thread.start()

    def finish(self) -> None:
        """Write what is left. Raises InspectError when something could not be written."""
        self._over.set()
        self._backlog.wake()
        self._thread.join()
        if self.error is not None:
            raise self.error

    def _run(self) -> None:
        over = False
        try:
            while not over:
                self._backlog.await_some(_QUIET_S)
                over = self._over.wait(_FLUSH_S)
                for record in self._backlog.take():
                    self._name(record)
                    self._writer.write(record)
                self._writer.flush()
        except Exception as error:
            self.error = error if isinstance(error, InspectError) else _fault(error)
            self._backlog.close()
            self._producer.stop()

    def _name(self, record: Record) -> None:
        key, names = (record.device, record.queue), self._producer.queue_names
        if key not in self._named and key in names:
            self._named.add(key)
            self._writer.add_queue(*key, names[key])


def _fault(error: Exception) -> InspectError:
    return InspectError(f"internal error in recording: {type(error).__name__}: {error}; please report it")


def run_into(producer: Producer, writer: Recorder, backlog: int = BACKLOG) -> None:
    """Run a producer and write its records.

    Raises SourceError from the producer, and InspectError when the file cannot be written, which ends the producer.
    """
    waiting = Backlog(backlog, wait=producer.mode is not Mode.LIVE)
    outlet = Outlet(producer, writer, waiting)
    try:
        producer.run(waiting.put)
    finally:
        outlet.finish()


class Spool:
    """Runs a producer into a capture, in a thread, and closes it."""

    def __init__(self, producer: Producer, writer: Recorder) -> None:
        self.error: InspectError | None = None
        self._producer = producer
        self._writer = writer
        self._writer.flush()
        self._thread = threading.Thread(target=self._run, name="spool", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def done(self) -> bool:
        """The producer has returned and everything is in the file."""
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait for the end."""
        self._thread.join()

    def _run(self) -> None:
        try:
            run_into(self._producer, self._writer)
        except Exception as error:  # of ours it may be a bug: in one line, what was recorded stays
            self.error = error if isinstance(error, InspectError) else _fault(error)
        finally:
            self._writer.close()
