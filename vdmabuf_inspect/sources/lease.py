"""Whether some process still has a file open for writing, as a read lease (fcntl(2)) on it tells."""

import fcntl
import os
import signal
from contextlib import suppress
from pathlib import Path


def being_written(path: Path) -> bool | None:
    """Whether the file is open for writing anywhere on this machine; None where that cannot be known.

    It can be known of one's own files, on file systems of this machine. The lease is given back at once.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        fcntl.fcntl(fd, fcntl.F_SETSIG, signal.SIGURG)  # ignored by default, should somebody open it just now
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except BlockingIOError:
        return True
    except OSError:
        return None
    else:
        with suppress(OSError):
            fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        return False
    finally:
        os.close(fd)
