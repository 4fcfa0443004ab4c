"""The proxy itself: one pair of peers after the other, until it is told to stop."""

import os
import select
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.base import Mode, Write
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.pace import Pace
from vdmabuf_inspect.sources.vhost_user.loop import Loop
from vdmabuf_inspect.sources.vhost_user.meeting import Meeting, Met
from vdmabuf_inspect.sources.vhost_user.session import LEFT, Session

_SLEEP_BELOW = 0.001
"""epoll waits in whole milliseconds; shorter pauses are slept."""


class Proxy:
    """A live producer. It listens from the moment it is made, so a peer may come before `run` does."""

    mode = Mode.LIVE

    def __init__(self, name: str, meeting: Meeting, options: SourceOptions) -> None:
        """`name` is what the user gave."""
        self.name = name
        self.queue_names: Mapping[tuple[int, int], str] = {}
        self.sessions = 0
        """Pairs of peers that met so far."""
        self._options = options
        self._meeting = meeting
        self._wake = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._session: Session | None = None
        self._told = ""
        self._stopping = False

    @property
    def memory(self) -> Memory | None:
        """Guest memory of the session that is open; None without one and while it may not be read."""
        session = self._session
        if session is None or session.observer.suspended or not session.observer.shared.memory.regions():
            return None
        return session.observer.shared.memory

    def status(self) -> str:
        """Waiting for whom, or what is watched, or why the last session ended."""
        session = self._session
        if session is not None:
            return session.status()
        return "; ".join(part for part in (self._told, self._meeting.told) if part)

    def stop(self) -> None:
        """End the session and make `run` return."""
        self._stopping = True
        with suppress(OSError, ValueError):  # ValueError: it has ended already
            os.eventfd_write(self._wake, 1)

    def run(self, write: Write) -> None:
        """Serve one pair of peers after the other. A record that cannot be written ends it with SourceError."""
        loop, write = Loop(), _once_failed_never_again(write)
        try:
            loop.watch(self._wake, select.EPOLLIN, lambda _: None)
            met = partial(self._met, loop, write)
            self._meeting.start(loop, met)
            pace = Pace(self._options.poll)
            while not self._stopping:
                self._turn(loop, pace, met)
        except OSError as error:
            raise SourceError(f"{self.name}: {error.strerror or error}") from error
        finally:
            if self._session is not None:
                self._session.end(LEFT)
            loop.close()
            self.close()

    def close(self) -> None:
        """Listen no more and remove the sockets; `run` does it at its end."""
        self._meeting.close()
        wake, self._wake = self._wake, -1
        if wake >= 0:
            os.close(wake)

    def __del__(self) -> None:
        with suppress(AttributeError):
            self.close()

    def _turn(self, loop: Loop, pace: Pace, met: Met) -> None:
        """Wait, pass on, look."""
        session = self._session
        if session is None or not (session.observer.running or session.observer.stopped):
            self._rest(loop, session, met)
            return pace.hurry()
        pause = pace.pause
        loop.turn(0 if pause < _SLEEP_BELOW else pause)
        if 0 < pause < _SLEEP_BELOW:
            time.sleep(pause)
        if pace.resting:
            return None
        pace.begin()
        seen = session.observer
        return pace.hurry(seen.seen.hopeless) if seen.look() else pace.slow(seen.kicked)

    def _rest(self, loop: Loop, session: Session | None, met: Met) -> None:
        """Nothing to look at: wait for a peer, for a message, or for the time at which looking may begin."""
        if session is None:
            loop.turn(self._meeting.pause)
            if self._session is None:
                self._meeting.step(loop, met)
            return
        if session.observer.early <= 0:
            loop.turn(None)
            return
        loop.turn(session.observer.early)
        session.observer.start_ready()

    def _met(self, loop: Loop, write: Write, front: socket.socket, back: socket.socket) -> None:
        self.sessions += 1
        ended = partial(self._ended, loop, write)
        self._session = Session(loop, front, back, self._options, write, self._name, ended, self.sessions)
        self._session.begin()

    def _ended(self, loop: Loop, write: Write, why: str) -> None:
        self._session = None
        self._told = why
        self._meeting.wanted()
        if not self._stopping:
            self._meeting.start(loop, partial(self._met, loop, write))

    def _name(self, index: int, name: str) -> None:
        self.queue_names = {**self.queue_names, (0, index): name}


def _once_failed_never_again(write: Write) -> Write:
    """So that a session whose records cannot be written still ends in good order."""
    failed = False

    def write_or_not(record: Record) -> None:
        nonlocal failed
        if failed:
            return
        failed = True
        write(record)
        failed = False

    return write_or_not
