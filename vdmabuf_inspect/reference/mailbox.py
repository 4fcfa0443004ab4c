"""The driver's queues as a mailbox: messages out, messages in, receive buffers posted as the dialect's drivers do."""

import os
import select
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect, Posting
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.control_steps import EnableStep
from vdmabuf_inspect.reference.driver_ring import DriverRing, Given
from vdmabuf_inspect.reference.framing import framings
from vdmabuf_inspect.reference.frontend import ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK, FrontEnd
from vdmabuf_inspect.reference.guest import HOLE, SLOT, Guest
from vdmabuf_inspect.reference.kinds import common_options, kind_of
from vdmabuf_inspect.reference.place import Part
from vdmabuf_inspect.reference.steps import Complain, Meet, MessageStep, PlaceStep, PostStep

AHEAD_LIMIT = 1024
"""Receive buffers kept posted at most."""


@dataclass(frozen=True)
class Sent:
    """A chain in flight: where its bytes lie, and what the sender wants to be told when it is back."""

    slot: int
    size: int
    tag: Any = None


@dataclass(frozen=True)
class Arrived:
    """Something that the device returned: a message, or the chain of one sent (`tag`), or both in one."""

    message: bytes | None
    tag: Any = None
    spoilt: bool = False


class Box:
    """One queue with its eventfds and its message slots, which are used first in, first out."""

    def __init__(self, ring: DriverRing, slots: deque[int], kick: int, call: int) -> None:
        self.ring, self.slots, self.kick, self.call = ring, slots, kick, call

    def take(self) -> list[tuple[Given, Sent]]:
        """What came back; the slots may be used again."""
        with suppress(BlockingIOError):
            os.eventfd_read(self.call)
        back = [(given, given.tag) for given in self.ring.collect()]
        self.slots.extend(sent.slot for _, sent in back)
        return back


