"""A live source in a process of its own: it looks all the time, and a screen beside it would wait for the interpreter.

What it sees comes from there in the recording. A pipe carries the rest: when to begin and to end, how it stands, and
guest memory that is asked for.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import NamedTuple

from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.errors import InspectError, PluginError, SourceError, UsageError
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.session.spool import Spool
from vdmabuf_inspect.sources.base import CapturePath, Mode, Producer, Write
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import SourceOptions

_LOOK_S = 0.05
"""Between looks at how the source stands."""
_PATIENCE_S = 2.0
"""For bytes of guest memory, and for a process that is to end."""
_SENT = (InspectError, SourceError, UsageError, PluginError)
"""Errors that go through a pipe as they are."""


class _Standing(NamedTuple):
    """How a source stands. regions: (gpa, size) of the guest memory that can be read now, None for none."""

    status: str
    regions: tuple[tuple[int, int], ...] | None


class _Ask(NamedTuple):
    """For `size` bytes of guest memory."""

    number: int
    gpa: int
    size: int


class _Bytes(NamedTuple):
    """What was asked for, as much as there is."""

    number: int
    data: bytes


class _Over(NamedTuple):
    """The source has ended and everything is in the recording, or could not be opened."""

    error: InspectError | None


class _Begin(NamedTuple):
    """Begin."""


class _Stop(NamedTuple):
    """End in good order."""


class Apart:
    """A source as it is seen from here: a producer that runs elsewhere, and the spool that it runs into."""

    mode: Mode = Mode.LIVE

    def __init__(self, name: str, link: Connection, process: ForkProcess, standing: _Standing) -> None:
        """Made by `open_apart`."""
        self.name = name
        self.queue_names: Mapping[tuple[int, int], str] = {}
        """None: they are in the recording."""
        self.error: InspectError | None = None
        self._link = link
        self._process = process
        self._standing = standing
        self._memory = self._map(standing)
        self._bytes: SimpleQueue[_Bytes] = SimpleQueue()
        self._sending, self._asking = threading.Lock(), threading.Lock()
        self._asked = 0
        self._over = threading.Event()
        threading.Thread(target=self._hear, name="apart", daemon=True).start()

    @property
    def memory(self) -> Memory | None:
        """Guest memory, each read of which is asked for over there."""
        return self._memory

    def status(self) -> str:
        """The source's, a moment ago."""
        return self._standing.status

    def run(self, write: Write) -> None:
        """It runs into its own recording. Raises RuntimeError."""
        raise RuntimeError(f"{self.name}: runs in a process of its own")

    def start(self) -> None:
        """Begin."""
        self._send(_Begin())

    def stop(self) -> None:
        """End in good order. May be called more than once."""
        self._send(_Stop())

    def done(self) -> bool:
        """The source has returned and everything is in the recording."""
        return self._over.is_set()

    def join(self) -> None:
        """Wait for the end."""
        self._over.wait()
        self._process.join(_PATIENCE_S)

    def _send(self, message: object) -> None:
        with self._sending, suppress(OSError):  # it may be gone already
            self._link.send(message)

    def _hear(self) -> None:
        message: object = None
        with suppress(EOFError, OSError):
            while not isinstance(message, _Over):
                message = self._link.recv()
                if isinstance(message, _Bytes):
                    self._bytes.put(message)
                elif isinstance(message, _Standing):
                    self._standing, self._memory = message, self._map(message)
        if isinstance(message, _Over):
            self.error = message.error
        else:
            self._process.join(_PATIENCE_S)
            why = f"the process that watched it is gone (exit code {self._process.exitcode})"
            self.error = InspectError(f"{self.name}: {why}; the recording ends there")
        self._memory = None
        self._over.set()

    def _map(self, standing: _Standing) -> Memory | None:
        if standing.regions is None:
            return None
        return Memory(Segment(gpa, size, partial(self._read, gpa)) for gpa, size in standing.regions)

    def _read(self, gpa: int, offset: int, size: int) -> bytes:
        """Up to `size` bytes; none where no answer comes."""
        with self._asking:
            self._asked += 1
            self._send(_Ask(self._asked, gpa + offset, size))
            with suppress(Empty):
                while (told := self._bytes.get(timeout=_PATIENCE_S)).number != self._asked:
                    pass
                return told.data
        return b""


