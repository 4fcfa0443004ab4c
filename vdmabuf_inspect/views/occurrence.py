"""Where bytes occur in what guests wrote: a stretch of the mapped recording is looked through at once."""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.record import DESCRIPTOR, HEADER
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter.rows import header


@dataclass(frozen=True)
class Occurrence:
    """Bytes that are looked for; with `folded`, in lower case, whatever case they are in there."""

    needle: bytes
    folded: bool = False

    def near(self, session: Session, low: int, high: int) -> Array:
        """int64[k]: rows of the events `low` to `high` behind whose descriptors the bytes begin, ascending."""
        assert session.store is not None
        if low >= high:
            return np.empty(0, np.int64)
        offset = session.events.offset[low:high]
        begin, end = int(offset[0]), int(offset[-1]) + session.record_size(high - 1)
        rows = np.arange(low, high)
        held = header(session, "descriptors", rows)
        bodies = np.minimum(offset + HEADER.itemsize + held * DESCRIPTOR.itemsize, np.append(offset[1:], end)) - begin
        return low + self._places(self._seen(session.store.data[begin:end]), bodies.tolist())

    def fits(self, session: Session, rows: Array) -> Iterator[int]:
        """Those of these rows in whose readable or writable bytes they are, in their order."""
        for row in rows.tolist():
            record = session.record(row)
            if any(self.needle in self._seen(part) for part in (record.readable_bytes, record.writable_bytes)):
                yield row

    def _seen(self, data: memoryview | bytes) -> bytes:
        return bytes(data).lower() if self.folded else bytes(data)

    def _places(self, data: bytes, bodies: list[int]) -> Array:
        """int64[k]: places of the events whose bodies hold the needle, each body up to the next one."""
        found, at = [], data.find(self.needle, bodies[0])
        while at >= 0:
            event = bisect_right(bodies, at) - 1
            found.append(event)
            if event + 1 == len(bodies):
                break
            at = data.find(self.needle, bodies[event + 1])
        return np.array(found, np.int64)


def occurrence(needle: bytes) -> Occurrence:
    """Of these very bytes."""
    return Occurrence(needle)


def occurrence_of_text(text: str) -> Occurrence:
    """Of a text in UTF-8, its ASCII letters in any case."""
    return Occurrence(text.encode().lower(), folded=True)