class Mailbox:
    """Everything between a driver's messages and the rings. `complain` hears of what the device does wrong."""

    def __init__(
        self, dialect: Dialect, guest: Guest, meet: Meet, complain: Complain, framing: str, tick: float
    ) -> None:
        self._dialect, self._guest, self._meet, self._complain = dialect, guest, meet, complain
        self._tick = tick
        self._framings = framings(framing, dialect)
        self._boxes: list[Box] = []
        self._fds: list[int] = []
        self._skipped = 0

    def open(self, front: FrontEnd, features: int) -> None:
        """Set the queues up, enable them, post the first receive buffers. `features` are those the driver uses."""
        for index in range(len(self._dialect.queues)):
            self._boxes.append(self._open(index, features))
        self.start(front)

    def pause(self, front: FrontEnd) -> None:
        """Stop the queues as QEMU does when its guest stops, and set them up again where the device stopped."""
        bases = [front.stop_ring(index) for index in range(len(self._boxes))]
        front.set_status(0)
        front.acknowledge(front.features)
        self.start(front, bases)
        front.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)

    def start(self, front: FrontEnd, bases: Sequence[int] = ()) -> None:
        """Tell a back end of the queues as they stand, or of those that go on from `bases`, and enable them."""
        bases = bases or [box.ring.base for box in self._boxes]
        front.keep_inflight(len(self._boxes), self._send.ring.place.size)
        for index, box in enumerate(self._boxes):
            front.start_ring(index, box.ring.place, self._guest.ram, bases[index], box.kick, box.call)
        for index, box in enumerate(self._boxes):
            self._meet(EnableStep(index, _notifier(box.kick)))
            front.enable_ring(index, True)

    def post_first(self) -> None:
        """Post what the dialect's drivers post before anything is sent."""
        half = max(1, self._recv.ring.room // 2)  # the rest rests, so that a message stays readable for a while
        count = {Posting.AHEAD: min(half, AHEAD_LIMIT), Posting.ONE: 1}
        for _ in range(count.get(self._dialect.posting, 0)):
            self._post()

    @property
    def posted(self) -> int:
        """Receive buffers that the device has, or that the driver believes it has."""
        return len(self._recv.ring.given) + self._skipped

    @property
    def in_flight(self) -> int:
        """Messages sent whose chains are not back."""
        return len(self._send.ring.given)

    @property
    def under_way(self) -> list[Any]:
        """Tags of messages whose chains are not back."""
        return [given.tag.tag for given in self._send.ring.given.values()]

    @property
    def ready(self) -> bool:
        """Whether a message can be sent now."""
        if self._dialect.posting is Posting.ONE and self.in_flight:
            return False
        if self._dialect.posting is Posting.PER_MESSAGE and not self._recv.ring.room:
            return False
        ring = self._send.ring
        return ring.room >= min(3, ring.place.size - 1) and ring.room > 0 and bool(self._send.slots)

    def send(self, op: Op, data: bytes, tag: Any = None) -> None:
        """Send one message; `tag` comes back with its chain. Raises RingFullError when not `ready`."""
        step = MessageStep(self._dialect, op, bytearray(data))
        self._meet(step)
        if self._dialect.posting is Posting.PER_MESSAGE:
            self._post()
        slot = self._send.slots.popleft()
        self._guest.ram.write(slot, step.data)
        framing = next(self._framings)
        ring = self._send.ring
        parts = framing.parts(slot, len(step.data), self._dialect.in_place, ring.room, ring.place.size)
        sent = ring.add(parts, Sent(slot, len(step.data), tag), framing.indirect)
        sent.spoilt |= step.spoilt

    def collect(self) -> list[Arrived]:
        """What the device returned; receive buffers are posted again as the dialect's drivers do."""
        arrived = [self._arrived(given, sent) for given, sent in self._send.take()]
        if self._recv is not self._send:
            for given, sent in self._recv.take():
                arrived.append(Arrived(self._read(given, sent)))
                if self._dialect.posting in (Posting.AHEAD, Posting.ONE):
                    self._post()
        return arrived

    def post_again(self) -> None:
        """A message took a receive buffer that was meant for another."""
        if self._dialect.posting is Posting.PER_MESSAGE:
            self._post()

    def wait(self, front: FrontEnd, seconds: float) -> None:
        """Wait for the device to call. Raises SourceError when the back end is gone."""
        poller = select.poll()
        for box in self._boxes:
            poller.register(box.call, select.POLLIN)
        poller.register(front.connection, select.POLLIN)
        poller.poll(max(0.0, min(seconds, self._tick)) * 1000)
        stray = front.connection.poll()
        if stray is not None:
            stray.fds.close()
        if front.connection.closed:
            raise SourceError("the device closed the connection")

    def stop(self, front: FrontEnd) -> None:
        """Disable and stop the queues."""
        for index in range(len(self._boxes)):
            front.enable_ring(index, False)
        for index in range(len(self._boxes)):
            front.stop_ring(index)

    def close(self) -> None:
        """Close the eventfds."""
        for number in self._fds:
            os.close(number)
        self._fds.clear()

    @property
    def _send(self) -> Box:
        return self._boxes[-1]

    @property
    def _recv(self) -> Box:
        return self._boxes[0]

    def _open(self, index: int, features: int) -> Box:
        kind = kind_of(features)
        step = PlaceStep(index, self._guest.place(index, kind), self._guest.limit)
        self._meet(step)
        kick, call = (os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC) for _ in range(2))
        self._fds += kick, call
        ring = kind.driver(
            self._guest.ram,
            step.place,
            **common_options(features),
            notify=_notifier(kick),
            scratch=self._guest.scratch if features & Feature.INDIRECT_DESC else None,
            **({"reserved": step.reserved} if step.reserved else {}),
            meet=self._meet,
            complain=self._complain,
            outside=HOLE,
        )
        return Box(ring, self._guest.slots[index], kick, call)

    def _post(self) -> None:
        step = PostStep(len(self._recv.ring.given))
        self._meet(step)
        if step.skip:
            self._skipped += 1
            return
        slot = self._recv.slots.popleft()
        self._guest.ram.write(slot, bytes(SLOT))
        size = self._dialect.size
        self._recv.ring.add([Part(slot, size, writable=True)], Sent(slot, size), request=False)

    def _arrived(self, given: Given, sent: Sent) -> Arrived:
        message = self._read(given, sent) if self._dialect.in_place and not given.spoilt else None
        return Arrived(message, sent.tag, given.spoilt)

    def _read(self, given: Given, sent: Sent) -> bytes:
        if given.length > sent.size:
            self._complain(f"used length {given.length} for a buffer of {sent.size} bytes")
        return self._guest.ram.read(sent.slot, min(given.length, sent.size))


def _notifier(number: int) -> Callable[[], None]:
    return lambda: os.eventfd_write(number, 1)
