"""A conforming driver and device of any dialect at work, one step after the other; every step may be bent."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.stories.guest import RAM_SIZE, WRITE, Guest, Ring
from tests.stories.read_back import read_back
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Dialect, Posting
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.message import build, export_body, halves_of, wire_id
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.session.session import Session, Settings

SIZE = 16
SPACE = RAM_SIZE // 4
"""Memory of one device: its rings, then a slot for the message of each head, then tables."""
_SLOT = 512


def key_of(counter: int) -> tuple[int, int]:
    """The key under which a story's driver exports a buffer."""
    return (0x9E3779B1 * counter & 0xFFFFFFFF, 0x85EBCA77 * (counter + 1) & 0xFFFFFFFF)


class Story:
    """One device. Steps look at the rings when they are done; `raw` steps are on `recv` and `send` themselves."""

    def __init__(
        self,
        dialect: str = "spec",
        *,
        guest: Guest | None = None,
        device: int = 0,
        vmid: int = 7,
        size: int = SIZE,
        features: int = int(Feature.VERSION_1),
        watched: bool = True,
        device_id: int | None = None,
        layout: Mapping[str, Any] | None = None,
    ) -> None:
        """`layout` overrides fields of the send queue's layout; `watched` observes from the set-up on."""
        self.dialect: Dialect = DIALECTS[dialect]
        self.guest = guest or Guest()
        self.device, self.vmid = device, vmid
        base = device * SPACE
        known = {"features": features, "device_id": device_id or self.dialect.device_ids[-1], "size": size}
        rings = [
            QueueLayout(device, i, f"vdmabuf{device}/{n}", desc=at, avail=at + 0x1000, used=at + 0x2000, **known)
            for i, (n, at) in enumerate(zip(self.dialect.queues, (base + 0x1000, base + 0x5000), strict=False))
        ]
        rings[-1] = replace(rings[-1], **(layout or {}))
        self.recv, self.send = Ring(self.guest, rings[0]), Ring(self.guest, rings[-1])
        if self.dialect.in_place:
            self.send = self.recv
        self._base, self._turn, self._posted = base + 0x10000, 0, 0
        self._free = list(range(size))
        self._waiting: list[int] = []
        self._held: dict[int, int] = {}
        if watched:
            self.watch()
        if self.dialect.posting in (Posting.AHEAD, Posting.ONE):
            self.post(min(8, size) if self.dialect.posting is Posting.AHEAD else 1)

    @property
    def rings(self) -> list[Ring]:
        return [self.send] if self.dialect.in_place else [self.recv, self.send]

    def watch(self, *, complete: bool = True) -> None:
        """Begin to observe both queues."""
        layouts = [ring.layout for ring in self.rings]
        for layout in layouts:
            self.guest.watch(layout, complete=complete, others=tuple(o for o in layouts if o is not layout))

    def look(self, ms: float = 1.0) -> int:
        return self.guest.look(ms)

    def slot(self, queue: int, head: int) -> int:
        """Where the message of a head stands in memory."""
        return self._base + (queue * SIZE * 2 + head) * _SLOT

    def post(self, count: int = 1) -> None:
        """Offer receive buffers."""
        if self.dialect.in_place:
            return
        for _ in range(count):
            head = self._posted % self.recv.layout.size
            self._posted += 1
            address = self.slot(0, head)
            self.guest.write(address, bytes(_SLOT))
            self.recv.describe(head, address, self.dialect.size, WRITE)
            self.recv.offer(head)
            self._waiting.append(head)
        self.look()

    def request(self, data: bytes, *, back: bool = True) -> int:
        """Send a message from the driver; its head. `back`: the device returns the chain at the next look."""
        if self.dialect.posting is Posting.PER_MESSAGE:
            self.post()
        head = self._free.pop(0)
        address = self.slot(1, head)
        self.guest.write(address, data.ljust(_SLOT, b"\0"))
        self.send.describe(head, address, len(data), WRITE if self.dialect.in_place else 0)
        self.send.offer(head)
        self.look()
        if back and not self.dialect.in_place:
            self.take_back(head)
        return head

    def take_back(self, head: int, length: int | None = None) -> None:
        """The device returns a chain of the send queue."""
        filled = self.dialect.size if self.dialect.device_fills_used_len else 0
        self.send.give_back(head, filled if length is None else length)
        self._free.append(head)
        self.look()

    def answer(self, data: bytes, *, length: int | None = None, head: int | None = None) -> None:
        """Send a message from the device: into a receive buffer, or in place into the request at `head`."""
        length = len(data) if length is None else length
        if self.dialect.in_place:
            assert head is not None
            self.guest.write(self.slot(1, head), data)
            self.take_back(head, length)
            return
        into = self._waiting.pop(0)
        self.guest.write(self.slot(0, into), data)
        self.recv.give_back(into, length)
        self.look()
        if self.dialect.posting is Posting.ONE or (
            self.dialect.posting is Posting.AHEAD and len(self._waiting) < min(4, self.recv.layout.size)
        ):
            self.post()

    def ask(self, *, body: bytes = b"", vmid: int | None = None, rest: bytes = b"") -> None:
        """The VM ID, asked for and told, in dialects that ask."""
        if not self.dialect.asks_vmid:
            return
        head = self.request(build(self.dialect, Op.NEED_VMID, body))
        self.tell_vmid(vmid, rest, head)

    def tell_vmid(self, vmid: int | None = None, rest: bytes = b"", head: int | None = None) -> None:
        told = self.vmid if vmid is None else vmid
        self.answer(build(self.dialect, Op.NEED_VMID, told.to_bytes(4, "little") + rest), head=head)

    def export_message(self, counter: int, **bent: Any) -> bytes:
        """An EXPORT; `bent` overrides halves, key, pages, first_offset, last_length, reference, private ..."""
        fields: dict[str, Any] = {
            "halves": halves_of(self.dialect, self.vmid, counter), "key": key_of(counter), "pages": 3,
            "first_offset": 0, "last_length": 4096, "reference": 0x80000 + 4096 * (counter & 0xFF), "private": b"",
        }  # fmt: skip
        fields |= bent
        fields.setdefault("private_size", len(fields["private"]))
        return build(self.dialect, Op.EXPORT, export_body(**fields))

    def export(self, counter: int, *, back: bool = True, **bent: Any) -> int:
        """Export a buffer; the head of the message."""
        head = self.request(self.export_message(counter, **bent), back=back)
        self._held[counter] = head
        return head

    def named(self, op: Op, counter: int, rest: bytes = b"", **bent: Any) -> bytes:
        """A message that names a buffer: DMABUF_REL or UNEXPORT."""
        halves = bent.get("halves", halves_of(self.dialect, self.vmid, counter))
        return build(self.dialect, op, wire_id(halves, bent.get("key", key_of(counter))) + rest)

    def release(self, counter: int, rest: bytes = b"", **bent: Any) -> None:
        """The device lets go of a buffer."""
        message = self.named(Op.DMABUF_REL, counter, rest, **bent)
        self.answer(message, head=self._held.pop(counter, None) if self.dialect.in_place else None)

    def unexport(self, counter: int) -> None:
        self.request(self.named(Op.UNEXPORT, counter))

    def stop(self, *, closed: bool = True) -> None:
        self.guest.stop(closed=closed)

    def session(self, folder: Path, settings: Settings | None = None) -> Session:
        """What was recorded so far, inspected."""
        return read_back(folder / "story.pcapng", self.guest.records, self.guest.names, settings)


def clean(dialect: str, **options: Any) -> Story:
    """A conforming session: the VM ID, six buffers, three held at a time, all released, queues stopped."""
    story = Story(dialect, **options)
    story.ask()
    for counter in range(1, 7):
        story.export(counter, private=b"\x40\1\0\0\xf0\0\0\0")
        if counter > 3:
            story.release(counter - 3)
    for counter in (4, 5, 6):
        story.release(counter)
    story.stop()
    return story
