"""The reader agrees with a naive one on any pcapng file, and never raises anything but SourceError."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vdmabuf_inspect.capture.batch import Batch
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.capture.scan import MOST
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record

from . import foreign, samples

ONE_FILE = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
RECORD = Record(EventKind.USED, 0, head=3).pack()


def everything(file: CaptureFile, limit: int = 131072) -> list[foreign.Found]:
    rows: list[foreign.Found] = []
    while (batch := file.read(limit)) is not None:
        assert 0 < len(batch) <= limit
        rows += found(batch, file, len(rows))
    return rows


def found(batch: Batch, file: CaptureFile, first: int = 0) -> list[foreign.Found]:
    columns = (batch.time_ns, batch.offset, batch.size, batch.interface)
    return [
        foreign.Found(t, o, s, file.interfaces[i].name, file.notes.get(first + n, ""))
        for n, (t, o, s, i) in enumerate(zip(*(c.tolist() for c in columns), strict=True))
    ]


def near(a: list[foreign.Found], b: list[foreign.Found]) -> bool:
    """Equal, times to a nanosecond (a binary clock is cut, not rounded)."""
    keys = [[(r.offset, r.size, r.name, r.comment.strip("\n")) for r in rows] for rows in (a, b)]
    return keys[0] == keys[1] and all(abs(x.time_ns - y.time_ns) <= 1 for x, y in zip(a, b, strict=True))


@ONE_FILE
@given(samples.files(), st.integers(0, 3), st.integers(1, 5))
def test_agrees_with_the_naive_reader(tmp_path: Path, data: bytes, cut: int, limit: int) -> None:
    path = tmp_path / "any.pcapng"
    path.write_bytes(data[: len(data) - cut * 7])
    expected, stop = foreign.read(path.read_bytes())
    try:
        with CaptureFile(path) as file:
            assert near(everything(file, limit), expected)
            damage = file.truncated_at
    except SourceError as error:
        assert not expected
        assert "\n" not in str(error)
    else:
        assert (damage is not None) == (stop < path.stat().st_size)
        assert damage is None or damage.offset == stop


@ONE_FILE
@given(samples.files(), st.lists(st.tuples(st.integers(0, 2**16), st.integers(1, 255)), max_size=8))
def test_flipped_bits(tmp_path: Path, data: bytes, flips: list[tuple[int, int]]) -> None:
    broken = bytearray(data)
    for at, mask in flips:
        broken[at % len(broken)] ^= mask
    (path := tmp_path / "broken.pcapng").write_bytes(broken)
    try:
        with CaptureFile(path) as file:
            for row in everything(file):
                assert row.offset % 4 == 0
                assert 48 <= row.size <= len(broken) - row.offset
    except SourceError as error:
        assert "\n" not in str(error)


@ONE_FILE
@given(st.binary(max_size=200), st.booleans())
def test_random_bytes(tmp_path: Path, data: bytes, follow: bool) -> None:
    (path := tmp_path / "noise").write_bytes(b"\x0a\x0d\x0d\x0a" + data if len(data) % 2 else data)
    try:
        with CaptureFile(path, follow=follow) as file:
            batch = file.read()
            assert batch is None or not len(batch)
    except SourceError as error:
        assert str(path) in str(error)


@pytest.mark.parametrize("order", "<>")
def test_both_byte_orders_and_several_sections(tmp_path: Path, order: str) -> None:
    one = foreign.section(order) + foreign.interface(order, 147, foreign.option(order, 9, b"\x09"))
    two = foreign.section("<") + foreign.interface("<", 1) + foreign.interface("<", 147)
    body = foreign.packet(order, 0, 5_000_000_001, RECORD, foreign.option(order, 1, "naïve".encode()) + bytes(4))
    (path := tmp_path / "two.pcapng").write_bytes(one + body + two + foreign.packet("<", 1, 7, RECORD))
    with CaptureFile(path) as file:
        batch = file.read()
        assert batch is not None
        assert batch.time_ns.tolist() == [5_000_000_001, 7000]
        assert batch.interface.tolist() == [0, 2]
        assert [bytes(batch.store.data[o : o + s]) for o, s in zip(batch.offset, batch.size, strict=True)] == [
            RECORD
        ] * 2
        assert [i.section for i in file.interfaces] == [0, 1, 1]
        assert file.notes == {0: "naïve"}
        assert file.read() is None
        assert file.truncated_at is None
        assert file.progress == 1.0


def test_a_packet_longer_than_the_window(tmp_path: Path) -> None:
    head = foreign.section("<") + foreign.interface("<", 147)
    big = foreign.packet("<", 0, 1, RECORD + bytes(9 << 20))
    (path := tmp_path / "big.pcapng").write_bytes(head + (big + foreign.packet("<", 0, 2, RECORD)) * 2)
    with CaptureFile(path) as file:
        batch = file.read()
        assert batch is not None
        assert batch.size.tolist() == [48 + (9 << 20), 48] * 2


def test_sizes_that_lie_and_unknown_interfaces_are_skipped(tmp_path: Path) -> None:
    head = foreign.section("<") + foreign.interface("<", 147)
    good = foreign.packet("<", 0, 1, RECORD)
    lie = good[:20] + b"\xff\xff\xff\x7f" + good[24:]
    short = foreign.packet("<", 0, 1, RECORD[:40])
    stray = foreign.packet("<", 9, 1, RECORD)
    (path := tmp_path / "lies.pcapng").write_bytes(head + lie + good + short + stray + foreign.block("<", 6, b""))
    with CaptureFile(path) as file:
        batch = file.read()
        assert batch is not None
        assert len(batch) == 1
        assert file.skipped == 2
        assert file.remark is not None
        assert "2 packets skipped" in file.remark


def test_a_newer_version_says_so(tmp_path: Path) -> None:
    newer = RECORD[:2] + b"\x02" + RECORD[3:]
    head = foreign.section("<") + foreign.interface("<", 147)
    (path := tmp_path / "new.pcapng").write_bytes(head + foreign.packet("<", 0, 1, newer))
    with pytest.raises(SourceError, match="version 2 and this program knows 1"):
        CaptureFile(path)
    path.write_bytes(head + foreign.packet("<", 0, 1, newer) + foreign.packet("<", 0, 1, RECORD))
    with CaptureFile(path) as file:
        assert file.skipped == 1
        assert "newer" in str(file.remark)


def test_foreign_files_get_one_clear_line(tmp_path: Path) -> None:
    dumpcap = foreign.section("<", foreign.option("<", 4, b"Dumpcap (Wireshark) 4.0")) + foreign.interface("<", 1)
    cases = {
        "Ethernet frames written by Dumpcap": dumpcap + foreign.packet("<", 0, 1, bytes(60)),
        "USER0 packets": foreign.section(">") + foreign.interface(">", 147) + foreign.packet(">", 0, 1, bytes(60)),
        "no packets": foreign.section("<"),
        "legacy pcap": b"\xd4\xc3\xb2\xa1" + bytes(20),
        "ELF": b"\x7fELF" + bytes(60),
        "empty file": b"",
        "unknown format": b"hello",
        "unpack it": b"\x1f\x8b\x08",
        "version 7": foreign.section("<").replace(b"\1\0\0\0\xff", b"\7\0\0\0\xff"),
        "ends": foreign.section("<")[:20],
    }
    for says, data in cases.items():
        (path := tmp_path / "guest7").write_bytes(data)
        with pytest.raises(SourceError, match=says) as caught:
            CaptureFile(path)
        assert "\n" not in str(caught.value)
    for path, says in ((tmp_path, "no regular file"), (tmp_path / "none", "No such file")):
        with pytest.raises(SourceError, match=says):
            CaptureFile(path)


def test_endless_sections_and_interfaces_are_damage(tmp_path: Path) -> None:
    head = foreign.section("<") + foreign.interface("<", 147)
    good = foreign.packet("<", 0, 1, RECORD)
    for flood, says in ((foreign.section("<"), "sections"), (foreign.interface("<", 147), "interfaces")):
        (path := tmp_path / "flood.pcapng").write_bytes(head + good + flood * (MOST + 9))
        with CaptureFile(path) as file:
            rows = everything(file)
            assert file.truncated_at is not None
            assert f"more than {MOST} {says}" in file.truncated_at.reason
            assert rows[0].offset == len(head) + 28
            assert len(file.sections) + len(file.interfaces) <= MOST + 1


def test_damage_keeps_what_came_before(tmp_path: Path) -> None:
    head = foreign.section("<") + foreign.interface("<", 147)
    good = foreign.packet("<", 0, 1, RECORD)
    for tail, says in (
        (good[:-4] + bytes(4), "at its end"),
        (b"\6\0\0\0\3\0\0\0" + good[8:], "impossible length 3"),
        (good[:50], "ends 50 bytes into a block"),
        (bytes(16), "impossible length 0"),
        (b"\6\0\0\0\0\0\0\x40" + good[8:], "claims"),
    ):
        (path := tmp_path / "cut").write_bytes(head + good * 3 + tail)
        with CaptureFile(path) as file:
            batch = file.read()
            assert batch is not None
            assert len(batch) == 3
            assert file.truncated_at is not None
            assert file.truncated_at.offset == len(head + good * 3)
            assert says in file.truncated_at.reason


def test_following_a_file_that_grows_byte_by_byte(tmp_path: Path) -> None:
    head = foreign.section("<") + foreign.interface("<", 147)
    data = head + b"".join(foreign.packet("<", 0, n, RECORD + bytes(n)) for n in range(20))
    path = tmp_path / "growing"
    path.write_bytes(b"")
    times: list[int] = []
    with CaptureFile(path, follow=True) as file, path.open("ab") as out:
        kept = []
        for at in range(0, len(data), 13):
            out.write(data[at : at + 13])
            out.flush()
            batch = file.read()
            assert batch is not None
            kept.append((batch, batch.store.words[batch.offset // 4].copy()))
            times += batch.time_ns.tolist()
        assert times == [n * 1000 for n in range(20)]
        for batch, first in kept:
            assert np.array_equal(batch.store.words[batch.offset // 4], first)
        path.write_bytes(b"")
        assert file.read() is None
        assert file.truncated_at is not None
        assert "shorter" in file.truncated_at.reason


def test_following_what_turns_out_to_be_something_else(tmp_path: Path) -> None:
    path = tmp_path / "late"
    path.write_bytes(b"")
    with CaptureFile(path, follow=True) as file:
        path.write_bytes(b"hello, world")
        with pytest.raises(SourceError, match="no section header"):
            file.read()
