"""QEMU's gdb stub, so that a guest stops at a certain instruction (the GDB remote serial protocol)."""

import socket
from pathlib import Path

_SECONDS = 20.0


class Debugger:
    """Connected to the stub at `path`, which stops the guest; raises OSError when nobody answers in time."""

    def __init__(self, path: Path) -> None:
        self._received = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(_SECONDS)
        self._socket.connect(str(path))
        self._tell("?")
        self._wait("T")

    def stop_at(self, address: int, wanted: bool = True) -> None:
        """Set a breakpoint, or take it away."""
        self._tell(f"{'Z' if wanted else 'z'}0,{address:x},1")
        self._wait("OK")

    def run(self) -> None:
        """Let the guest go on, past a breakpoint at which it stands."""
        self._tell("s")
        self._wait("T")
        self._tell("c")

    def wait(self, seconds: float = _SECONDS) -> bool:
        """Until it has stopped, or time is up; whether it has."""
        self._socket.settimeout(seconds)
        try:
            self._wait("T")
        except TimeoutError:
            return False
        finally:
            self._socket.settimeout(_SECONDS)
        return True

    def interrupt(self) -> None:
        """Stop it wherever it is."""
        self._socket.sendall(b"\x03")
        self._wait("T")

    def close(self) -> None:
        """Let it go on for good."""
        self._tell("D")
        self._wait("OK")
        self._socket.close()

    def _tell(self, text: str) -> None:
        data = text.encode()
        self._socket.sendall(b"$" + data + b"#%02x" % (sum(data) & 0xFF))

    def _wait(self, beginning: str) -> None:
        """Until an answer begins so; others (it also says when it stopped because of us) are passed over."""
        while not self._answer().startswith(beginning.encode()):
            pass

    def _answer(self) -> bytes:
        while True:
            begin, end = self._received.find(b"$"), self._received.find(b"#")
            if 0 <= begin < end and len(self._received) >= end + 3:
                found = self._received[begin + 1 : end]
                self._received = self._received[end + 3 :]
                self._socket.sendall(b"+")
                return found
            more = self._socket.recv(4096)
            if not more:
                raise OSError("the gdb stub has hung up")
            self._received += more
