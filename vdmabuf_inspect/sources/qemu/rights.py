"""Which right is missing to read another process's memory, and how to give it, in one line."""

import errno
import os
import pwd
from pathlib import Path

from vdmabuf_inspect.errors import SourceError

_YAMA = Path("/proc/sys/kernel/yama/ptrace_scope")
_CAP_SYS_PTRACE = 19


def missing_right(pid: int, error: OSError) -> SourceError:
    """The error for a process whose memory, or list of mappings, cannot be opened."""
    if error.errno in (errno.ENOENT, errno.ESRCH):
        return SourceError(f"QEMU, process {pid}, is gone or in a PID namespace of its own; say which it is: pid=PID")
    return SourceError(f"guest memory cannot be read from QEMU, process {pid}: {_why(pid)}")


def _why(pid: int) -> str:
    owner, ours = _owner(pid), os.geteuid()
    shared = "or give the guest memory that you may read (memory-backend-file,share=on)"
    if owner != ours and not _capable():
        who = f"{_name(owner)} or root" if owner else "root"
        return f"it runs as {_name(owner)} and you are {_name(ours)}; run as {who}, {shared}"
    scope = _scope()
    if scope and not _capable():
        return (
            f"kernel.yama.ptrace_scope is {scope}; run as root (it takes CAP_SYS_PTRACE), "
            f"or sysctl kernel.yama.ptrace_scope=0, {shared}"
        )
    if not _capable():
        return f"it has changed its privileges, so it takes CAP_SYS_PTRACE: run as root, {shared}"
    return f"a security module or a container denies it even with CAP_SYS_PTRACE; look inside that container, {shared}"


def _owner(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("Uid:"):
                return int(line.split()[2])
    except OSError:
        pass
    return -1


def _scope() -> int:
    """Yama's ptrace_scope, 0 without Yama."""
    try:
        return int(_YAMA.read_text())
    except (OSError, ValueError):
        return 0


def _capable() -> bool:
    """Whether we have CAP_SYS_PTRACE."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _CAP_SYS_PTRACE & 1)
    return False


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
