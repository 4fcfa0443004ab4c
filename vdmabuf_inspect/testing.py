"""A made-up device's traffic for the tests of a plugin: put into guest memory, watched, recorded and read back."""

from dataclasses import dataclass, field
from pathlib import Path
from struct import pack_into

from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.errors import PluginError
from vdmabuf_inspect.memory import Memory, Segment
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.protocols.numbers import command_name, state_name
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.observation import Observation
from vdmabuf_inspect.ring.watch import watcher_of
from vdmabuf_inspect.rules.registry import numbered
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.moment import Moment
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.names import buffer_name

SIZE = 64
"""Descriptors of each queue; a request takes two."""
_ROOM = 0x1000
_STEP_NS = 1_000_000
_NEXT, _WRITE = 1, 2


@dataclass
class Seen:
    """What the program made of it, in order."""

    session: Session

    @property
    def commands(self) -> list[str]:
        """A name for each message."""
        return [command_name(number) for number in self.session.messages.op.tolist()]

    @property
    def fields(self) -> list[dict[str, object]]:
        """The decoded fields of each message, by path."""
        view = MessagesView(self.session)
        return [dict(row["fields"]) for row in view.rows(0, len(view))]

    @property
    def objects(self) -> dict[str, str]:
        """Each object's state at the end, by name."""
        states = Moment(self.session).states.tolist()
        return {buffer_name(self.session, i): state_name(state) for i, state in enumerate(states)}

    @property
    def findings(self) -> list[str]:
        """The codes of the rules that fired, each time."""
        return [numbered()[number].code for number in self.session.findings.rule.tolist()]


class _Queue:
    """One split ring of SIZE descriptors, driven by hand; each descriptor pair has _ROOM bytes of its own."""

    def __init__(self, ram: bytearray, layout: QueueLayout, data: int) -> None:
        self.ram, self.layout, self.data = ram, layout, data
        self.available = self.used = self.head = 0

    def offer(self, request: bytes, room: int) -> int:
        """Make a chain available: the request, then `room` writable bytes; its head."""
        head, self.head = self.head, (self.head + 2) % SIZE
        at = self.place(head)
        self.ram[at : at + len(request)] = request
        parts = [(at, len(request), 0)] * bool(request) + [(at + _ROOM // 2, room, _WRITE)] * bool(room)
        for number, (address, length, flags) in enumerate(parts):
            more = _NEXT if number + 1 < len(parts) else 0
            entry = self.layout.desc + 16 * (head + number)
            pack_into("<QIHH", self.ram, entry, address, length, flags | more, head + number + 1)
        pack_into("<H", self.ram, self.layout.avail + 4 + 2 * (self.available % SIZE), head)
        self.available += 1
        pack_into("<H", self.ram, self.layout.avail + 2, self.available & 0xFFFF)
        return head

    def give_back(self, head: int, answer: bytes) -> None:
        """Return a chain with what the device wrote."""
        at = self.place(head) + _ROOM // 2
        self.ram[at : at + len(answer)] = answer
        pack_into("<II", self.ram, self.layout.used + 4 + 8 * (self.used % SIZE), head, len(answer))
        self.used += 1
        pack_into("<H", self.ram, self.layout.used + 2, self.used & 0xFFFF)

    def place(self, head: int) -> int:
        """Where the bytes of a chain stand."""
        return self.data + head * _ROOM


@dataclass
class Exchange:
    """One device of type `device_id` with so many queues; a request and its answer have up to 2 KiB each.

    Every step is seen: the time goes on by a millisecond at each. `features` are those that the driver acknowledged.
    """

    device_id: int
    name: str = "device0"
    queues: int = 1
    features: int = int(Feature.VERSION_1)
    now_ns: int = 1_700_000_000 * 10**9
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        span = SIZE * _ROOM + 0x4000
        self._ram = bytearray(span * self.queues)
        self.memory = Memory([Segment(0, len(self._ram), lambda at, size: bytes(self._ram[at : at + size]))])
        """The guest's."""
        bases = range(0, len(self._ram), span)
        layouts = [
            QueueLayout(
                0, i, f"{self.name}/queue{i}", SIZE, base + 0x1000, base + 0x2000, base + 0x3000, self.features,
                self.device_id,
            )
            for i, base in enumerate(bases)
        ]  # fmt: skip
        self._queues = [_Queue(self._ram, q, base + 0x4000) for q, base in zip(layouts, bases, strict=True)]
        self._watch(from_the_start=True)

    def come_late(self) -> None:
        """Forget what was seen: the observer comes only now."""
        self.records.clear()
        self._watch(from_the_start=False)

    def ask(self, request: bytes = b"", room: int = 0, queue: int = 0) -> int:
        """The driver makes a request, or (none) a receive buffer, available with `room` bytes to write; its head."""
        head = self._queues[queue].offer(request, room)
        self._look()
        return head

    def tell(self, head: int, answer: bytes = b"", queue: int = 0) -> None:
        """The device writes an answer and returns the chain."""
        self._queues[queue].give_back(head, answer)
        self._look()

    def both(self, request: bytes, answer: bytes = b"", queue: int = 0) -> None:
        """A request and its answer."""
        self.tell(self.ask(request, len(answer), queue), answer, queue)

    def capture(self, path: Path) -> Path:
        """Write what was seen so far, and the end of it, as a capture."""
        with CaptureWriter(path) as writer:
            for each in self._queues:
                writer.add_queue(0, each.layout.index, each.layout.name)
            for queue in range(self.queues):
                self.records += self._observation.remove(queue, self.now_ns, closed=True)
            for record in self.records:
                writer.write(record)
        return path

    def inspect(self, folder: Path, plugin: Path | None = None) -> Seen:
        """What the program makes of it, with this plugin loaded. Raises PluginError when it cannot be."""
        door = Door([str(plugin)] if plugin else [], user=False)
        for failed in door.open():
            raise PluginError(failed.trace or failed.error)
        try:
            return Seen(inspect(str(self.capture(folder / "exchange.pcapng"))))
        finally:
            door.close()

    def _watch(self, from_the_start: bool) -> None:
        self._observation = Observation()
        for each in self._queues:
            self.records += self._observation.add(watcher_of(self.memory, each.layout), self.now_ns, from_the_start)

    def _look(self) -> None:
        self.now_ns += _STEP_NS
        self.records += self._observation.look(self.now_ns)
