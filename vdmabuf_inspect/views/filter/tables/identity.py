"""What names a buffer, and how other tables reach the buffers of their rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.views.filter.fields import Field, Lift
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.identifiers import BufferName, Hex
from vdmabuf_inspect.views.filter.kinds.quantities import Boolean, Number
from vdmabuf_inspect.views.filter.rows import Rows, marks

_HALF = np.uint64(0xFFFFFFFF)


def _halves(rows: Rows) -> tuple[Array, Array]:
    """uint64[n] each: VM ID and counter."""
    log = rows.session.objects
    name, vm_first = log.name[rows.index], log.flavour[rows.index] != 0
    low, high = name & _HALF, name >> np.uint64(32)
    return np.where(vm_first, low, high), np.where(vm_first, high, low)


def _name(rows: Rows) -> Values:
    again = rows.session.objects.incarnation[rows.index]
    return Values(np.column_stack([*(h.astype(np.int64) for h in _halves(rows)), again]))


def _id(rows: Rows) -> Values:
    log = rows.session.objects
    return Values(np.column_stack([log.name[rows.index], log.key[rows.index]]))


NAME = Field("buffer", BufferName(), "short name: VM:COUNTER, with a letter when it begins again", _name, searched=True)
PARTS = (
    Field("vmid", Number(), "VM half of the buffer's ID", lambda r: Values(_halves(r)[0])),
    Field("counter", Number(), "counter half of the buffer's ID", lambda r: Values(_halves(r)[1])),
    Field("id", Hex("identifier", 16), "the 16 bytes that name the buffer, as on the wire", _id, searched=True),
    Field("key", Hex("key", 8), "the 8 random bytes of the ID", lambda r: Values(_id(r).data[:, 1:])),
)
PRESUMED = Field(
    "presumed", Boolean(), "the buffer was shared before anybody looked",
    lambda r: Values(r.session.objects.presumed[r.index]),
)  # fmt: skip


def to_buffers(number: Callable[[Any], Array]) -> Lift:
    """From rows to their buffers; `number` gives int32[n] object rows, -1 for none."""

    def rows(here: Rows) -> Rows:
        total = len(here.session.objects)
        wanted = slice(0, total) if len(here) > total else np.flatnonzero(marks(total, number(here))[:-1])
        return Rows(here.session, wanted, here.seq)

    def back(here: Rows, there: Rows, mask: Array) -> Array:
        table = marks(len(here.session.objects), there.numbers[mask])
        return np.asarray(table[number(here)])

    return Lift(rows, back)
