"""Opens a source as a session: a capture is read, a snapshot or live source is spooled into a capture and followed."""

import logging
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from vdmabuf_inspect.capture.batch import Batch
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.capture.writer import CaptureWriter, Recorder
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.rules.registry import Standing
from vdmabuf_inspect.session import catalogue
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.session.spool import Spool, run_into
from vdmabuf_inspect.session.writer import Writer
from vdmabuf_inspect.sources.base import CapturePath, Mode, Producer
from vdmabuf_inspect.sources.follow import GrowthWatch
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.track.events import events_of

assert catalogue

Progress = Callable[[float], None]
_IDLE_S = 0.02
_QUIET_S = 0.3
"""Between looks at a file that has not grown for a while, unless the file system says that it has."""
_SETTLED = 5
"""Pauses in a row after which the last look is over: its records may reach the file in two pieces."""
_FIRST_BATCH, _BATCH = 2048, 131072
"""Records read at once: few at first, so that there is something to look at soon."""


class Inspection:
    """One source being inspected. `session` is there at once; `run` fills it and may be called in a thread.

    mode: what kind of source it is. keep: where to leave the recording of a live source, None for nowhere.
    """

    def __init__(
        self,
        spec: str,
        options: SourceOptions | None = None,
        settings: Settings | None = None,
        keep: Path | None = None,
    ) -> None:
        """Open the source. Raises SourceError or UsageError."""
        self.spec = spec
        self.source: Producer | CapturePath = open_source(spec, options)
        self.session = Session(spec, settings or Settings())
        self.mode = Mode.CAPTURE if isinstance(self.source, CapturePath) else self.source.mode
        self.error: InspectError | None = None
        self.recorder: Callable[[Path], Recorder] = CaptureWriter
        """Makes what a live source is spooled with."""
        self.judged: Callable[[], None] = lambda: None
        """Called by whoever runs this whenever the session holds, and the rules have judged, what was read."""
        self._keep = keep
        self._named: set[int] = set()
        self._idle = 0
        self._growth: GrowthWatch | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def run(self, progress: Progress | None = None) -> None:
        """Read to the end, or until `stop`. Raises SourceError when nothing can be read."""
        if isinstance(self.source, CapturePath):
            with CaptureFile(self.source.path, follow=self.growing) as capture, ExitStack() as stack:
                self._growth = stack.enter_context(GrowthWatch(self.source.path)) if self.growing else None
                self._pump(capture, progress, self._complete)
            return
        self._run_producer(self.source, progress)

    def start(self, progress: Progress | None = None) -> None:
        """Run in a thread; an error is kept in `error` and in the session's `problem`."""
        self._thread = threading.Thread(target=self._guarded, args=(progress,), name="inspection", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """End a live source in good order and wait for the last events."""
        self._stop.set()
        if isinstance(self.source, CapturePath):
            if self.source.copying is not None:
                self.source.copying.stop()
        else:
            self.source.stop()
        if self._thread is not None:
            self._thread.join(timeout_s)

    @property
    def growing(self) -> bool:
        """Whether more may come as we look: a live source, a stream, a capture file that is followed."""
        if isinstance(self.source, CapturePath):
            return self.source.follow
        return self.mode is Mode.LIVE

    @property
    def running(self) -> bool:
        """Whether what `start` began still goes on."""
        return self._thread is not None and self._thread.is_alive()

    def status(self) -> str:
        """One line about the source."""
        if isinstance(self.source, CapturePath):
            doing = "following " if self.growing else ""
            return self.session.problem or f"{doing}{self.source.name}"
        return self.source.status()

    def _guarded(self, progress: Progress | None) -> None:
        try:
            self.run(progress)
        except InspectError as error:
            self._fail(error)
        except Exception as error:  # a bug of ours: what was read so far stays on the screen, with one line
            logging.getLogger(__name__).exception("reading %s", self.spec)
            self._fail(InspectError(f"{self.spec}: internal error: {type(error).__name__}: {error}; please report it"))

    def _fail(self, error: InspectError) -> None:
        self.error = error
        self.session.problem = str(error)
        self.session.finished = True

    def _complete(self) -> bool:
        """Nothing more will come: the stream has ended, or nobody has the followed file open for writing."""
        copying = self.source.copying if isinstance(self.source, CapturePath) else None
        if copying is not None:
            return copying.done
        return self._growth is not None and self._growth.ended

    def _run_producer(self, producer: Producer, progress: Progress | None) -> None:
        """Spool what the producer writes, and read the spool as it grows."""
        with tempfile.TemporaryDirectory(prefix="vdmabuf-inspect-") as folder:
            path = self._keep or Path(folder) / "spool.pcapng"
            if producer.mode is Mode.SNAPSHOT:
                with CaptureWriter(path) as writer:
                    run_into(producer, writer)
                with CaptureFile(path) as capture:
                    self._pump(capture, progress, self._stop.is_set)
                return
            spool = Spool(producer, self.recorder(path))
            spool.start()
            with CaptureFile(path, follow=True) as capture:
                self._pump(capture, progress, spool.done)
            spool.join()
            if spool.error is not None:
                raise spool.error

    def _pump(self, capture: CaptureFile, progress: Progress | None, done: Callable[[], bool]) -> None:
        writer, limit = Writer(self.session), _FIRST_BATCH
        while True:
            ended = done()
            over = ended or (self._stop.is_set() and self.mode is not Mode.LIVE)
            batch = capture.read(limit)
            limit = min(4 * limit, _BATCH)
            if batch is None:
                break
            if len(batch):
                self._name(capture, batch)
                self._idle = 0
                writer.consume(batch)
                self._advance(capture, progress)
                self.judged()
            elif ended and capture.follow and (self.session.seq or writer.pending):
                capture.follow = False  # nothing more will come: what is left at the end is damage
            elif over:
                break
            else:
                self._wait(writer)
        self._conclude(capture, writer)

    def _wait(self, writer: Writer) -> None:
        self._idle += 1
        if self._idle == _SETTLED:
            writer.flush()
        if self.mode is Mode.LIVE:
            writer.tick(time.time_ns())
        self.judged()
        if self._growth is not None and self._idle > _SETTLED:
            self._growth.wait(_QUIET_S)
        else:
            time.sleep(_IDLE_S)

    def _name(self, capture: CaptureFile, batch: Batch) -> None:
        """Queues are called what their interface is called."""
        if len(self._named) == len(capture.interfaces):
            return
        numbers, first = np.unique(batch.interface, return_index=True)
        headers = events_of(batch.store.words, 0, batch.time_ns[first], batch.offset[first], batch.size[first])
        for number, device, queue in zip(
            numbers.tolist(), headers.device.tolist(), headers.queue.tolist(), strict=True
        ):
            self._named.add(number)
            self.session.queues.name(device, queue, capture.interfaces[number].name)

    def _advance(self, capture: CaptureFile, progress: Progress | None) -> None:
        self.session.progress = capture.progress
        if progress is not None:
            progress(capture.progress)

    def _conclude(self, capture: CaptureFile, writer: Writer) -> None:
        session = self.session
        writer.flush()
        session.notes = dict(capture.notes)
        if capture.truncated_at is not None:
            damage = capture.truncated_at
            session.problem = f"{self.spec}: {damage.reason} at byte {damage.offset}; {session.seq} events were kept"
            last = len(session.events) - 1
            session.tool.truncated.append(Standing(last, -1, a=session.tool.note(session.problem)))
        writer.finish()
        self.judged()


def inspect(
    spec: str, options: SourceOptions | None = None, settings: Settings | None = None, progress: Progress | None = None
) -> Session:
    """Read a capture or a snapshot whole. Raises SourceError or UsageError."""
    inspection = Inspection(spec, options, settings)
    inspection.run(progress)
    return inspection.session
