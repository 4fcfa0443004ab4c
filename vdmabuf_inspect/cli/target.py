"""Where a recording goes, as the user says it: a file, standard output, a series of files, the newest part."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.options import number
from vdmabuf_inspect.cli.quantity import Unit, extent
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.capture.writer import Recorder


class Target:
    """What `-o`, `--rotate`, `--files` and `--ring-buffer` say; `open` makes it."""

    def __init__(self, args: Namespace) -> None:
        """Raises UsageError for what makes no sense together."""
        self._output: str = args.output
        self._ring = number("--ring-buffer", args.ring_buffer) or 0
        self._most = number("--files", args.files) or 0
        self._size, self._duration_ns = _rotation(args.rotate)
        self._recorder: Recorder | None = None
        self._check(args)

    @property
    def piped(self) -> bool:
        """Standard output."""
        return self._output == "-"

    @property
    def parted(self) -> bool:
        """More than one file."""
        return bool(self._ring or self._size or self._duration_ns)

    def open(self) -> "Recorder":
        """Make the first file. Raises InspectError."""
        from vdmabuf_inspect.capture.series import Series, newest, numbered
        from vdmabuf_inspect.capture.writer import CaptureWriter

        path = Path(self._output)
        if self._ring:
            self._recorder = Series(newest(path), self._ring // 2)
        elif self.parted:
            self._recorder = Series(numbered(path, self._most), self._size, self._duration_ns)
        else:
            self._recorder = CaptureWriter(sys.stdout.fileno() if self.piped else self._output)
        return self._recorder

    def __str__(self) -> str:
        files = getattr(self._recorder, "files", [])
        if len(files) > 2:
            return f"{len(files)} files, {files[0]} to {files[-1]}"
        return " and ".join(map(str, files)) or ("standard output" if self.piped else self._output)

    def _check(self, args: Namespace) -> None:
        from vdmabuf_inspect.capture.series import SMALLEST

        if self.piped and self.parted:
            raise UsageError("--rotate and --ring-buffer need a file, not standard output")
        if self._ring and (self._size or self._duration_ns):
            raise UsageError("--ring-buffer keeps the newest in two files; with --rotate say --files N instead")
        if args.files is not None and not (self._size or self._duration_ns):
            raise UsageError("--files goes with --rotate")
        if args.ring_buffer and self._ring < 2 * SMALLEST:
            raise UsageError(f"--ring-buffer {args.ring_buffer}: {2 * SMALLEST >> 10}K is the least")
        if self._size and self._size < SMALLEST:
            raise UsageError(f"--rotate {args.rotate}: {SMALLEST >> 10}K is the least")


def _rotation(text: str | None) -> tuple[int, int]:
    """Bytes and nanoseconds, 0 where not given."""
    size = duration = 0
    for part in text.split(",") if text else ():
        found = extent(part)
        if found.unit is Unit.EVENTS or not found.value:
            raise UsageError(f"--rotate {part}: give a size (10M) or a time (30s, 5m)")
        if found.unit is Unit.BYTES:
            size = found.value
        else:
            duration = found.value
    return size, duration
