"""UNIX sockets by path, from either end."""

import socket
import time
from pathlib import Path

from vdmabuf_inspect.errors import SourceError


def connect(path: str, timeout: float) -> socket.socket:
    """A connection to a socket that may not be there yet. Raises SourceError."""
    deadline = time.monotonic() + timeout
    while True:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.connect(path)
            return sock
        except OSError as error:
            sock.close()
            if time.monotonic() > deadline:
                raise SourceError(f"{path}: no connection ({error.strerror}); is the other side running?") from error
            time.sleep(0.05)


def listen(path: str) -> socket.socket:
    """A listening socket; a stale one in its place goes, anything else stays. Raises SourceError."""
    if Path(path).is_socket():
        Path(path).unlink()
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        sock.bind(path)
        sock.listen(1)
    except OSError as error:
        sock.close()
        raise SourceError(f"{path}: cannot listen ({error.strerror or error})") from error
    return sock


def accept(listener: socket.socket, timeout: float | None) -> socket.socket:
    """The next connection. Raises SourceError after `timeout` seconds without one."""
    listener.settimeout(timeout)
    try:
        return listener.accept()[0]
    except TimeoutError as error:
        raise SourceError(f"nobody connected in {timeout:g} s") from error
