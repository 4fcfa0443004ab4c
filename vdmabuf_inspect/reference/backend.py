"""The vhost-user back end of the reference device: one session with one front end, whatever it sends.

Rings are keyed by set-up: a front end that stops and starts them again gets new ones. A queue that starts where it was
stopped goes on (a guest that was paused), any other has a new driver (firmware, then its guest's).
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.control_steps import AnsweredStep, AnswerStep
from vdmabuf_inspect.reference.inflight_region import InflightRegion, make_region, take_region
from vdmabuf_inspect.reference.kinds import kind_of
from vdmabuf_inspect.reference.memory_requests import MEMORY_SLOTS, RefusedError, add_region, remove_region, set_table
from vdmabuf_inspect.reference.queue import Queue
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import Meet
from vdmabuf_inspect.vhost_user.connection import Connection, Fds, Message
from vdmabuf_inspect.vhost_user.payload import (
    Config,
    VringAddress,
    VringFd,
    VringState,
    pack_u64,
    parse_u64,
)
from vdmabuf_inspect.vhost_user.wire import ProtocolFeature, Request, request_name, wants_reply

PROTOCOL = (
    ProtocolFeature.MQ
    | ProtocolFeature.REPLY_ACK
    | ProtocolFeature.CONFIG
    | ProtocolFeature.BACKEND_REQ
    | ProtocolFeature.INFLIGHT_SHMFD
    | ProtocolFeature.RESET_DEVICE
    | ProtocolFeature.STATUS
    | ProtocolFeature.CONFIGURE_MEM_SLOTS
)
Log = Callable[[str], None]


class BackEnd:
    """Answers a front end's requests and keeps its memory and queues.

    `prepared` is what each ring shows its steps to and complains to, and its largest batch; `stopped` is told
    of a queue that does not go on.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        offered: int,
        config: bytes,
        queues: int,
        log: Log,
        prepared: tuple[Meet, Log, int],
        stopped: Callable[[Queue], None],
    ) -> None:
        self.connection, self.ram, self.features = connection, Ram(), 0
        self._offered, self._config, self._log = offered, config, log
        self._stopped, self._meet = stopped, prepared[0]
        self._protocol = self._status = 0
        self._channel: list[int] = []
        self._touch: Callable[[], None] | None = None
        self._region: InflightRegion | None = None
        self._answer_fds = Fds()
        self.queues = [Queue(index, *prepared) for index in range(queues)]

    def serve(self) -> bool:
        """Carry out the requests that have arrived; False when the front end is gone. Raises SourceError."""
        while (message := self.connection.poll()) is not None:
            with message:
                self._carry_out(message)
        return not self.connection.closed

    def close(self) -> None:
        """Stop the rings and close everything."""
        self._stop_all()
        for queue in self.queues:
            self._give_up(queue)
            queue.close()
        _close(self._channel)
        self.ram.replace([])
        self.connection.close()

    def _carry_out(self, message: Message) -> None:
        handler = _HANDLERS.get(message.request)
        wanted, failed = wants_reply(message.header, self._protocol), False
        answer: bytes | None = None
        try:
            if handler is None:
                raise RefusedError("not known here")
            answer = handler(self, message)
        except (RefusedError, OSError, ValueError) as error:
            self._log(f"device: {request_name(message.request)} refused: {error}")
            failed = True
        if answer is None and wanted:
            answer = pack_u64(int(failed))
        if answer is not None:
            self._reply(message, answer)

    def _reply(self, message: Message, answer: bytes) -> None:
        step, self._answer_fds = AnswerStep(message.request, answer, self._answer_fds), Fds()
        self._meet(step)
        if step.skip:
            return
        with suppress(ConnectionError), replace(message.reply(step.payload), fds=step.fds) as reply:
            try:
                self.connection.send(reply)
            except TimeoutError as error:
                raise SourceError("the front end does not read its answers") from error
        touch, self._touch = self._touch, None
        self._meet(AnsweredStep(message.request, touch))

    def _get_features(self, message: Message) -> bytes:
        return pack_u64(self._offered)

    def _set_features(self, message: Message) -> None:
        self.features = _u64(message)
        if not self.features & Feature.PROTOCOL_FEATURES:
            for queue in self.queues:
                queue.enabled = True

    def _get_protocol(self, message: Message) -> bytes:
        return pack_u64(PROTOCOL)

    def _set_protocol(self, message: Message) -> None:
        self._protocol = _u64(message)

    def _queue_count(self, message: Message) -> bytes:
        return pack_u64(len(self.queues))

    def _slots(self, message: Message) -> bytes:
        return pack_u64(MEMORY_SLOTS)

    def _nothing(self, message: Message) -> None:
        """Taken note of; nothing here depends on it."""

    def _reset(self, message: Message) -> None:
        self._stop_all()
        for queue in self.queues:
            queue.enabled = False
        self._status = 0

    def _set_status(self, message: Message) -> None:
        self._status = _u64(message)
        if self._status == 0:
            self._stop_all()

    def _get_status(self, message: Message) -> bytes:
        return pack_u64(self._status)

    def _set_channel(self, message: Message) -> None:
        _close(self._channel)
        self._channel = message.fds.take()

    def _get_config(self, message: Message) -> bytes:
        asked = Config.parse(message.payload)
        if asked is None or asked.size > 256:
            raise RefusedError("malformed")
        data = self._config.ljust(256, b"\0")[asked.offset : asked.offset + asked.size]
        return Config(asked.offset, asked.size, asked.flags, data.ljust(asked.size, b"\0")).pack()

    def _set_size(self, message: Message) -> None:
        queue, size = self._state(message)
        if not 0 < size <= 1 << 15:
            raise RefusedError(f"a queue of {size} entries")
        queue.size = size

    def _set_address(self, message: Message) -> None:
        address = VringAddress.parse(message.payload)
        if address is None:
            raise RefusedError("malformed")
        self._queue(address.index).address = address

    def _set_base(self, message: Message) -> None:
        queue, base = self._state(message)
        queue.base = base

    def _get_base(self, message: Message) -> bytes:
        queue, _ = self._state(message)
        self._stop(queue, handed_over=True)
        queue.told = queue.base or 0
        return VringState(queue.index, queue.told).pack()

    def _set_kick(self, message: Message) -> None:
        queue = self._ring_fd(message, "kick")
        if queue.ring is None:
            if queue.base != queue.told:
                self._give_up(queue)
            queue.start(self.ram, self.features, self._region)

    def _set_call(self, message: Message) -> None:
        self._ring_fd(message, "call")

    def _set_error(self, message: Message) -> None:
        self._ring_fd(message, "error")

    def _enable(self, message: Message) -> None:
        queue, enabled = self._state(message)
        queue.enabled = bool(enabled)

    def _get_inflight(self, message: Message) -> bytes:
        answer, self._answer_fds = make_region(message, kind_of(self.features))
        return answer

    def _set_inflight(self, message: Message) -> None:
        self._region = take_region(message, kind_of(self.features))

    def _ring_fd(self, message: Message, name: str) -> Queue:
        payload = VringFd.parse(message.payload)
        if payload is None or len(message.fds) > 1:
            raise RefusedError("malformed")
        queue = self._queue(payload.index)
        queue.set_fd(name, None if payload.no_fd else next(iter(message.fds.take()), None))
        return queue

    def _state(self, message: Message) -> tuple[Queue, int]:
        state = VringState.parse(message.payload)
        if state is None:
            raise RefusedError("malformed")
        return self._queue(state.index), state.num

    def _queue(self, index: int) -> Queue:
        if index >= len(self.queues):
            raise RefusedError(f"there is no queue {index}")
        return self.queues[index]

    def _give_up(self, queue: Queue) -> None:
        """A queue that was handed over does not go on."""
        if queue.told is not None:
            self._stopped(queue)
            queue.told = None

    def _stop(self, queue: Queue, handed_over: bool = False) -> None:
        if queue.ring is not None:
            if not handed_over:
                self._stopped(queue)
            self._touch = queue.ring.rewrite
            queue.stop()

    def _stop_all(self) -> None:
        for queue in self.queues:
            self._stop(queue)


