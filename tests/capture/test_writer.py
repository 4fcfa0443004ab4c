"""What is written is read back, a cut file reads up to the cut, and a full disk is told in one line."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vdmabuf_inspect.capture.compose import shorten
from vdmabuf_inspect.capture.extraction import write_capture
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Descriptor, Record, unpack

from . import foreign, samples

ONE_FILE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


def records(path: Path) -> Iterator[tuple[Record | None, str, str]]:
    """Each record, its interface's name and its note."""
    with CaptureFile(path) as file:
        number = 0
        while batch := file.read(7):
            for i in range(len(batch)):
                at, size = int(batch.offset[i]), int(batch.size[i])
                record = unpack(batch.store.data[at : at + size], int(batch.time_ns[i]))
                yield record, file.interfaces[batch.interface[i]].name, file.notes.get(number, "")
                number += 1


@ONE_FILE
@given(st.lists(samples.RECORDS, max_size=12))
def test_round_trip(tmp_path: Path, given_records: list[Record]) -> None:
    path = tmp_path / "trip.pcapng"
    with CaptureWriter(path) as writer:
        writer.add_queue(0, 1, "vdmabuf0/send")
        writer.write_many(given_records)
    back = list(records(path))
    assert [r for r, _, _ in back] == given_records
    assert [note for _, _, note in back] == [r.comment for r in given_records]
    names = {(0, 1): "vdmabuf0/send"}
    keys = [(r.device, r.queue) for r in given_records]
    assert [name for _, name, _ in back] == [names.get(k, f"device{k[0]}/{k[1]}") for k in keys]
    assert foreign.read(path.read_bytes())[1] == path.stat().st_size


def test_a_file_cut_anywhere_reads_up_to_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcapng"
    with CaptureWriter(path) as writer:
        writer.write_many(Record(EventKind.USED, n, readable_bytes=bytes(n)) for n in range(5))
    data = path.read_bytes()
    first = foreign.section("<").index(b"\xff") + 0
    for cut in range(first + 200, len(data)):
        path.write_bytes(data[:cut])
        expected, stop = foreign.read(data[:cut])
        with CaptureFile(path) as file:
            batch = file.read()
            assert (0 if batch is None else len(batch)) == len(expected)
            assert (file.truncated_at is not None) == (stop < cut)


def test_an_empty_recording_is_a_recording(tmp_path: Path) -> None:
    CaptureWriter(tmp_path / "none.pcapng", hardware="board").close()
    with CaptureFile(tmp_path / "none.pcapng") as file:
        assert file.read() is None
        assert file.sections[0].comment == "vdmabuf-inspect/1"
        assert file.sections[0].hardware == "board"


def test_blocks_wait_for_flush_and_go_in_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    write = os.write
    monkeypatch.setattr("os.write", lambda fd, data: sizes.append(len(data)) or write(fd, data))
    writer = CaptureWriter(tmp_path / "lazy.pcapng")
    writer.write_many(Record(EventKind.KICK, n) for n in range(100))
    assert not sizes
    writer.flush()
    writer.flush()
    assert sizes == [(tmp_path / "lazy.pcapng").stat().st_size] == [writer.written]
    writer.write_many(Record(EventKind.USED, n, writable_bytes=bytes(4096)) for n in range(100))
    assert len(sizes) == 2
    writer.close()
    writer.close()


def test_a_descriptor_is_not_closed(tmp_path: Path) -> None:
    with (tmp_path / "fd.pcapng").open("wb") as out:
        with CaptureWriter(out) as writer:
            writer.write(Record(EventKind.USED, 1))
        with CaptureWriter(out.fileno()) as writer:
            writer.write(Record(EventKind.USED, 2))
    assert [r.time_ns for r, _, _ in records(tmp_path / "fd.pcapng") if r] == [1, 2]


def test_what_cannot_be_written_says_so(tmp_path: Path) -> None:
    with pytest.raises(InspectError, match="cannot be made"):
        CaptureWriter(tmp_path)
    writer = CaptureWriter("/dev/full")
    with pytest.raises(InspectError, match="No space left"):
        writer.close()


def test_what_is_no_file_is_written_to_and_stays(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with open(os.open(pipe, os.O_RDWR), "rb", buffering=0) as reader:  # noqa: PTH123
        assert write_capture(pipe, {}, [Record(EventKind.USED, 1)]) == 1
        assert pipe.is_fifo() and reader.read(4) == b"\n\r\r\n"


@given(samples.RECORDS, st.integers(48, 900))
def test_shortening(record: Record, room: int) -> None:
    short = shorten(record, room)
    data = short.pack()
    assert len(data) <= max(room, 48)
    assert short.flags & EventFlag.SHORTENED
    assert record.readable_bytes.startswith(short.readable_bytes)
    assert record.writable_bytes.startswith(short.writable_bytes)
    back = unpack(data, record.time_ns)
    assert back == short


def test_the_snap_length_is_kept(tmp_path: Path) -> None:
    table = tuple(Descriptor(4096 * n, 4096, 1, n + 1, n) for n in range(30))
    with CaptureWriter(tmp_path / "snap.pcapng", snaplen=500) as writer:
        writer.write(Record(EventKind.AVAILABLE, 1, descriptors=table, chain_length=30, readable_bytes=bytes(999)))
        writer.write(Record(EventKind.GAP, 2, count=17))
    first, gap = (record for record, _, _ in records(tmp_path / "snap.pcapng"))
    assert first is not None
    assert gap is not None
    assert (len(first.descriptors), first.chain_length, bool(first.flags & EventFlag.SHORTENED)) == (18, 30, True)
    assert gap.count == 17
    data = (tmp_path / "snap.pcapng").read_bytes()
    assert foreign.option("<", 4, (17).to_bytes(8, "little")) in data
