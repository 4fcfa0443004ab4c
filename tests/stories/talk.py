"""The control plane of a story: messages between its front end and its back end, said one after the other."""

from tests.stories.guest import MS, RAM_SIZE
from tests.stories.story import Story
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import CONTROL_QUEUE, Record
from vdmabuf_inspect.sources.vhost_user.control import Way, boundary_record, message_record
from vdmabuf_inspect.vhost_user.connection import Fds, Message
from vdmabuf_inspect.vhost_user.payload import MemoryTable, Region, SingleRegion, VringAddress, VringState, pack_u64
from vdmabuf_inspect.vhost_user.wire import VERSION, HeaderFlag, ProtocolFeature, Request

UVA = 0x7F0000000000
OFFERED = int(Feature.VERSION_1 | Feature.PROTOCOL_FEATURES)
PROTOCOL = int(ProtocolFeature.REPLY_ACK | ProtocolFeature.CONFIGURE_MEM_SLOTS | ProtocolFeature.STATUS)
RAM = Region(0, RAM_SIZE, UVA, 0)
FRONT, BACK = Way(), Way(back_end=True)


class CountedFds(Fds):
    """So many file descriptors, none of them open."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def __len__(self) -> int:
        return self._count


class Talk:
    """Adds CONTROL records to a story. Each step answers the row of its record."""

    def __init__(self, story: Story, session: int = 1, *, seen: bool = True) -> None:
        self.story, self.number = story, session
        story.guest.names[story.device, CONTROL_QUEUE] = f"vdmabuf{story.device}/vhost-user"
        for back_end in (False, True) if seen else ():
            self.put(boundary_record(session, back_end, False, "connected", self._now()))

    def put(self, record: Record) -> int:
        self.story.guest.records.append(record)
        return len(self.story.guest.records) - 1

    def say(self, way: Way, request: int, payload: bytes = b"", fds: int = 0, flags: int | None = None) -> int:
        """A message as it is sent; without `flags` those that its direction has."""
        told = VERSION | (HeaderFlag.REPLY if way.back_end is not way.channel else 0) if flags is None else flags
        return self.put(message_record(Message(request, payload, told, CountedFds(fds)), way, self._now(), 65536))

    def ask(self, request: int, payload: bytes = b"", fds: int = 0) -> int:
        return self.say(FRONT, request, payload, fds)

    def answer(self, request: int, payload: bytes = b"", fds: int = 0) -> int:
        return self.say(BACK, request, payload, fds)

    def number_of(self, request: int, value: int) -> int:
        """A request that is answered by a number."""
        self.ask(request)
        return self.answer(request, pack_u64(value))

    def negotiate(self, protocol: int = PROTOCOL, features: int = OFFERED) -> int:
        """Features and protocol features, in the order of QEMU; the row of SET_FEATURES."""
        self.number_of(Request.GET_FEATURES, OFFERED)
        self.number_of(Request.GET_PROTOCOL_FEATURES, PROTOCOL)
        self.ask(Request.SET_PROTOCOL_FEATURES, pack_u64(protocol))
        self.ask(Request.SET_OWNER)
        return self.ask(Request.SET_FEATURES, pack_u64(features))

    def share(self, region: Region = RAM) -> int:
        return self.ask(Request.ADD_MEM_REG, SingleRegion(region).pack(), 1)

    def share_all(self) -> int:
        """The whole memory as one table."""
        return self.ask(Request.SET_MEM_TABLE, MemoryTable.of(RAM).pack(), 1)

    def ring(self, request: int, number: int, index: int = 0) -> int:
        return self.ask(request, VringState(index, number).pack())

    def place(self, index: int = 0, at: int = UVA) -> int:
        return self.ask(Request.SET_VRING_ADDR, VringAddress(index, 0, at, at + 0x1000, at + 0x2000).pack())

    def kick_fd(self, index: int = 0) -> int:
        return self.ask(Request.SET_VRING_KICK, pack_u64(index), 1)

    def set_up(self, index: int = 0) -> int:
        """A ring in the order of QEMU, enabled at last."""
        self.ring(Request.SET_VRING_NUM, 16, index)
        self.ring(Request.SET_VRING_BASE, 0, index)
        self.place(index)
        self.kick_fd(index)
        return self.ring(Request.SET_VRING_ENABLE, 1, index)

    def hand_over(self, index: int = 0) -> int:
        """GET_VRING_BASE and its answer."""
        self.ring(Request.GET_VRING_BASE, 0, index)
        return self.answer(Request.GET_VRING_BASE, VringState(index, 5).pack())

    def leave(self, *, back_end: bool = False) -> int:
        """One end closes, the other is closed in turn."""
        row = self.put(boundary_record(self.number, back_end, True, "closed", self._now()))
        self.put(boundary_record(self.number, not back_end, True, "closed in turn", self._now()))
        return row

    def wait(self, ms: int) -> None:
        self.story.guest.now += ms * MS

    def late(self, queue: int, count: int) -> int:
        """The observer of a stopped ring saw chains come back."""
        return self.put(Record(EventKind.LOOK, self._now(), queue=queue, count=count, flags=EventFlag.LATE))

    def kick(self, queue: int) -> int:
        return self.put(Record(EventKind.KICK, self._now(), queue=queue, count=1))

    def _now(self) -> int:
        self.story.guest.now += 1000
        return self.story.guest.now
