"""virtio-blk: what a request and its answer say, and each rule."""

from pathlib import Path
from struct import pack

import pytest

from vdmabuf_inspect.testing import Exchange

VERSION_1 = 1 << 32
FLUSH, RO, DISCARD, ZONED = 1 << 9, 1 << 5, 1 << 13, 1 << 17


def header(kind: int, sector: int = 0) -> bytes:
    return pack("<IIQ", kind, 0, sector)


def told(features: int = FLUSH | DISCARD) -> Exchange:
    return Exchange(2, "blk0", features=VERSION_1 | features)


def test_requests_and_answers(tmp_path: Path) -> None:
    disk = told()
    disk.both(header(0, 7), bytes(512) + b"\0")
    disk.both(header(1, 8) + bytes(1024), b"\0")
    disk.both(header(8), b"disk".ljust(20, b"\0") + b"\0")
    disk.both(header(11) + pack("<QII", 5, 6, 1) * 2, b"\1")
    seen = disk.inspect(tmp_path)
    assert seen.commands == [name for name in ("IN", "OUT", "GET_ID", "DISCARD") for _ in range(2)]
    fields = seen.fields
    assert fields[0] == {"type": "IN", "sector": 7}
    assert fields[1] == {"status": "OK"}
    assert fields[5] == {"id": "disk", "status": "OK"}
    assert fields[6]["segments[1].sectors"] == 6
    assert fields[7] == {"status": "IOERR"}
    assert seen.findings == ["VB808"]


def test_zones(tmp_path: Path) -> None:
    disk = told(ZONED)
    zones = pack("<QQQBB38x", 100, 0, 7, 2, 3) + pack("<QQQBB38x", 128, 128, 256, 1, 0)
    disk.both(header(16), pack("<Q56x", 2) + zones + b"\0")
    disk.both(header(15, 128) + bytes(512), pack("<Q", 135) + b"\0")
    disk.both(header(18, 4), b"\5")
    seen = disk.inspect(tmp_path)
    report, appended = seen.fields[1], seen.fields[3]
    assert (report["zones_told"], report["zones[0].write_pointer"], report["zones[0].state"]) == (
        2,
        7,
        "EXPLICITLY_OPEN",
    )
    assert (report["zones[1].type"], report["zones[1].start"], report["status"]) == ("CONVENTIONAL", 128, "OK")
    assert appended == {"sector": 135, "status": "OK"}
    assert seen.findings == ["VB808"]


@pytest.mark.parametrize(
    ("code", "request_", "answer", "features"),
    [
        ("VB801", b"\0\0\0\0", b"\0", 0),
        ("VB802", header(2), b"\0", 0),
        ("VB803", header(4), b"\0", 0),
        ("VB804", header(0), b"", 0),
        ("VB805", header(0), bytes(512) + b"\x77", 0),
        ("VB806", header(1) + bytes(100), b"\0", 0),
        ("VB807", header(1) + bytes(512), b"\0", RO),
        ("VB808", header(1) + bytes(512), b"\2", 0),
    ],
)
def test_rule_fires(code: str, request_: bytes, answer: bytes, features: int, tmp_path: Path) -> None:
    disk = told(features)
    disk.both(request_, answer)
    assert code in disk.inspect(tmp_path).findings


def test_clean_traffic_is_silent(tmp_path: Path) -> None:
    disk = told()
    for sector in range(40):
        disk.both(header(0, sector), bytes(512) + b"\0")
        disk.both(header(1, sector) + bytes(512), b"\0")
        disk.both(header(4), b"\0")
    assert not disk.inspect(tmp_path).findings
