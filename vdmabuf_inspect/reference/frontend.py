"""The vhost-user front end of the reference driver: negotiation, memory table, rings."""

import time
from collections.abc import Sequence
from dataclasses import replace

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.control_steps import RequestStep
from vdmabuf_inspect.reference.packed_place import PackedPlace
from vdmabuf_inspect.reference.place import Place
from vdmabuf_inspect.reference.ram import SharedRam
from vdmabuf_inspect.reference.steps import Meet, as_it_is
from vdmabuf_inspect.vhost_user.connection import Connection, Message
from vdmabuf_inspect.vhost_user.payload import (
    Config,
    Inflight,
    MemoryTable,
    SingleRegion,
    VringAddress,
    VringState,
    pack_u64,
    parse_u64,
)
from vdmabuf_inspect.vhost_user.wire import VERSION, HeaderFlag, ProtocolFeature, Request

WANTED = (
    ProtocolFeature.MQ
    | ProtocolFeature.REPLY_ACK
    | ProtocolFeature.CONFIG
    | ProtocolFeature.STATUS
    | ProtocolFeature.CONFIGURE_MEM_SLOTS
)
ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8


class FrontEnd:
    """Speaks for a driver. Every method raises SourceError when the back end refuses, is silent or is gone."""

    def __init__(self, connection: Connection, timeout: float, meet: Meet = as_it_is) -> None:
        self.connection = connection
        self._timeout, self._meet = timeout, meet
        self.protocol = ProtocolFeature(0)
        """Protocol features in force."""
        self.features = 0
        """Virtio features in force."""
        self.offered = 0
        """Virtio features that the back end offers."""
        self._inflight: Message | None = None

    def negotiate(self, wanted: int, keep: bool = False) -> tuple[int, int]:
        """Agree on protocol features; answers (virtio features that both know, how many queues there may be).

        `keep` asks for an in-flight region, which outlives the back end.
        """
        offered = self.offered = self.ask_u64(Request.GET_FEATURES)
        if offered & Feature.PROTOCOL_FEATURES:
            self.protocol = ProtocolFeature(self.ask_u64(Request.GET_PROTOCOL_FEATURES))
            self.protocol &= WANTED | (ProtocolFeature.INFLIGHT_SHMFD if keep else 0)
            self.tell(Request.SET_PROTOCOL_FEATURES, pack_u64(self.protocol), acknowledged=False)
        queues = self.ask_u64(Request.GET_QUEUE_NUM) if self.protocol & ProtocolFeature.MQ else 2
        self.tell(Request.SET_OWNER)
        return offered & (wanted | Feature.PROTOCOL_FEATURES), queues

    def acknowledge(self, features: int) -> None:
        """Tell which features the driver uses."""
        self.set_status(ACKNOWLEDGE | DRIVER)
        self.tell(Request.SET_FEATURES, pack_u64(features))
        self.features = features
        self.set_status(ACKNOWLEDGE | DRIVER | FEATURES_OK)

    def configuration(self, offset: int, size: int) -> bytes:
        """A stretch of the device configuration space."""
        if not self.protocol & ProtocolFeature.CONFIG:
            raise SourceError("the back end has no configuration space (protocol feature CONFIG)")
        asked = Config(offset, size, 0, bytes(size))
        reply = Config.parse(self.ask(Request.GET_CONFIG, asked.pack()).payload)
        if reply is None or len(reply.data) < size:
            raise SourceError("the back end refused to tell its configuration")
        return reply.data

    def share(self, ram: SharedRam) -> None:
        """Pass the guest's memory: region by region where the back end has slots for them."""
        regions = ram.regions()
        if not self.protocol & ProtocolFeature.CONFIGURE_MEM_SLOTS:
            self.tell(Request.SET_MEM_TABLE, MemoryTable.of(*regions).pack(), [ram.fd] * len(regions))
            return
        if self.ask_u64(Request.GET_MAX_MEM_SLOTS) < len(regions):
            raise SourceError("the back end has too few memory slots")
        for region in regions:
            self.tell(Request.ADD_MEM_REG, SingleRegion(region).pack(), [ram.fd])

    def share_again(self, ram: SharedRam) -> None:
        """Take the first region away and pass it again at once."""
        region = ram.regions()[0]
        if self.protocol & ProtocolFeature.CONFIGURE_MEM_SLOTS:
            self.tell(Request.REM_MEM_REG, SingleRegion(region).pack(), acknowledged=False)
            self.tell(Request.ADD_MEM_REG, SingleRegion(region).pack(), [ram.fd], acknowledged=False)
            return
        for regions in (ram.regions()[1:], ram.regions()):
            fds = [ram.fd] * len(regions)
            self.tell(Request.SET_MEM_TABLE, MemoryTable.of(*regions).pack(), fds, acknowledged=False)

    def keep_inflight(self, queues: int, size: int) -> None:
        """Hand the back end the in-flight region, which the first one made."""
        if not self.protocol & ProtocolFeature.INFLIGHT_SHMFD:
            return
        if self._inflight is None:
            self._inflight = self.ask(Request.GET_INFLIGHT_FD, Inflight(0, 0, queues, size).pack())
        self.tell(Request.SET_INFLIGHT_FD, self._inflight.payload, self._inflight.fds.numbers)

    def start_ring(
        self, index: int, place: Place | PackedPlace, ram: SharedRam, base: int, kick: int, call: int
    ) -> None:
        """Set up one queue that stands at `base` and let it run."""
        self.tell(Request.SET_VRING_NUM, VringState(index, place.size).pack())
        self.tell(Request.SET_VRING_BASE, VringState(index, base).pack())
        parts = (ram.uva_of(part) for part in (place.desc, place.used, place.avail))
        self.tell(Request.SET_VRING_ADDR, VringAddress(index, 0, *parts).pack())
        self.tell(Request.SET_VRING_CALL, pack_u64(index), [call])
        self.tell(Request.SET_VRING_KICK, pack_u64(index), [kick])

    def enable_ring(self, index: int, enabled: bool) -> None:
        """Let the back end use a ring, or not."""
        if self.features & Feature.PROTOCOL_FEATURES:
            self.tell(Request.SET_VRING_ENABLE, VringState(index, int(enabled)).pack())

    def stop_ring(self, index: int) -> int:
        """Stop a ring; answers the index of the next available entry that the device would have taken."""
        state = VringState.parse(self.ask(Request.GET_VRING_BASE, VringState(index, 0).pack()).payload)
        if state is None:
            raise SourceError("the back end's answer to GET_VRING_BASE is too short")
        return state.num

    def set_status(self, status: int) -> None:
        """Tell the virtio device status where the back end wants it."""
        if self.protocol & ProtocolFeature.STATUS:
            self.tell(Request.SET_STATUS, pack_u64(status))

    def ask_u64(self, request: Request) -> int:
        """A request without payload that is answered by a number."""
        value = parse_u64(self.ask(request).payload)
        if value is None:
            raise SourceError(f"the back end's answer to {request.name} is too short")
        return value

    def ask(self, request: Request, payload: bytes = b"") -> Message:
        """A request and its answer."""
        self._send(Message(request, payload), ())
        return self._answer(request)

    def tell(self, request: Request, payload: bytes = b"", fds: Sequence[int] = (), acknowledged: bool = True) -> None:
        """A request without an answer, acknowledged where REPLY_ACK is in force."""
        acknowledged = acknowledged and bool(self.protocol & ProtocolFeature.REPLY_ACK)
        flags = VERSION | (HeaderFlag.NEED_REPLY if acknowledged else 0)
        self._send(Message(request, payload, flags), fds)
        if acknowledged and parse_u64(self._answer(request).payload) != 0:
            raise SourceError(f"the back end refused {request.name}")

    def _send(self, message: Message, fds: Sequence[int]) -> None:
        step = RequestStep(message.request, message.payload, tuple(fds))
        self._meet(step)
        try:
            for each in step.ahead:
                with each:
                    self.connection.send(each)
            self.connection.send(replace(message, payload=step.payload), step.fds)
        except OSError as error:
            raise SourceError(f"the back end is gone ({error})") from error

    def _answer(self, request: Request) -> Message:
        deadline = time.monotonic() + self._timeout
        while True:
            try:
                message = self.connection.receive(max(0.0, deadline - time.monotonic()))
            except TimeoutError as error:
                raise SourceError(f"the back end did not answer {request.name} in {self._timeout:g} s") from error
            if message is None:
                raise SourceError(f"the back end closed the connection at {request.name}")
            if message.request == request and message.header.is_reply:
                return message
            message.fds.close()
