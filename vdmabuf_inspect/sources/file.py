"""A file of evidence: opened read-only, read by position, never as a whole."""

import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG

from vdmabuf_inspect.errors import SourceError

MAX_READ = 1 << 26
"""Bytes of one read: nothing that the inspector looks at is larger."""


class EvidenceFile:
    """A regular file or block device, open until the object goes. `size` is bytes, `time_ns` its last change."""

    def __init__(self, path: str | Path) -> None:
        """Raises SourceError when it cannot be opened."""
        self.path = Path(path)
        self._fd = -1
        try:
            self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            status = os.fstat(self._fd)
            self.regular = S_ISREG(status.st_mode)
            self.size = status.st_size if self.regular else os.lseek(self._fd, 0, os.SEEK_END)
        except OSError as error:
            self.close()
            raise SourceError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        self.time_ns = status.st_mtime_ns

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes at `offset`; fewer at the end of the file, at a bad sector, or above MAX_READ."""
        if offset < 0 or offset >= self.size:
            return b""
        try:
            return os.pread(self._fd, min(size, MAX_READ), offset)
        except OSError:
            return b""

    def close(self) -> None:
        """Close it; reading on finds nothing. May be called again."""
        fd, self._fd, self.size = self._fd, -1, 0
        if fd >= 0:
            with suppress(OSError):
                os.close(fd)

    def __del__(self) -> None:
        self.close()
