"""Opens a source as a session: a capture is read, a snapshot or live source is spooled into a capture and followed."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.capture.writer import CaptureWriter, Recorder
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.session.reading import Reading
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.sources.base import Attached, CapturePath, Mode, Producer
from vdmabuf_inspect.sources.follow import GrowthWatch
from vdmabuf_inspect.sources.open import is_uri, open_memory, open_source
from vdmabuf_inspect.sources.options import SourceOptions

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

    from vdmabuf_inspect.session.apart import Apart

Progress = Callable[[float], None]
_IDLE_S = 0.05
_QUIET_S = 0.3
"""Between looks at a file that has not grown for a while, unless the file system says that it has."""


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
        apart: bool = False,
    ) -> None:
        """Open the source. Raises InspectError.

        apart: a live one runs in a process of its own, which begins here, as a copy: there must be no threads yet.
        """
        self.spec = spec
        self._keep = keep
        self._folder: TemporaryDirectory[str] | None = None
        self._path: Path | None = None
        self._apart: Apart | None = None
        self.dump = open_memory(options.memory) if options and options.memory else None
        """The guest's memory as it was dumped, where a dump was given beside the source."""
        self.session = Session(spec, settings or Settings())
        self.source: Producer | CapturePath = self._open(options, apart)
        self.mode = Mode.CAPTURE if isinstance(self.source, CapturePath) else self.source.mode
        self.error: InspectError | None = None
        self.recorder: Callable[[Path], Recorder] = CaptureWriter
        """Makes what a live source is spooled with."""
        self.precious = True
        """Whether the recording of a live source is worth a question before it goes with this program."""
        self.judged: Callable[[], None] = lambda: None
        """Called by whoever runs this whenever the session holds, and the rules have judged, what was read."""
        self._again = threading.Event()
        self._growth: GrowthWatch | None = None
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def run(self, progress: Progress | None = None) -> None:
        """Read to the end, or until `stop`. Raises SourceError when nothing can be read."""
        if isinstance(self.source, CapturePath):
            self._path = self.source.path
            with ExitStack() as stack:
                self._growth = stack.enter_context(GrowthWatch(self._path)) if self.growing else None
                self._read(self.growing, progress, self._complete)
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

    def again(self) -> None:
        """Judge and decode everything anew, after `start`: what does it has changed.

        `session` stays what it is until another one has come as far.
        """
        if self.running:
            self._again.set()
        elif self._path is not None:
            self._thread = threading.Thread(target=self._guarded_again, name="inspection", daemon=True)
            self._thread.start()

    @property
    def growing(self) -> bool:
        """Whether more may come as we look: a live source, a stream, a capture file that is followed."""
        if isinstance(self.source, CapturePath):
            return self.source.follow
        return self.mode is Mode.LIVE

    @property
    def recording(self) -> Path | None:
        """The capture that is read, or that a live source or a snapshot is written into; None before there is one."""
        return self._path

    @property
    def passing(self) -> bool:
        """Whether the recording goes with this program: nobody asked to keep it."""
        return not isinstance(self.source, CapturePath) and self._path is not None and self._keep is None

    @property
    def kept(self) -> Path | None:
        """Where the recording of a live source is left."""
        return self._keep

    @property
    def glance_ns(self) -> int | None:
        """How long to look at a live source whose present state is asked for; None: until it ends."""
        return int(self.source.glance * 1e9) if isinstance(self.source, Attached) else None

    @property
    def running(self) -> bool:
        """Whether what `start` began still goes on."""
        return self._thread is not None and self._thread.is_alive()

    @property
    def memory(self) -> Memory | None:
        """Guest memory: the dump that was given, else where the source can read it now."""
        if self.dump is not None:
            return self.dump
        return None if isinstance(self.source, CapturePath) else self.source.memory

    def status(self) -> str:
        """One line about the source."""
        if isinstance(self.source, CapturePath):
            doing = "following " if self.growing else ""
            return self.session.problem or f"{doing}{self.source.name}"
        return self.source.status()

    def _guarded(self, progress: Progress | None) -> None:
        self._safely(lambda: self.run(progress))

    def _guarded_again(self) -> None:
        self._safely(self._read_ended)

    def _read_ended(self) -> None:
        """Read what has ended once more."""
        assert self._path is not None
        session = Session(self.spec, self.session.settings)
        with CaptureFile(self._path) as capture:
            reading = Reading(capture, session)
            while reading.step():
                pass
            reading.conclude(self.spec)
        self.session = session
        self.judged()

    def _safely(self, work: Callable[[], None]) -> None:
        try:
            work()
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

    def _open(self, options: SourceOptions | None, apart: bool) -> Producer | CapturePath:
        """The source, or as much of it as is here."""
        if not apart or not is_uri(self.spec):
            return open_source(self.spec, options)
        from vdmabuf_inspect.session.apart import open_apart

        self._apart = open_apart(self.spec, options, self._place(), self._walked)
        return self._apart or open_source(self.spec, options)

    def _place(self) -> Path:
        """Where the source is recorded."""
        from tempfile import TemporaryDirectory

        if self._keep is not None:
            return self._keep
        self._folder = self._folder or TemporaryDirectory(prefix="vdmabuf-inspect-")
        return Path(self._folder.name) / "spool.pcapng"

    def _walked(self, producer: Producer) -> Producer:
        """The producer, and the pages behind what is exported, where messages are looked at."""
        if not self.session.settings.messages:
            return producer
        from vdmabuf_inspect.sources.page_walk import PageWalk

        return PageWalk(producer, self.session.settings.dialect)

    def _run_producer(self, producer: Producer, progress: Progress | None) -> None:
        """Spool what the producer writes, and read the spool as it grows."""
        from vdmabuf_inspect.session.spool import Spool, run_into

        path = self._path = self._place()
        if producer.mode is Mode.SNAPSHOT:
            with CaptureWriter(path) as writer:
                run_into(self._walked(producer), writer)
            self._read(False, progress, self._stop.is_set)
            return
        spool = self._apart or Spool(self._walked(producer), self.recorder(path))
        spool.start()
        self._read(True, progress, spool.done)
        spool.join()
        if spool.error is not None:
            raise spool.error

    def _read(self, follow: bool, progress: Progress | None, done: Callable[[], bool]) -> None:
        """Read the capture to its end; from its beginning into another session whenever `again` was called."""
        assert self._path is not None
        session = self.session
        while True:
            self._again.clear()
            with CaptureFile(self._path, follow=follow) as capture:
                reading = Reading(capture, session)
                if self._pump(reading, progress, done):
                    reading.conclude(self.spec)
                    self.session = session
                    self.judged()
                    return
            session = Session(self.spec, self.session.settings)

    def _pump(self, reading: Reading, progress: Progress | None, done: Callable[[], bool]) -> bool:
        """Read on until nothing more will come; False when it is to be done again."""
        while not self._again.is_set():
            ended = done()
            over = ended or (self._stop.is_set() and self.mode is not Mode.LIVE)
            if reading.step():
                self._advance(reading, progress)
            elif reading.damaged:
                return True
            elif ended and reading.capture.follow and reading.begun:
                reading.capture.follow = False  # nothing more will come: what is left at the end is damage
            elif over:
                return True
            else:
                self._wait(reading)
        return False

    def _wait(self, reading: Reading) -> None:
        reading.pause(self.mode is Mode.LIVE)
        self._show(reading.session)
        self.judged()
        if self._growth is not None and reading.settled:
            self._growth.wait(_QUIET_S)
        else:
            time.sleep(_IDLE_S)

    def _advance(self, reading: Reading, progress: Progress | None) -> None:
        self._show(reading.session)
        self.judged()
        if progress is not None:
            progress(reading.capture.progress)

    def _show(self, session: Session) -> None:
        """Another session takes the place of the one before when it has come as far."""
        if session.seq >= self.session.seq:
            self.session = session


def inspect(
    spec: str, options: SourceOptions | None = None, settings: Settings | None = None, progress: Progress | None = None
) -> Session:
    """Read a capture or a snapshot whole. Raises SourceError or UsageError."""
    inspection = Inspection(spec, options, settings)
    inspection.run(progress)
    return inspection.session
