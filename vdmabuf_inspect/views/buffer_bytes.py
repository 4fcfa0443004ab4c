"""The bytes of a buffer, and the picture in them, read through its page table from guest memory."""

from dataclasses import asdict, dataclass

import numpy as np

from vdmabuf_inspect.errors import FaultError, InspectError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.picture import Layout, Picture, PictureError, fourcc_name, fourcc_number, picture_of
from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.protocols.numbers import live_mask
from vdmabuf_inspect.protocols.vdmabuf.layout import PAGE_SIZE
from vdmabuf_inspect.protocols.vdmabuf.pages import page_map
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.contents import contents, device_of
from vdmabuf_inspect.views.decode import PRIVATE, decode
from vdmabuf_inspect.views.memory_bytes import MemoryBytes, RunBytes
from vdmabuf_inspect.views.names import buffer_name
from vdmabuf_inspect.views.page_map import Extent, extent
from vdmabuf_inspect.views.reading import dialect_of, message_of

_SAID = ("width", "height", "stride", "fourcc", "modifier")


@dataclass(frozen=True, eq=False)
class BufferBytes(MemoryBytes):
    """A buffer in memory: uint64[pages] `addresses`, as many as could be read, in its order."""

    memory: Memory
    said: Extent
    addresses: Array

    @property
    def size(self) -> int:
        """Bytes that its export says it has."""
        return self.said.size

    def read(self, offset: int, size: int) -> bytes:
        """`size` bytes at `offset`, fewer at the end. Raises FaultError where a page is not there."""
        size = max(0, min(size, self.size - offset))
        at, parts = self.said.first_offset + offset, []
        while size:
            address, left = self._place(at, size)
            parts.append(self.memory.read(address, left))
            at, size = at + left, size - left
        return b"".join(parts)

    def page(self, number: int) -> bytes:
        """A whole page, counted from 0. Raises InspectError when the buffer has no such page or it is not there."""
        if not 0 <= number < len(self.addresses):
            raise InspectError(f"page {number}: the buffer has pages 0 to {len(self.addresses) - 1}")
        return self.memory.read(int(self.addresses[number]), PAGE_SIZE)

    def _place(self, at: int, size: int) -> tuple[int, int]:
        """(address, how many of `size` bytes follow it in memory)."""
        page, inside = divmod(at, PAGE_SIZE)
        if page >= len(self.addresses):
            raise FaultError(self.said.reference, size)
        last = page
        while (last + 1) * PAGE_SIZE < at + size and self._follows(last):
            last += 1
        return int(self.addresses[page]) + inside, min(size, (last + 1) * PAGE_SIZE - at)

    def _follows(self, page: int) -> bool:
        here = self.addresses
        return page + 1 < len(here) and int(here[page + 1]) == int(here[page]) + PAGE_SIZE


def buffer_bytes(session: Session, number: int, seq: int, memory: Memory) -> MemoryBytes:
    """A buffer as it is in memory now, by its export (or what its protocol says) as of a moment.

    Raises InspectError when nothing says where it is.
    """
    if device_of(session, number) is not None:
        return _declared_bytes(session, number, seq, memory)
    said = extent(session, number, seq)
    if said is None:
        raise InspectError(f"buffer {buffer_name(session, number)}: no whole export of it was seen")
    found = page_map(memory, said.reference, said.pages)
    if not found.listed:
        raise InspectError(f"buffer {buffer_name(session, number)}: {found.trouble}")
    return BufferBytes(memory, said, found.addresses())


def _declared_bytes(session: Session, number: int, seq: int, memory: Memory) -> RunBytes:
    held, remark = contents(session, number, seq, memory)
    if not held.runs:
        raise InspectError(f"{buffer_name(session, number)}: {held.missing}")
    return RunBytes(memory, held.runs, remark)


def picture_layout(
    session: Session, number: int, seq: int, memory: Memory | None = None, **given: int | str | None
) -> Layout:
    """What the latest export's private data or the protocol says of a picture, and what is `given` in its place.

    Raises PictureError when width, height or format are not known.
    """
    told = _pictured(session, number, seq, memory)
    told |= {name: value for name, value in given.items() if value is not None}
    missing = [name for name in ("width", "height", "fourcc") if not told.get(name)]
    if missing:
        raise PictureError(f"nothing says the picture's {' and '.join(missing)}; say it: --{' --'.join(missing)}")
    try:
        number_of = fourcc_number(str(told["fourcc"]))
    except ValueError as error:
        raise PictureError(f"format {told['fourcc']}: four characters such as XR24 ({error})") from None
    numbers = (int(told.get(name) or 0) for name in ("width", "height", "stride", "modifier", "offset"))
    return Layout(number_of, *numbers)


def _pictured(session: Session, number: int, seq: int, memory: Memory | None) -> dict[str, int | str]:
    """What the messages about a buffer say of the picture in it."""
    if device_of(session, number) is not None:
        held, _ = contents(session, number, seq, memory)
        return {**asdict(held.layout), "fourcc": fourcc_name(held.layout.fourcc)} if held.layout else {}
    said = extent(session, number, seq)
    return _described(session, said.row) if said else {}


def _described(session: Session, row: int) -> dict[str, int | str]:
    fields = {field.path: field.value for field in decode(dialect_of(session, row), message_of(session, row))}
    found = {name: fields.get(f"{PRIVATE}.{name}") for name in _SAID}
    return {name: value for name, value in found.items() if value is not None}


def buffer_picture(buffer: MemoryBytes, layout: Layout) -> Picture:
    """The picture in a buffer. Raises PictureError when it cannot be shown."""
    return picture_of(layout, buffer.read)


def latest_live(session: Session, seq: int) -> int:
    """The buffer that the device got last and still has, -1 where there is none."""
    moment = Moment(session, seq)
    came = moment.export_row.copy()
    for number, device in [*session.devices.items()]:
        if isinstance(device, DeclaredDevice) and device.protocol.contents is not None:
            mine = session.objects.device[: len(came)] == number
            came[mine] = session.objects.first[: len(came)][mine]
    live = np.flatnonzero(live_mask()[moment.states] & (came >= 0))
    return int(live[np.argmax(came[live])]) if len(live) else -1
