"""A producer never waits for a file that takes nothing; what was dropped meanwhile is said."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record, unpack
from vdmabuf_inspect.session.spool import Backlog, run_into
from vdmabuf_inspect.sources.base import Mode

KEY = (0, 1)


class Events:
    """A producer of `count` chains as fast as they are taken."""

    name = "events"
    memory = None
    queue_names: Mapping[tuple[int, int], str] = {KEY: "vdmabuf0/send"}

    def __init__(self, count: int, mode: Mode = Mode.LIVE) -> None:
        self.count = count
        self.mode = mode
        self.stopped = threading.Event()

    def run(self, write: Callable[[Record], None]) -> None:
        write(Record(EventKind.START, 1, *KEY, readable_bytes=bytes(56)))
        for number in range(self.count):
            if self.stopped.is_set():
                return
            write(Record(EventKind.AVAILABLE, 2 + number, *KEY, index=number & 0xFFFF, readable_bytes=bytes(4096)))

    def stop(self) -> None:
        self.stopped.set()

    def status(self) -> str:
        return ""


def read(path: Path) -> list[Record]:
    with CaptureFile(path) as capture:
        batch = capture.read(1 << 20)
        assert batch is not None and capture.truncated_at is None
        found = [
            unpack(batch.store.data[o : o + s]) for o, s in zip(batch.offset.tolist(), batch.size.tolist(), strict=True)
        ]
    return [record for record in found if record is not None]


def seen_and_missed(records: list[Record]) -> tuple[int, int]:
    return (
        sum(record.kind is EventKind.AVAILABLE for record in records),
        sum(record.count for record in records if record.kind is EventKind.GAP),
    )


def test_a_stalled_reader_does_not_stall_the_producer(tmp_path: Path) -> None:
    out, into = os.pipe()
    producer, done = Events(2000), threading.Event()

    def run() -> None:
        run_into(producer, CaptureWriter(into), backlog=1 << 20)
        os.close(into)

    original = producer.run

    def timed(write: Callable[[Record], None]) -> None:
        original(write)
        done.set()

    producer.run = timed  # type: ignore[method-assign]
    thread = threading.Thread(target=run)
    thread.start()
    assert done.wait(20), "the producer waited for the pipe"
    data = b""
    while part := os.read(out, 1 << 16):
        data += part
    thread.join(20)
    (tmp_path / "r.pcapng").write_bytes(data)
    records = read(tmp_path / "r.pcapng")
    seen, missed = seen_and_missed(records)
    assert missed > 0 and seen + missed == 2000


def test_a_snapshot_waits_and_loses_nothing(tmp_path: Path) -> None:
    with CaptureWriter(tmp_path / "r.pcapng") as writer:
        run_into(Events(1000, Mode.SNAPSHOT), writer, backlog=1 << 16)
    assert seen_and_missed(read(tmp_path / "r.pcapng")) == (1000, 0)


def test_what_was_dropped_last_is_said_too() -> None:
    backlog = Backlog(1)
    for number in range(3):
        backlog.put(Record(EventKind.AVAILABLE, number, *KEY))
    assert [(r.kind, r.time_ns, r.count) for r in backlog.take()] == [
        (EventKind.AVAILABLE, 0, 0),
        (EventKind.GAP, 2, 2),
    ]


def test_a_queue_that_starts_anew_says_first_what_was_dropped() -> None:
    backlog = Backlog(1)
    for kind in (EventKind.AVAILABLE, EventKind.AVAILABLE, EventKind.USED, EventKind.KICK, EventKind.STOP):
        backlog.put(Record(kind, 5, *KEY))
    taken = backlog.take()
    assert [(r.kind, r.count) for r in taken] == [(EventKind.AVAILABLE, 0), (EventKind.GAP, 2), (EventKind.STOP, 0)]
    assert backlog.take() == []


def test_a_reader_that_goes_away_ends_a_quiet_recording() -> None:
    out, into = os.pipe()
    producer = Events(1)
    original = producer.run

    def quiet(write: Callable[[Record], None]) -> None:
        original(write)
        assert producer.stopped.wait(20), "nobody noticed"

    producer.run = quiet  # type: ignore[method-assign]
    threading.Timer(0.3, os.close, (out,)).start()
    began = time.monotonic()
    with pytest.raises(InspectError) as caught:
        run_into(producer, CaptureWriter(into))
    os.close(into)
    assert isinstance(caught.value.__cause__, BrokenPipeError) and time.monotonic() - began < 15
