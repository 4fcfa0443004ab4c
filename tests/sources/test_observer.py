"""The observer believes nothing: whatever the messages and the memory say, it only watches."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from struct import pack

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.peers import AVAIL, DESC, SIZE, USED, GuestQueue
from vdmabuf_inspect.model.record import Record, unpack
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.vhost_user import requests
from vdmabuf_inspect.sources.vhost_user.loop import Loop
from vdmabuf_inspect.sources.vhost_user.observer import Observer
from vdmabuf_inspect.vhost_user.connection import Fds, Message
from vdmabuf_inspect.vhost_user.payload import pack_u64
from vdmabuf_inspect.vhost_user.wire import VERSION, Request

WORD = st.sampled_from([0, 1, 8, 0x100, 0xFFFF, 1 << 16, 1 << 31, (1 << 32) - 1])
LONG = st.one_of(WORD, st.sampled_from([0x1000, 0x2000, 1 << 32, 1 << 63, (1 << 64) - 1, 0x7FFF_FFFF_FFFF_F000]))
PAYLOADS = st.one_of(
    st.binary(max_size=80),
    st.builds(lambda *w: pack("=II", *w), WORD, WORD),
    st.builds(lambda v: pack("=Q", v), LONG),
    st.builds(lambda *w: pack("=IIQQQQ", *w), WORD, WORD, LONG, LONG, LONG, LONG),
    st.builds(lambda *w: pack("=IIQQQQ", 1, 0, *w), LONG, LONG, LONG, LONG),
    st.builds(lambda *w: pack("=QQQQQ", 0, *w), LONG, LONG, LONG, LONG),
)
SAID = st.tuples(st.sampled_from(sorted(requests.FRONT)), PAYLOADS, st.integers(0, 3), st.integers(0, 5))


@contextmanager
def observing() -> Iterator[tuple[Observer, list[Record]]]:
    records: list[Record] = []
    loop = Loop()
    observer = Observer(loop, SourceOptions(), records.append, lambda index, name: None)
    yield observer, records
    observer.close(well=True)
    loop.close()


def set_up(observer: Observer, guest: GuestQueue) -> None:
    requests.front(observer, Message(Request.SET_MEM_TABLE, guest.table().payload, fds=Fds([os.dup(guest.fd)])))
    for message in (guest.state(Request.SET_VRING_NUM, SIZE), guest.address()):
        requests.front(observer, message)
    kick = Message(Request.SET_VRING_KICK, pack_u64(guest.index), fds=Fds([os.dup(guest.kick)]))
    requests.front(observer, kick)


@settings(max_examples=200, deadline=None)
@given(st.lists(SAID, max_size=25), st.binary(max_size=64))
def test_no_message_and_no_memory_makes_it_fail(said: list[tuple[int, bytes, int, int]], memory: bytes) -> None:
    guest = GuestQueue()
    fd = guest.fd
    for at in (DESC, AVAIL, USED):
        guest.write(at, memory)
    with observing() as (observer, records):
        set_up(observer, guest)
        assert len(observer.running) == 1
        for request, payload, fds, turn in said:
            with Message(request, payload, fds=Fds(os.dup(fd) for _ in range(fds))) as message:
                requests.front(observer, message)
            if turn == 0:
                requests.back(observer, Message(11, payload, VERSION | 4))
            requests.channel(observer, Message(4, payload), back_end=True)
            guest.write((DESC, AVAIL, USED)[turn % 3], payload)
            observer.look()
    guest.close()
    assert all(unpack(record.pack(), record.time_ns) is not None for record in records)
