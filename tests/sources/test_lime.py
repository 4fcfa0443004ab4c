"""LiME and AVML images: ranges, snappy frames as another program writes them, cut files and lies."""

import random
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.mutations import mutated
from tests.sources.test_elf import producer, records
from tests.sources.test_kdump import MEMORY, memory
from vdmabuf_inspect.errors import SourceError

HIGH = random.Random(1).randbytes(150_000) + bytes(100_000) + b"end of the range" * 64


def image(*ranges: tuple[int, bytes], packed: bool = False) -> bytes:
    """What LiME or AVML writes of these ranges."""
    return b"".join(_range(gpa, data, packed) for gpa, data in ranges)


def _range(gpa: int, data: bytes, packed: bool) -> bytes:
    header = pack("<4sIQQQ", b"AVML" if packed else b"EMiL", 2 if packed else 1, gpa, gpa + len(data) - 1, 0)
    if not packed:
        return header + data
    cramjam = pytest.importorskip("cramjam")
    stream = bytes(cramjam.snappy.compress(data))
    return header + stream + pack("<Q", len(stream))


@pytest.mark.parametrize("packed", [False, True])
def test_ranges_lie_where_their_headers_say(tmp_path: Path, packed: bool) -> None:
    path = tmp_path / "image"
    path.write_bytes(image((0, MEMORY), (0x100000000, HIGH), packed=packed))
    found = memory(path)
    assert found.regions() == [(0, len(MEMORY)), (0x100000000, len(HIGH))]
    assert found.read(0, len(MEMORY)) == MEMORY
    assert found.read(0x100000000, len(HIGH)) == HIGH
    for at in (0, 65535, 65536, 99_990, 150_000, len(HIGH) - 10):
        assert found.read(0x100000000 + at, 10) == HIGH[at : at + 10]
    assert any(r.readable_bytes == b"hello, ring" for r in records(producer(path)))
    assert ("AVML" if packed else "LiME") in producer(path).status()


def test_a_cut_image_reads_up_to_the_cut(tmp_path: Path) -> None:
    path = tmp_path / "image"
    path.write_bytes(image((0, MEMORY), (0x100000000, HIGH))[:-500])
    found = memory(path)
    assert found.covers(0x100000000, len(HIGH))
    assert found.read_some(0x100000000, len(HIGH)) == HIGH[:-500]


def test_a_damaged_chunk_ends_the_image_and_is_said(tmp_path: Path) -> None:
    whole = bytearray(image((0, MEMORY), (0x100000000, HIGH), (0x200000000, HIGH), packed=True))
    second = whole.index(HIGH[65536:65600])
    whole[second - 8] = 0x55
    path = tmp_path / "image"
    path.write_bytes(whole)
    found = memory(path)
    assert found.regions() == [(0, len(MEMORY)), (0x100000000, len(HIGH))]
    assert found.read_some(0x100000000, len(HIGH)) == HIGH[:65536]
    assert f"2 ranges of it: a damaged memory image (no range of a known version at {second:#x})" in (
        producer(path).status()
    )


def test_what_is_no_image_is_said(tmp_path: Path) -> None:
    (tmp_path / "image").write_bytes(pack("<4sIQQQ", b"EMiL", 3, 5, 9, 0))
    with pytest.raises(SourceError, match="no range of a known version at 0x0"):
        memory(tmp_path / "image")
    (tmp_path / "image").write_bytes(pack("<4sIQQQ", b"EMiL", 1, 5, 4, 0))
    with pytest.raises(SourceError, match="a range from 0x5 to 0x4"):
        memory(tmp_path / "image")


@pytest.mark.parametrize("packed", [False, True])
@settings(max_examples=100, deadline=None)
@given(st.data())
def test_an_image_with_any_bytes_changed_or_cut_opens_or_says_why(
    tmp_path_factory: pytest.TempPathFactory, packed: bool, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "image"
    path.write_bytes(mutated(data, image((0, MEMORY), (0x40000, HIGH), packed=packed)))
    try:
        source = producer(path)
        assert source.memory is not None
        source.memory.read_some(0, 1 << 20)
        records(source)
    except SourceError as error:
        assert "\n" not in str(error)
