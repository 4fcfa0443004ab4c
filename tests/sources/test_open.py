"""Choosing a source: by scheme, by content, and one clear line for everything else."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.sources.cores import AVAIL, DESC, SIZE, USED, ring_memory
from vdmabuf_inspect.errors import SourceError, UsageError
from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.base import CapturePath, SourceOptions
from vdmabuf_inspect.sources.number import parse_number
from vdmabuf_inspect.sources.open import PCAPNG, open_source
from vdmabuf_inspect.sources.options import parse_queue_option
from vdmabuf_inspect.sources.queues import queue_layouts
from vdmabuf_inspect.sources.raw import Piece, parse_pieces

RING = f"{DESC:#x},{AVAIL:#x},{USED:#x},{SIZE}"


def options(*queues: str, device: str | int | None = None, dialect: str | None = None) -> SourceOptions:
    return SourceOptions(tuple(map(parse_queue_option, queues)), device=device, dialect=dialect)


def test_a_capture_is_known_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "no-suffix"
    path.write_bytes(PCAPNG + bytes(28))
    source = open_source(str(path))
    assert isinstance(source, CapturePath)
    assert (source.path, source.follow, source.copying) == (path, False, None)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xd4\xc3\xb2\xa1" + bytes(20), "classic pcap"),
        (b"KDUMP   " + bytes(20), "damaged compressed kernel dump"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"nothing known", "raw:"),
    ],
)
def test_what_is_no_source_says_what_it_is(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=said) as error:
        open_source(str(path))
    assert "\n" not in str(error.value) and str(path) in str(error.value)


def test_paths_that_are_no_files(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a directory"):
        open_source(str(tmp_path))
    with pytest.raises(SourceError, match="no such file"):
        open_source(str(tmp_path / "missing"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        with pytest.raises(SourceError, match=r"a socket.*vhost-user:.*FRONT,.*BACK"):
            open_source(str(tmp_path / "socket"))


def test_an_unknown_scheme_names_the_known_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SourceError, match=r"raw:FILE@GPA.*vhost-user:.*FRONT,.*BACK"):
        open_source("kvm:123")
    monkeypatch.chdir(tmp_path)
    Path("kvm:123").write_bytes(PCAPNG)
    assert isinstance(open_source("kvm:123"), CapturePath)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("m@0", [Piece("m", 0)]),
        ("m@0x100,n@4G", [Piece("m", 0x100), Piece("n", 4 << 30)]),
        ("a,b@x@1k,n@0+2G:0x10", [Piece("a,b@x", 1024), Piece("n", 0, 2 << 30, 16)]),
    ],
)
def test_raw_pieces(text: str, pieces: list[Piece]) -> None:
    assert parse_pieces(text) == pieces


@pytest.mark.parametrize("text", ["", "m", "m@", "m@zz", "m@0x1G1", "m@1,n"])
def test_raw_pieces_that_make_no_sense(text: str) -> None:
    with pytest.raises(UsageError, match="raw:"):
        parse_pieces(text)


def test_raw_files_make_one_memory(tmp_path: Path) -> None:
    whole = ring_memory()
    (tmp_path / "low").write_bytes(whole[:0x2000])
    (tmp_path / "high").write_bytes(b"skip" + whole[0x2000:])
    spec = f"raw:{tmp_path}/low@0,{tmp_path}/high@0x2000:4"
    source = open_source(spec, options(f"send={RING}"))
    assert not isinstance(source, CapturePath)
    assert source.memory is not None and source.memory.regions() == [(0, 0x10000)]
    found: list[Record] = []
    source.run(found.append)
    assert {r.kind for r in found} >= {EventKind.START, EventKind.AVAILABLE, EventKind.USED}
    assert "64 KiB of memory in 1 regions" in source.status()


def test_a_raw_file_that_is_too_short(tmp_path: Path) -> None:
    (tmp_path / "m").write_bytes(bytes(100))
    with pytest.raises(SourceError, match="100 bytes long"):
        open_source(f"raw:{tmp_path}/m@0+101", options(f"send={RING}"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("send", "expected NAME="),
        ("send=1,2,3", "expected NAME="),
        ("=1,2,3,4", "expected NAME="),
        ("send=1,x,3,4", "available ring: 'x'"),
        ("send=1,2,3,4,split", "only 'packed'"),
    ],
)
def test_queue_options_that_make_no_sense_point_at_the_part(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        parse_queue_option(text)


@pytest.mark.parametrize(
    ("queues", "said"),
    [(["a=1,2,3,0"], "size 0"), ([f"a/={RING}"], "a name is")],
)
def test_queues_that_cannot_be(queues: list[str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        queue_layouts(options(*queues))


def test_names_and_numbers_of_queues() -> None:
    def named(*queues: str, device: str | int | None = None) -> list[tuple[int, int, str]]:
        return [(q.device, q.index, q.name) for q in queue_layouts(options(*queues, device=device))]

    assert named(f"send={RING}", f"recv={RING}") == [(0, 1, "vdmabuf0/send"), (0, 0, "vdmabuf0/recv")]
    assert named(f"b/x={RING}", f"a/y={RING}", f"b/z:7={RING}") == [(0, 0, "b/x"), (1, 0, "a/y"), (0, 7, "b/z")]
    assert named(f"3={RING}", device="gpu") == [(0, 3, "gpu0/3")]
    assert queue_layouts(options(f"0={RING}", device="virtio-blk"))[0].device_id == 2
    assert queue_layouts(options(f"0={RING}", device="vdmabuf", dialect="rfc-v3"))[0].device_id == 40
    with pytest.raises(UsageError, match="already has a queue 0"):
        named(f"0={RING}", f"recv={RING}")
    with pytest.raises(UsageError, match="no such device type"):
        named(f"0={RING}", device="toaster")


def test_numbers() -> None:
    assert [parse_number(t) for t in ("0x10", "16", "4k", "1MiB", "2GB", "0")] == [16, 16, 4096, 1 << 20, 2 << 30, 0]
    for text in ("", "x", "0x", "1.5", "-1", "1q", str(1 << 64), "16777216t"):
        with pytest.raises(ValueError):
            parse_number(text)


def test_a_stream_is_copied_while_it_grows(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    code = f"import time; f=open({str(fifo)!r},'wb',0); f.write({PCAPNG!r}); time.sleep(.2); f.write(b'tail')"
    with subprocess.Popen([sys.executable, "-c", code]):
        source = open_source(str(fifo))
        assert isinstance(source, CapturePath) and source.follow and source.copying
        assert source.path.read_bytes() == PCAPNG and not source.copying.done
        deadline = time.monotonic() + 10
        while not source.copying.done and time.monotonic() < deadline:
            time.sleep(0.01)
    assert source.path.read_bytes() == PCAPNG + b"tail"
    source.copying.stop()
    source.copying.stop()
    assert not source.path.exists()


def test_standard_input_that_is_no_capture() -> None:
    code = "from vdmabuf_inspect.sources.open import open_source; open_source('-')"
    done = subprocess.run([sys.executable, "-c", code], input=b"hello", capture_output=True, check=False)
    assert b"SourceError: standard input: no pcapng" in done.stderr


def test_a_legacy_queue_is_given_by_its_descriptor_table_alone() -> None:
    option = parse_queue_option("rx=0x10000,256")
    assert (option.avail, option.used, option.size, option.legacy) == (0x11000, 0x12000, 256, True)
    layout = queue_layouts(SourceOptions(queues=(option,)))[0]
    assert not layout.has(Feature.VERSION_1)