def open_apart(
    name: str, options: SourceOptions | None, path: Path, walked: Callable[[Producer], Producer]
) -> Apart | None:
    """Open a source in a process of its own; None for one that is not live, which has to be opened here.

    To be called before there are threads: the process begins as a copy of this one. path: the recording. walked: what
    stands between the source and its recording. Raises InspectError.
    """
    context = get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(
        target=_serve,
        args=(partial(_open, name, options, path, walked), theirs, ours),
        name=f"watching {name}",
        daemon=True,
    )
    process.start()
    theirs.close()
    try:
        first = ours.recv()
    except EOFError:
        raise InspectError(f"{name}: the process that opened it is gone") from None
    if isinstance(first, _Standing):
        return Apart(name, ours, process, first)
    process.join()
    if first.error is not None:
        raise first.error
    return None


def _open(
    name: str, options: SourceOptions | None, path: Path, walked: Callable[[Producer], Producer]
) -> tuple[Producer, Spool] | None:
    source = open_source(name, options)
    if isinstance(source, CapturePath) or source.mode is not Mode.LIVE:
        return None
    return source, Spool(walked(source), CaptureWriter(path))


def _serve(open_it: Callable[[], tuple[Producer, Spool] | None], link: Connection, other: Connection) -> None:
    """In the process of its own: no signal of the terminal comes here, and it has its own share of the processors."""
    other.close()
    os.setsid()
    try:
        opened = open_it()
        over = _Over(None) if opened is None else _Server(*opened, link).run()
    except Exception as error:
        over = _Over(_told(error))
    with suppress(OSError):  # whoever is gone cannot be told
        link.send(over)


def _told(error: Exception) -> InspectError:
    """The error as it can be sent."""
    if isinstance(error, InspectError):
        return error if type(error) in _SENT else InspectError(str(error))
    logging.getLogger(__name__).error("watching", exc_info=error)
    return InspectError(f"internal error in watching: {type(error).__name__}: {error}; please report it")


class _Server:
    """Answers what is asked about a source, until it has ended; it ends when nobody asks any more."""

    def __init__(self, producer: Producer, spool: Spool, link: Connection) -> None:
        self._producer = producer
        self._spool = spool
        self._link = link
        self._begun = self._stopping = False
        self._told: _Standing | None = None

    def run(self) -> _Over:
        """Until the end."""
        signal.signal(signal.SIGTERM, lambda *_: self._end())
        with suppress(EOFError, OSError):
            while not (self._spool.done() if self._begun else self._stopping):
                self._tell()
                if self._link.poll(_LOOK_S):
                    self._answer(self._link.recv())
        self._stop()
        if self._begun:
            self._spool.join()
        return _Over(None if self._spool.error is None else _told(self._spool.error))

    def _answer(self, message: object) -> None:
        if isinstance(message, _Begin):
            self._spool.start()
            self._begun = True
        elif isinstance(message, _Ask):
            self._link.send(_Bytes(message.number, self._bytes(message)))
        else:
            self._stop()

    def _stop(self) -> None:
        self._stopping = True
        self._producer.stop()

    def _end(self) -> None:
        """Somebody else wants it to end: in good order, and at once when that was asked for before."""
        if self._stopping:
            os._exit(1)
        self._stop()

    def _bytes(self, asked: _Ask) -> bytes:
        memory = self._producer.memory
        return b"" if memory is None else memory.read_some(asked.gpa, asked.size)

    def _tell(self) -> None:
        memory = self._producer.memory
        standing = _Standing(self._producer.status(), None if memory is None else tuple(memory.regions()))
        if standing != self._told:
            self._told = standing
            self._link.send(standing)
