"""libkdumpfile, a reader of the same files that shares no code with ours, in a process of its own."""

import ctypes
import ctypes.util
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_LIBRARY = ctypes.util.find_library("kdumpfile")
MISSING = "" if _LIBRARY else "libkdumpfile is not installed (Debian package libkdumpfile10)"
_MACHINE_ADDRESS = 1
PAGE = 4096


def read_pages(paths: Sequence[Path], pfns: Sequence[int]) -> dict[int, bytes | str]:
    """Each page of a dump in one or more files, or the library's words on why it is not there."""
    words = [*map(str, paths), "--", *map(str, pfns)]
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, timeout=60, check=True)
    said = (line.split(" ", 1) for line in done.stdout.decode().splitlines())
    rows = [bytes.fromhex(text) if kind == "page" else text for kind, text in said]
    return dict(zip(pfns, rows, strict=True))


def _main(paths: list[str], pfns: list[str]) -> None:
    lib = ctypes.CDLL(_LIBRARY or "")
    lib.kdump_new.restype = ctypes.c_void_p
    lib.kdump_get_err.restype = ctypes.c_char_p
    context = ctypes.c_void_p(lib.kdump_new())
    fds = (ctypes.c_int * len(paths))(*(os.open(path, os.O_RDONLY) for path in paths))
    if lib.kdump_open_fdset(context, len(paths), fds):
        raise SystemExit(lib.kdump_get_err(context).decode())
    for pfn in pfns:
        data, size = ctypes.create_string_buffer(PAGE), ctypes.c_size_t(PAGE)
        where = ctypes.c_uint64(int(pfn) * PAGE)
        failed = lib.kdump_read(context, _MACHINE_ADDRESS, where, data, ctypes.byref(size))
        print(*(("error", lib.kdump_get_err(context).decode()) if failed else ("page", data.raw.hex())))
        lib.kdump_clear_err(context)


if __name__ == "__main__":
    _cut = sys.argv.index("--")
    _main(sys.argv[1:_cut], sys.argv[_cut + 1 :])
    sys.stdout.flush()
    os._exit(0)  # freeing what it opened may abort