_HANDLERS: dict[int, Callable[[BackEnd, Message], bytes | None]] = {
    Request.GET_FEATURES: BackEnd._get_features,
    Request.SET_FEATURES: BackEnd._set_features,
    Request.SET_OWNER: BackEnd._nothing,
    Request.RESET_OWNER: BackEnd._reset,
    Request.SET_MEM_TABLE: lambda end, message: set_table(end.ram, message),
    Request.SET_VRING_NUM: BackEnd._set_size,
    Request.SET_VRING_ADDR: BackEnd._set_address,
    Request.SET_VRING_BASE: BackEnd._set_base,
    Request.GET_VRING_BASE: BackEnd._get_base,
    Request.SET_VRING_KICK: BackEnd._set_kick,
    Request.SET_VRING_CALL: BackEnd._set_call,
    Request.SET_VRING_ERR: BackEnd._set_error,
    Request.GET_PROTOCOL_FEATURES: BackEnd._get_protocol,
    Request.SET_PROTOCOL_FEATURES: BackEnd._set_protocol,
    Request.GET_QUEUE_NUM: BackEnd._queue_count,
    Request.SET_VRING_ENABLE: BackEnd._enable,
    Request.SET_BACKEND_REQ_FD: BackEnd._set_channel,
    Request.GET_CONFIG: BackEnd._get_config,
    Request.SET_CONFIG: BackEnd._nothing,
    Request.GET_INFLIGHT_FD: BackEnd._get_inflight,
    Request.SET_INFLIGHT_FD: BackEnd._set_inflight,
    Request.RESET_DEVICE: BackEnd._reset,
    Request.GET_MAX_MEM_SLOTS: BackEnd._slots,
    Request.ADD_MEM_REG: lambda end, message: add_region(end.ram, message),
    Request.REM_MEM_REG: lambda end, message: remove_region(end.ram, message),
    Request.SET_STATUS: BackEnd._set_status,
    Request.GET_STATUS: BackEnd._get_status,
}


def _u64(message: Message) -> int:
    value = parse_u64(message.payload)
    if value is None:
        raise RefusedError("malformed")
    return value


def _close(numbers: list[int]) -> None:
    for number in numbers:
        os.close(number)
    numbers.clear()
