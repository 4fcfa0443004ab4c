"""A vhost-user back end of virtio-vsock in a thread, with a host that returns what it is sent (virtio 1.2, 5.10)."""

import select
import threading
import time
from collections import deque
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.peers.vsock_host import HEADER_SIZE, HOST, Host
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.backend import BackEnd
from vdmabuf_inspect.reference.device_ring import Chain, DeviceRing
from vdmabuf_inspect.reference.endpoint import accept, listen
from vdmabuf_inspect.reference.place import Part
from vdmabuf_inspect.reference.ram import Ram
from vdmabuf_inspect.reference.steps import as_it_is
from vdmabuf_inspect.vhost_user.connection import Connection

GUEST = 7
"""The guest's context ID."""
RX, TX = 0, 1
_OFFERED = Feature.VERSION_1 | Feature.PROTOCOL_FEATURES | Feature.INDIRECT_DESC | Feature.EVENT_IDX
_TICK_MS = 5


class VsockDevice:
    """Listens at `path` and serves one front end after the other while the context lasts.

    It leaves each packet alone for `calm` seconds: drivers use the memory of one that is back at once for the next.
    `complaints` are what the driver did wrong, as far as the rings show it.
    """

    def __init__(self, path: Path, calm: float = 0.1) -> None:
        self.complaints: list[str] = []
        self._path, self._calm, self._ended = path, calm, threading.Event()
        self._listener = listen(str(path))
        self._thread = threading.Thread(target=self._run, name="vsock", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join(10)
        self._listener.close()
        self._path.unlink()

    def _run(self) -> None:
        while not self._ended.is_set():
            try:
                connection = Connection(accept(self._listener, 0.2))
            except SourceError:
                continue
            end = BackEnd(
                connection, offered=_OFFERED, config=GUEST.to_bytes(8, "little"), queues=2, log=lambda text: None,
                prepared=(as_it_is, self.complaints.append, 1), stopped=lambda queue: None,
            )  # fmt: skip
            try:
                self._serve(end)
            finally:
                end.close()

    def _serve(self, end: BackEnd) -> None:
        host = Host(HOST)
        while end.serve() and not self._ended.is_set():
            for queue in end.queues:
                queue.drain_kicks()
            receive, send = end.queues[RX].running, end.queues[TX].running
            if receive is not None and host.outgoing:
                _deliver(receive, host.outgoing)
                time.sleep(self._calm)
            if send is not None and send.waiting():
                time.sleep(self._calm)
                _take(send, host)
            _wait(end)


def _take(ring: DeviceRing, host: Host) -> None:
    chain = ring.pop()
    if chain is not None:
        packet = b"".join(ring.ram.read(part.addr, part.len) for part in chain.readable)
        ring.push(chain, 0, request=True)
        if not chain.problem and len(packet) >= HEADER_SIZE:
            host.hear(packet)
    ring.tick()


def _deliver(ring: DeviceRing, outgoing: deque[bytes]) -> None:
    chain = ring.pop()
    if chain is not None:
        packet = b"" if chain.problem else outgoing.popleft()
        _scatter(ring.ram, chain, packet)
        ring.push(chain, len(packet), packet)
    ring.tick()


def _scatter(ram: Ram, chain: Chain, packet: bytes) -> None:
    parts: deque[Part] = deque(chain.writable)
    while packet and parts:
        part = parts.popleft()
        ram.write(part.addr, packet[: part.len])
        packet = packet[part.len :]


def _wait(end: BackEnd) -> None:
    poller = select.poll()
    poller.register(end.connection, select.POLLIN)
    for queue in end.queues:
        if queue.kick is not None:
            poller.register(queue.kick, select.POLLIN)
    poller.poll(_TICK_MS)
