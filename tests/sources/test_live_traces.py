"""What the proxy takes, leaves behind and lets slip: time, memory, file descriptors, messages."""

import os
import resource
import time
from pathlib import Path

from tests.fds import open_fds
from tests.sources.peers import GPA, RAM_SIZE, GuestQueue, connected, running, until
from tests.sources.test_live import of
from vdmabuf_inspect.model.event import EventKind


def test_looking_allocates_no_guest_memory(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        guest.offer(bytes(4096), writable=True)
        until(lambda: of(it.records, EventKind.AVAILABLE))
        before = os.fstat(guest.fd).st_blocks
        memory = it.proxy.memory
        assert memory is not None and memory.read(GPA, RAM_SIZE).count(0) > 0
        assert os.fstat(guest.fd).st_blocks == before


def test_many_messages_none_missed(tmp_path: Path, guest: GuestQueue) -> None:
    count = 400
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        for i in range(count):
            head = guest.offer(b"%d" % i)
            until(lambda: len(of(it.records, EventKind.AVAILABLE)) == i + 1)  # noqa: B023
            guest.take(head)
        until(lambda: len(of(it.records, EventKind.USED)) == count)
        assert [r.readable_bytes for r in of(it.records, EventKind.AVAILABLE)] == [b"%d" % i for i in range(count)]


def test_a_quiet_guest_costs_next_to_nothing(tmp_path: Path, guest: GuestQueue) -> None:
    with running(tmp_path) as it, connected(it) as peers:
        guest.start(peers)
        time.sleep(1.5)
        before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
        time.sleep(1.0)
        after, took = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter() - began
        used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        print(f"{100 * used / took:.2f} % CPU when quiet")
        assert used / took < 0.10  # about 0.01 on an idle machine; a busy loop takes 1.0


def test_a_session_leaves_no_file_descriptor(tmp_path: Path, guest: GuestQueue) -> None:
    before = open_fds()
    for _ in range(2):
        with running(tmp_path) as it, connected(it) as peers:
            guest.start(peers)
            guest.start(peers)
            assert it.records
        del it, peers
    assert open_fds() == before
