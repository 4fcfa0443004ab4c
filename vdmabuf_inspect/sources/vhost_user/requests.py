"""What each vhost-user message tells the observer. Requests that are not here tell nothing and are passed on."""

import time
from collections.abc import Callable

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.sources.vhost_user.control import Way
from vdmabuf_inspect.sources.vhost_user.observer import Observer
from vdmabuf_inspect.vhost_user.connection import Message
from vdmabuf_inspect.vhost_user.payload import MemoryTable, SingleRegion, VringAddress, VringFd, VringState, parse_u64
from vdmabuf_inspect.vhost_user.wire import BackendRequest, Request

MAX_INDEX = 0xFFFF
Told = Callable[[Observer, Message], None]


def front(observer: Observer, message: Message) -> None:
    """A message of the front end, before it is passed on."""
    told = FRONT.get(message.request)
    if told is not None:
        observer.look()
    observer.hear(message, Way())
    if told is not None:
        told(observer, message)
        observer.start_ready()


def back(observer: Observer, message: Message) -> None:
    """A message of the back end, before it is passed on: these are replies."""
    observer.hear(message, Way(back_end=True))
    if message.header.is_reply and message.request == Request.GET_VRING_BASE:
        state = _state(message)
        if state is not None:
            observer.hand_over(observer.ring(state.index), state.num)
    if message.header.is_reply and message.request == Request.GET_FEATURES:
        observer.offered = parse_u64(message.payload) or 0
    if message.header.is_reply and message.request == Request.POSTCOPY_END:
        observer.suspended = False
        observer.start_ready()


def channel(observer: Observer, message: Message, back_end: bool) -> None:
    """A message on the back end's own channel, in either direction: a call may come in band."""
    observer.hear(message, Way(back_end, channel=True))
    state = _state(message)
    if back_end and message.request == BackendRequest.VRING_CALL and state is not None and not message.header.is_reply:
        observer.ring(state.index).call.rung += 1


def _state(message: Message) -> VringState | None:
    """A queue index and a number; None when the index is none that a virtqueue can have."""
    state = VringState.parse(message.payload)
    return state if state is not None and state.index <= MAX_INDEX else None


def _features(observer: Observer, message: Message) -> None:
    features = parse_u64(message.payload)
    observer.features = observer.features if features is None else features


def _memory_table(observer: Observer, message: Message) -> None:
    table = MemoryTable.parse(message.payload)
    observer.remap()
    if table is not None and table.regions:
        observer.shared.set(table.regions, message.fds.numbers)


def _add_region(observer: Observer, message: Message) -> None:
    single = SingleRegion.parse(message.payload)
    if single is not None:
        observer.shared.add(single.region, message.fds.numbers)


def _remove_region(observer: Observer, message: Message) -> None:
    single = SingleRegion.parse(message.payload)
    observer.remap()
    if single is not None:
        observer.shared.remove(single.region)


def _num(observer: Observer, message: Message) -> None:
    state = _state(message)
    if state is not None:
        observer.ring(state.index).size = state.num


def _base(observer: Observer, message: Message) -> None:
    state = _state(message)
    if state is not None:
        observer.ring(state.index).base = state.num


def _address(observer: Observer, message: Message) -> None:
    address = VringAddress.parse(message.payload)
    if address is not None and address.index <= MAX_INDEX:
        observer.ring(address.index).address = address


def _kick(observer: Observer, message: Message) -> None:
    which = VringFd.parse(message.payload)
    if which is None:
        return
    ring = observer.ring(which.index)
    ring.kickable = True
    if message.fds:
        ring.kick.hang(message.fds.numbers[0])
        ring.kick.hold(not ring.enabled and bool(observer.features & Feature.PROTOCOL_FEATURES))
    else:
        ring.kick.remove()


def _call(observer: Observer, message: Message) -> None:
    which = VringFd.parse(message.payload)
    if which is None:
        return
    ring = observer.ring(which.index)
    if message.fds:
        ring.call.hang(message.fds.numbers[0])
    else:
        ring.call.remove()


def _enable(observer: Observer, message: Message) -> None:
    state = _state(message)
    if state is not None and observer.features & Feature.PROTOCOL_FEATURES:
        ring = observer.ring(state.index)
        ring.enabled = bool(state.num)
        ring.disabled_ns = 0 if ring.enabled else time.time_ns()
        ring.kick.hold(False)


def _kick_in_band(observer: Observer, message: Message) -> None:
    state = _state(message)
    if state is not None:
        observer.ring(state.index).kick.rung += 1


def _status(observer: Observer, message: Message) -> None:
    if parse_u64(message.payload) == 0:
        observer.reset()  # QEMU says so at a pause too, of rings that it has stopped before


def _reset(observer: Observer, _message: Message) -> None:
    observer.reset()
    observer.forget_paused()


def _suspend(observer: Observer, _message: Message) -> None:
    observer.suspended = True


FRONT: dict[int, Told] = {
    Request.SET_FEATURES: _features,
    Request.SET_MEM_TABLE: _memory_table,
    Request.ADD_MEM_REG: _add_region,
    Request.REM_MEM_REG: _remove_region,
    Request.SET_VRING_NUM: _num,
    Request.SET_VRING_BASE: _base,
    Request.SET_VRING_ADDR: _address,
    Request.SET_VRING_KICK: _kick,
    Request.SET_VRING_CALL: _call,
    Request.SET_VRING_ENABLE: _enable,
    Request.VRING_KICK: _kick_in_band,
    Request.SET_STATUS: _status,
    Request.RESET_OWNER: _reset,
    Request.RESET_DEVICE: _reset,
    Request.POSTCOPY_ADVISE: _suspend,
}
"""Front-end requests and what they tell."""
