"""The driver's buffers: their pages, the picture in them and the ID under which the device has them."""

from collections import deque
from dataclasses import dataclass
from random import Random

from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import PAGE_SIZE
from vdmabuf_inspect.reference.guest import HOLE, Guest, pages_of
from vdmabuf_inspect.reference.message import halves_of, wire_id
from vdmabuf_inspect.reference.pagetable import scatter, seconds_needed, write_table
from vdmabuf_inspect.reference.picture import Format, paint
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import ExportStep, Meet

REMEMBERED = 16
"""Released exports that are kept in mind."""


@dataclass
class Buffer:
    """One buffer. `exported` is what the device was told, None while the driver owns it."""

    index: int
    pages: list[int]
    root: int
    seconds: list[int]
    exported: ExportStep | None = None
    minted: tuple[int, tuple[int, int]] | None = None
    """Counter and key, in a dialect that keeps them for the buffer's life."""

    @property
    def id(self) -> bytes:
        """The sixteen bytes under which the device has it."""
        return wire_id(self.exported.halves, self.exported.key) if self.exported else b""


class Buffers:
    """All buffers of a driver. Those released last are used last."""

    def __init__(self, guest: Guest, form: Format, count: int, dialect: Dialect, rng: Random) -> None:
        self._ram: Ram = guest.ram
        self._guest, self._form, self._dialect, self._rng = guest, form, dialect, rng
        self._counter = 0
        self.free = deque(self._make(index) for index in range(count))
        self.live: list[Buffer] = []
        self._released: deque[ExportStep] = deque(maxlen=REMEMBERED)

    def prepare(self, vmid: int, frame: int, meet: Meet) -> Buffer:
        """Paint the buffer that was free for longest, write its page table, and give it an ID: it is live."""
        buffer = self.free.popleft()
        scatter(self._ram, buffer.pages, paint(self._form, frame))
        step = self._step(buffer, vmid)
        meet(step)
        write_table(self._ram, buffer.root, buffer.seconds, step.entries)
        buffer.exported = step
        self.live.append(buffer)
        return buffer

    def release(self, identifier: bytes) -> Buffer | None:
        """The device has let go of an ID: the buffer, or None when no live one has it."""
        buffer = next((b for b in self.live if b.id == identifier), None)
        if buffer is not None and buffer.exported is not None:
            self._released.append(buffer.exported)
            self.withdraw(buffer)
        return buffer

    def withdraw(self, buffer: Buffer) -> None:
        """The driver owns it again."""
        if buffer in self.live:
            self.live.remove(buffer)
            buffer.exported = None
            self.free.append(buffer)

    def _make(self, index: int) -> Buffer:
        pages = pages_of(self._form.size)
        seconds = [self._guest.tables.popleft() for _ in range(seconds_needed(pages))]
        data = [self._guest.pages.popleft() for _ in range(pages)]
        return Buffer(index, data, self._guest.tables.popleft(), seconds)

    def _step(self, buffer: Buffer, vmid: int) -> ExportStep:
        counter, key = self._identify(buffer)
        private = self._form.pack()
        step = ExportStep(
            self._dialect, vmid, counter, key, halves_of(self._dialect, vmid, counter), len(buffer.pages), 0,
            (self._form.size - 1) % PAGE_SIZE + 1, buffer.root, private, len(private), list(buffer.pages),
            [b.exported for b in self.live if b.exported], list(self._released),
        )  # fmt: skip
        step.outside, step.ring = HOLE, self._guest.rings[0] & -PAGE_SIZE
        return step

    def _identify(self, buffer: Buffer) -> tuple[int, tuple[int, int]]:
        """A new counter and key, or the buffer's own where the dialect exports the same ID again."""
        if buffer.minted is not None and self._dialect.reexports:
            return buffer.minted
        self._counter += 1
        buffer.minted = (self._counter, (self._rng.getrandbits(32), self._rng.getrandbits(32)))
        return buffer.minted
