"""One QMP connection, asked a question at a time; events that come meanwhile are kept."""

import asyncio
import socket
import struct
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from vdmabuf_inspect.errors import SourceError

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 20.0
_PEER = struct.Struct("3i")
_Result = TypeVar("_Result")


class RefusedError(SourceError):
    """QEMU understood the question and says no."""

    def __init__(self, message: str, kind: str) -> None:
        super().__init__(message)
        self.kind = kind
        """QMP's error class: CommandNotFound, GenericError."""


class LostError(SourceError):
    """The connection is gone."""


class Monitor:
    """Connected from the moment it is made. Every method but `wake` belongs to one thread at a time."""

    def __init__(self, path: str) -> None:
        """Raises SourceError with one line: nobody listens, somebody else is connected, no QMP is spoken there."""
        from qemu.qmp import QMPClient

        self.path = path
        self.events: list[str] = []
        """Names of the events that came, until somebody takes them away."""
        self._loop = asyncio.new_event_loop()
        self._wake = asyncio.Event()
        self._client = QMPClient("vdmabuf-inspect")
        self._client.logger.setLevel("CRITICAL")  # what goes wrong is said in one line, by us
        try:
            self.pid = self._connect()
        except BaseException:
            self._loop.close()
            raise
        self.version = self._greeted()

    def execute(self, command: str, **arguments: object) -> Any:
        """Ask. Raises RefusedError, and LostError when QEMU or the connection is gone."""
        from qemu.qmp import ExecInterruptedError, ExecuteError, QMPError

        try:
            return self._run(self._client.execute(command, arguments or None), ANSWER_SECONDS)
        except ExecuteError as error:
            raise RefusedError(f"{self.path}: {command}: {error}", error.error_class) from None
        except (ExecInterruptedError, QMPError, OSError, EOFError) as error:
            raise LostError(f"{self.path}: the QMP connection is lost ({_why(error)})") from None
        except TimeoutError:
            raise LostError(f"{self.path}: QEMU has not answered {command} for {ANSWER_SECONDS:.0f} s") from None
        finally:
            self._take_events()

    def human(self, line: str) -> str:
        """Ask the human monitor. Raises as `execute` does."""
        return str(self.execute("human-monitor-command", **{"command-line": line})).replace("\r\n", "\n")

    def wait(self, seconds: float) -> None:
        """Wait so long, but not on once `wake` is called or an event has come."""
        with suppress(TimeoutError):
            self._run(self._woken(), seconds)
        self._take_events()

    def wake(self) -> None:
        """End a `wait`. May be called from any thread."""
        with suppress(RuntimeError):  # closed already
            self._loop.call_soon_threadsafe(self._wake.set)

    def close(self) -> None:
        """Disconnect. May be called again."""
        if self._loop.is_closed():
            return
        with suppress(Exception):  # whatever it was that ended it, it has ended
            self._run(self._client.disconnect(), 1.0)
        self._loop.close()

    def _connect(self) -> int:
        from qemu.qmp import ConnectError

        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.settimeout(CONNECT_SECONDS)
            sock.connect(self.path)
            sock.setblocking(False)
            pid = int(_PEER.unpack(sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))[0])
            self._run(self._client.connect(sock), CONNECT_SECONDS)
        except TimeoutError:
            sock.close()
            raise SourceError(
                f"{self.path}: no greeting; a QMP socket serves one client, so somebody else may be connected: "
                "give QEMU a second one (-qmp unix:PATH,server=on,wait=off)"
            ) from None
        except ConnectError as error:
            sock.close()
            raise SourceError(f"{self.path}: no QMP is spoken there ({_why(error)}); give QEMU's -qmp socket") from None
        except OSError as error:
            sock.close()
            why = (error.strerror or str(error)).lower()
            raise SourceError(
                f"{self.path}: {why}; give the socket of QEMU's -qmp unix:PATH,server=on,wait=off"
            ) from None
        return pid

    def _greeted(self) -> tuple[int, int]:
        """QEMU's version as its greeting has it: (7, 2)."""
        greeting: Any = self._client.greeting
        version = greeting._asdict()["QMP"]["version"]["qemu"]
        return int(version["major"]), int(version["minor"])

    async def _woken(self) -> None:
        """Until `wake`, an event, or the end of the connection."""
        happens: list[Coroutine[Any, Any, Any]] = [
            self._wake.wait(), self._client.events.get(), self._client.runstate_changed()
        ]  # fmt: skip
        waits = [asyncio.ensure_future(each) for each in happens]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        if waits[1].done() and not waits[1].cancelled():
            self.events.append(str(waits[1].result()["event"]))
        self._wake.clear()

    def _take_events(self) -> None:
        self.events += [str(event["event"]) for event in self._client.events.clear()]

    def _run(self, work: Coroutine[Any, Any, _Result], seconds: float) -> _Result:
        if self._loop.is_closed():
            work.close()
            raise LostError(f"{self.path}: disconnected")
        return self._loop.run_until_complete(asyncio.wait_for(work, seconds))


def _why(error: BaseException) -> str:
    """The innermost reason in few words."""
    inner = getattr(error, "exc", None) or error.__cause__ or error
    return (getattr(inner, "strerror", None) or str(inner) or type(inner).__name__).lower().rstrip(".")
