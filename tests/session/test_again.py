"""Judged and decoded anew: what is shown stays until the new one has come as far, and what comes meanwhile is in it."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.load import Inspection
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.testing import Exchange


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door(user=False)
    yield door
    door.close()


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def commands(inspection: Inspection) -> list[str]:
    return [command_name(number) for number in inspection.session.messages.op.tolist()]


def read(sector: int) -> tuple[bytes, bytes]:
    return bytes(8) + sector.to_bytes(8, "little"), bytes(513)


def test_of_a_capture_that_was_read(tmp_path: Path, door: Door) -> None:
    told = Exchange(2)
    told.both(*read(1))
    inspection = Inspection(str(told.capture(tmp_path / "disk.pcapng")))
    inspection.start()
    until(lambda: inspection.session.finished and not inspection.running)
    before = inspection.session
    assert commands(inspection) == ["DATA", "DATA"]
    door.open()
    inspection.again()
    until(lambda: inspection.session is not before)
    assert commands(inspection) == ["IN", "IN"]
    assert inspection.session.seq == before.seq
    assert before.record(1) == inspection.session.record(1), "who still looks at the old one can"


def test_of_a_capture_that_grows(tmp_path: Path, door: Door) -> None:
    told, path = Exchange(2), tmp_path / "disk.pcapng"
    with CaptureWriter(path) as writer:
        writer.add_queue(0, 0, "disk0/requests")
        written = 0

        def go_on(sector: int) -> None:
            nonlocal written
            told.both(*read(sector))
            for record in told.records[written:]:
                writer.write(record)
            written = len(told.records)
            writer.flush()

        go_on(1)
        inspection = Inspection(str(path), SourceOptions(follow=True))
        inspection.start()
        until(lambda: commands(inspection) == ["DATA", "DATA"])
        door.open()
        inspection.again()
        until(lambda: commands(inspection) == ["IN", "IN"])
        go_on(2)
        until(lambda: commands(inspection) == ["IN"] * 4)
        assert inspection.session.queues.queues[0].name == "disk0/requests"
    until(lambda: not inspection.running)
    assert inspection.session.finished
    inspection.stop()
