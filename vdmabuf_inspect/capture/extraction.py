"""A capture written from records at once, beside its place and moved there when it is whole."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.errors import InspectError, UsageError
from vdmabuf_inspect.model.record import Record


def write_capture(target: Path | int, queues: Mapping[tuple[int, int], str], records: Iterable[Record]) -> int:
    """Write records to a path or a descriptor; how many. `queues`: names by (device, queue).

    A file that is being read may be its own target; a device or a pipe is written to, never replaced.
    Raises InspectError.
    """
    if isinstance(target, int) or (target.exists() and not target.is_file()):
        with CaptureWriter(target) as writer:
            return _write(writer, queues, records)
    part = target.with_name(f"{target.name}.part")
    try:
        with CaptureWriter(part) as writer:
            count = _write(writer, queues, records)
        part.replace(target)
    except OSError as error:
        raise InspectError(f"{target} cannot be made: {error.strerror}; choose another place") from error
    finally:
        part.unlink(missing_ok=True)
    return count


def spare(source: str, target: Path) -> None:
    """Raises UsageError where `target` is the file that is read: what is less than it may not take its place."""
    with suppress(OSError):
        if target.samefile(source):
            raise UsageError(f"{target} is the file that is read, and more than what is written: name another one")


def _write(writer: CaptureWriter, queues: Mapping[tuple[int, int], str], records: Iterable[Record]) -> int:
    count = 0
    for key, name in queues.items():
        writer.add_queue(*key, name)
    for record in records:
        writer.write(record)
        count += 1
    writer.flush()
    return count
