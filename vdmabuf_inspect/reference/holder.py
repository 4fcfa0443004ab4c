"""What the reference device does with messages: who asked, which buffers it holds, what it still has to say."""

import time
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect, Sender
from vdmabuf_inspect.protocols.vdmabuf.layout import OP_SIZE, PAGE_SIZE, PRIVATE_ROOM, Op
from vdmabuf_inspect.reference.device_ring import Chain, DeviceRing
from vdmabuf_inspect.reference.message import build, counter_name, id_of, read_op
from vdmabuf_inspect.reference.options import DeviceOptions
from vdmabuf_inspect.reference.pagetable import gather, read_table
from vdmabuf_inspect.reference.picture import Format, frame_number
from vdmabuf_inspect.reference.place import Part
from vdmabuf_inspect.reference.queue import Queue
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import Meet, MessageStep, ReceivedStep


@dataclass
class Held:
    """A buffer that the device has; `chain` is where its release must go in a dialect that answers in place."""

    id: bytes
    since: float
    chain: Chain | None
    keep: bool


@dataclass
class Outgoing:
    """A message still to be sent, into `chain` or the next receive buffer."""

    op: Op
    body: bytes
    chain: Chain | None = None


class Holder:
    """The device behind the queues: everything that it remembers of a session."""

    def __init__(
        self,
        dialect: Dialect,
        options: DeviceOptions,
        vmid: int,
        meet: Meet,
        say: Callable[[str], None],
        trouble: Callable[[str], None],
    ) -> None:
        self._dialect, self._vmid = dialect, vmid
        self._hold = min(options.hold, 1) if dialect.in_place else options.hold
        self._linger, self._any = options.linger, options.any
        self._meet, self._say, self._trouble = meet, say, trouble
        self._held: list[Held] = []
        self._outbox: deque[Outgoing] = deque()
        self._exports = self._releases = self._serial = 0

    def work(self, queues: Sequence[Queue]) -> None:
        """Take what the driver sent, answer, release what is old."""
        send, recv = (self._ring(queues, name) for name in ("send", "recv"))
        if send is not None:
            while (chain := send.pop()) is not None:
                self._take(send, recv, chain)
        if recv is not None and recv is not send and self._any:
            self._refuse_requests(recv)
        self._release_old()
        for ring in {id(r): r for r in (recv, send) if r is not None}.values():
            self._deliver(ring)
            ring.tick()

    def queue_stopped(self, queue: Queue) -> None:
        """A queue is about to stop: what it was to carry can go nowhere, and its driver starts anew."""
        if queue.index == len(self._dialect.queues) - 1 and self._held:
            self._say(f"{len(self._held)} buffers dropped, their queue stops")
            self._held.clear()
        self._outbox.clear()

    def summary(self) -> str:
        """What was done, in a few words."""
        return f"{self._exports} exports, {self._releases} releases, {len(self._held)} buffers held"

    def _ring(self, queues: Sequence[Queue], name: str) -> DeviceRing | None:
        names = self._dialect.queues
        return queues[names.index(name) if name in names else 0].running

    def _refuse_requests(self, recv: DeviceRing) -> None:
        """Return what a driver of another device asks for where receive buffers are wanted, as firmware does."""
        while (chain := recv.peek()) is not None and (chain.readable or chain.problem):
            recv.pop()
            recv.push(chain, 0)

    def _take(self, ring: DeviceRing, recv: DeviceRing | None, chain: Chain) -> None:
        data = b"" if chain.problem else _read(ring.ram, chain.writable if self._dialect.in_place else chain.readable)
        handler = _HANDLERS.get(op := self._read_op(data))
        if handler is None:
            if not chain.problem:
                self._trouble(self._why_unknown(data))
            ring.push(chain, 0)
            return
        step = ReceivedStep(self._dialect, op, self._vmid, body=data[self._dialect.op_offset :][:OP_SIZE])
        self._meet(step)
        handler(self, ring, recv, chain, data, step)
        self._outbox.extend(Outgoing(op, body) for op, body in step.extra)

    def _read_op(self, data: bytes) -> Op:
        """What a driver's message asks for; UNKNOWN also for what only a device may send."""
        op = read_op(self._dialect, data) if len(data) == self._dialect.size else Op.UNKNOWN
        senders = {c.op: c.request for c in self._dialect.commands.values()}
        return Op.UNKNOWN if senders.get(op) is Sender.DEVICE else op

    def _why_unknown(self, data: bytes) -> str:
        size, at = self._dialect.size, self._dialect.cmd_offset
        if len(data) != size:
            return f"message of {len(data)} bytes, {self._dialect.name} has {size}"
        return f"command that no driver sends: {int.from_bytes(data[at : at + 4], 'little'):#x}"

    def _asked(self, ring: DeviceRing, recv: object, chain: Chain, data: bytes, step: ReceivedStep) -> None:
        self._say(f"asked for the VM ID, it is {self._vmid}")
        kept = self._give_back(ring, chain)
        if step.ignore:
            if kept:
                ring.push(chain, 0)
            return
        self._outbox.append(Outgoing(Op.NEED_VMID, self._vmid.to_bytes(4, "little"), kept))

    def _exported(
        self, ring: DeviceRing, recv: DeviceRing | None, chain: Chain, data: bytes, step: ReceivedStep
    ) -> None:
        identifier = id_of(self._dialect, data)
        self._exports += 1
        self._say(f"export {counter_name(self._dialect, identifier)} {self._look(ring.ram, data)}")
        if step.release_first:
            self._outbox.append(Outgoing(Op.DMABUF_REL, identifier))
            if recv is not None:
                self._deliver(recv)
            time.sleep(step.release_first)
            self._give_back(ring, chain)
            return
        self._held.append(Held(identifier, time.monotonic(), self._give_back(ring, chain), step.keep))
        self._release_old()

    def _withdrawn(self, ring: DeviceRing, recv: object, chain: Chain, data: bytes, step: ReceivedStep) -> None:
        identifier = id_of(self._dialect, data)
        self._say(f"unexport {counter_name(self._dialect, identifier)}")
        self._held = [held for held in self._held if held.id != identifier]
        self._give_back(ring, chain)

    def _give_back(self, ring: DeviceRing, chain: Chain) -> Chain | None:
        """Return a request's chain, or keep it where the answer must go into it."""
        if self._dialect.in_place:
            return chain
        ring.push(chain, self._dialect.size if self._dialect.device_fills_used_len else 0, request=True)
        return None

    def _release_old(self) -> None:
        going = [held for held in self._held if not held.keep]
        idle = bool(going) and time.monotonic() - going[-1].since > self._linger
        for held in going[: len(going) if idle else max(0, len(going) - self._hold)]:
            self._held.remove(held)
            self._outbox.append(Outgoing(Op.DMABUF_REL, held.id, held.chain))

    def _deliver(self, ring: DeviceRing) -> None:
        waiting, self._outbox = self._outbox, deque()
        while waiting:
            message = waiting.popleft()
            chain = message.chain or self._receive_buffer(ring)
            if chain is None:
                waiting.appendleft(message)
                break
            self._send(ring, chain, message)
        self._outbox.extendleft(reversed(waiting))

    def _receive_buffer(self, ring: DeviceRing) -> Chain | None:
        if self._dialect.in_place:
            return None
        while (chain := ring.pop()) is not None:
            room = sum(part.len for part in chain.writable)
            if not chain.problem and room >= self._dialect.size:
                return chain
            if not chain.problem:
                self._trouble(f"receive buffer of {room} bytes")
            ring.push(chain, 0)
        return None

    def _send(self, ring: DeviceRing, chain: Chain, message: Outgoing) -> None:
        self._serial += 1
        data = bytearray(build(self._dialect, message.op, message.body, self._serial))
        step = MessageStep(self._dialect, message.op, data)
        self._meet(step)
        _write(ring.ram, chain.writable, bytes(step.data))
        if message.op is Op.DMABUF_REL:
            self._releases += 1
            self._say(f"release {counter_name(self._dialect, message.body)}")
        ring.push(chain, len(step.data), bytes(step.data), request=self._dialect.in_place)
        self._outbox.extend(Outgoing(message.op, message.body) for _ in range(step.again))

    def _look(self, ram: Ram, data: bytes) -> str:
        """Follow the page table to the picture; what cannot be followed is said, never raised."""
        export = self._dialect.message(Op.EXPORT).parse(data).op
        try:
            pages = read_table(ram, export.reference, export.pages)
            pixels = gather(ram, pages, export.first_offset, export.last_length)
        except (FaultError, ValueError) as error:
            self._trouble(f"export that cannot be read: {error}")
            return f"{export.pages} pages, unreadable"
        form = Format.parse(bytes(export.private[: min(export.private_size, PRIVATE_ROOM)]))
        frame = frame_number(form, pixels) if form else None
        shape = f" {form.width}x{form.height}" if form else ""
        text = f"{len(pages)} pages{shape} crc {zlib.crc32(pixels):08x}"
        return text if frame is None else f"{text} frame {frame}"


_HANDLERS = {
    Op.NEED_VMID: Holder._asked,
    Op.EXPORT: Holder._exported,
    Op.UNEXPORT: Holder._withdrawn,
    Op.DMABUF_REL: Holder._withdrawn,
}


def _read(ram: Ram, parts: Sequence[Part]) -> bytes:
    """The parts' bytes, no more than a page of them: messages are small."""
    data = b""
    for part in parts:
        data += ram.read(part.addr, min(part.len, PAGE_SIZE - len(data)))
    return data


def _write(ram: Ram, parts: Sequence[Part], data: bytes) -> None:
    for part in parts:
        ram.write(part.addr, data[: part.len])
        data = data[part.len :]
