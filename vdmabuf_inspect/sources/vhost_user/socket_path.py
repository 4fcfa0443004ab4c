"""UNIX sockets by path: listening where a dead socket may be left, connecting without waiting long."""

import errno
import os
import socket
from contextlib import suppress
from pathlib import Path
from stat import S_ISSOCK

from vdmabuf_inspect.errors import SourceError

CONNECT_SECONDS = 1.0


class UnixListener:
    """A listening stream socket; the path is removed when it closes, unless another one has taken it."""

    def __init__(self, path: str) -> None:
        """Raises SourceError; a stale socket is replaced, a living one or a file of another kind never."""
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            _remove_stale(path)
            self._socket.bind(path)
            self._socket.listen(1)
            self._socket.setblocking(False)
            self._inode: int | None = Path(path).stat().st_ino
        except OSError as error:
            self._inode = None
            self._socket.close()
            raise SourceError(f"cannot listen on {path}: {(error.strerror or str(error)).lower()}") from None
        except SourceError:
            self._inode = None
            self._socket.close()
            raise

    def fileno(self) -> int:
        """For epoll."""
        return self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """Who came; None when it is gone again."""
        try:
            return self._socket.accept()[0]
        except OSError:
            return None

    def close(self) -> None:
        """Listen no more. May be called again."""
        self._socket.close()
        inode, self._inode = self._inode, None
        with suppress(OSError):
            if inode is not None and Path(self.path).stat().st_ino == inode:
                Path(self.path).unlink()


def connect(path: str) -> socket.socket:
    """Connect to a listening socket. Raises OSError."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.settimeout(CONNECT_SECONDS)
    try:
        sock.connect(path)
    except OSError:
        sock.close()
        raise
    return sock


def _remove_stale(path: str) -> None:
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not S_ISSOCK(mode):
        raise SourceError(f"cannot listen on {path}: there is a file that is no socket; remove it or give another path")
    try:
        connect(path).close()
    except OSError as error:
        if error.errno == errno.ECONNREFUSED:
            Path(path).unlink()
            return
        raise
    raise SourceError(f"cannot listen on {path}: somebody already does; give another path")
