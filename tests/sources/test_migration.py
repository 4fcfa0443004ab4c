"""QEMU migration streams: where pages and rings are, what was sent twice or never, and lies."""

import random
import zlib
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.cores import AVAIL, DESC, SIZE, USED
from tests.sources.mutations import mutated
from tests.sources.streams import (
    CONTINUE,
    PACKED,
    PAGE,
    XBZRLE,
    ZERO,
    Ring,
    Stream,
    VirtioPci,
    page,
    pages,
    text,
    virsh_save,
    virtio_mmio,
)  # fmt: skip
from tests.sources.test_elf import records
from tests.sources.test_kdump import MEMORY, QUEUE, memory
from vdmabuf_inspect.errors import FaultError, SourceError, UsageError
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.sources.migration.machine import places
from vdmabuf_inspect.sources.migration.pages import PageIndex
from vdmabuf_inspect.sources.migration.ram import Block
from vdmabuf_inspect.sources.open import open_source
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

RING = Ring(SIZE, DESC, AVAIL, USED)
VDMABUF = VirtioPci(37, [RING, RING])
GIB = 1 << 30


def save(path: Path, data: Stream | bytes) -> Path:
    path.write_bytes(data.build() if isinstance(data, Stream) else data)
    return path


def snapshot(path: Path, options: SourceOptions | None = None) -> Snapshot:
    source = open_source(str(path), options)
    assert isinstance(source, Snapshot)
    return source


def guest(*devices: tuple[str, str, bytes], **fields: object) -> Stream:
    """A guest whose memory is MEMORY."""
    return Stream({"pc.ram": len(MEMORY)}, pages("pc.ram", MEMORY), devices=list(devices), **fields)  # type: ignore[arg-type]


def test_memory_and_rings_come_from_one_file(tmp_path: Path) -> None:
    state = ("0000:00:03.0/virtio-vdmabuf", "virtio-vdmabuf", VDMABUF.state())
    source = snapshot(save(tmp_path / "stream", guest(state)))
    assert source.memory is not None and source.memory.read(0, len(MEMORY)) == MEMORY
    assert source.queue_names == {(0, 0): "vdmabuf0/recv", (0, 1): "vdmabuf0/send"}
    outstanding = [r for r in records(source) if r.kind is EventKind.AVAILABLE and not r.flags & EventFlag.STALE]
    assert [(r.head, r.readable_bytes) for r in outstanding] == [(1, b"hello, ring")] * 2
    assert "QEMU migration stream of pc-q35-7.2, vdmabuf0" in source.status()


@pytest.mark.parametrize("express", [False, True])
@pytest.mark.parametrize("vectors", [1, 8, 9, 65])
@pytest.mark.parametrize("modern", [False, True])
def test_the_state_of_a_pci_device(tmp_path: Path, express: bool, vectors: int, modern: bool) -> None:
    device = VirtioPci(2, [RING, Ring(128, 0, 0, 0)], 1 << 28, vectors, express, modern, extra=bytes(1000))
    layouts = snapshot(save(tmp_path / "stream", guest(("0/virtio-blk", "virtio-blk", device.state())))).layouts
    used = USED if modern else -(-(DESC + 16 * SIZE + 6 + 2 * SIZE) // 4096) * 4096
    avail = AVAIL if modern else DESC + 16 * SIZE
    assert [(q.index, q.size, q.desc, q.avail, q.used) for q in layouts] == [(0, SIZE, DESC, avail, used)]
    assert (layouts[0].device_id, layouts[0].features, layouts[0].name) == (2, 1 << 28, "block0/requestq1")


def test_several_devices_are_named_by_type_and_chosen_by_name(tmp_path: Path) -> None:
    block, net = VirtioPci(2, [RING]).state(), VirtioPci(1, [RING] * 3).state()
    mmio = ("a003e00.virtio_mmio/virtio-blk", "virtio-blk", virtio_mmio([RING], 256))
    stream = guest(("0/virtio-blk", "virtio-blk", block), ("1/virtio-net", "virtio-net", net), mmio)
    path = save(tmp_path / "stream", stream)
    names = {
        (0, 0): "block0/requestq1", (1, 0): "net0/receiveq1", (1, 1): "net0/transmitq1", (1, 2): "net0/controlq",
        (2, 0): "block1/requestq1",
    }  # fmt: skip
    assert snapshot(path).queue_names == names
    assert snapshot(path).layouts[-1].used == -(-(DESC + 16 * SIZE + 6 + 2 * SIZE) // 256) * 256
    assert set(snapshot(path, SourceOptions(device="blk")).queue_names.values()) == {
        "block0/requestq1", "block1/requestq1",
    }  # fmt: skip
    assert snapshot(path, SourceOptions((QUEUE,))).queue_names == {(0, 1): "vdmabuf0/send"}
    with pytest.raises(UsageError, match=r"--device gpu: .* has none, only block0, net0, block1"):
        snapshot(path, SourceOptions(device="gpu"))


def test_a_device_in_trouble_is_said(tmp_path: Path) -> None:
    states = [VirtioPci(2, [RING], status=status).state() for status in (0x0F, 0x4F, 0x83, 0)]
    stream = guest(*((f"{i}/virtio-blk", "virtio-blk", state) for i, state in enumerate(states)))
    said = snapshot(save(tmp_path / "stream", stream)).status()
    assert "block0, block1 (needs a reset), block2 (given up by its driver, no driver), block3 (no driver)" in said


def test_the_last_copy_of_a_page_counts_and_one_never_sent_is_absent(tmp_path: Path) -> None:
    old, new, lone = b"old" * 2000, b"new" * 2000, bytes(range(256)) * 16
    packed = zlib.compress(lone)
    sent = pages("m", old[:PAGE] * 40) + page(5 * PAGE, new[:PAGE]) + page(6 * PAGE, bytes(PAGE))
    sent += pack(">Q", 7 * PAGE | ZERO | CONTINUE) + b"\xab" + pages("other", old[:PAGE])
    sent += pack(">Q", 41 * PAGE | PACKED) + text("m") + pack(">I", len(packed)) + packed
    stream = Stream({"m": 64 * PAGE, "0000:00:02.0/vga.vram": PAGE, "other": PAGE}, sent)
    found = memory(save(tmp_path / "stream", stream))
    assert found.regions() == [(0, 40 * PAGE), (41 * PAGE, PAGE)]
    expected = [old[:PAGE]] * 5 + [new[:PAGE], bytes(PAGE), b"\xab" * PAGE] + [old[:PAGE]] * 32
    assert found.read(0, 40 * PAGE) == b"".join(expected)
    assert found.read(41 * PAGE + 10, 20) == lone[10:30]
    with pytest.raises(FaultError) as fault:
        found.read(39 * PAGE, 2 * PAGE)
    assert fault.value.address == 40 * PAGE


def test_blocks_on_huge_pages_say_their_size(tmp_path: Path) -> None:
    stream = guest(capabilities=("postcopy-ram",), host_page=2 << 20)
    stream.blocks["other"] = PAGE
    found = snapshot(save(tmp_path / "stream", stream), SourceOptions((QUEUE,)))
    assert found.memory is not None and found.memory.read(0, len(MEMORY)) == MEMORY
    assert "(blocks at no known address: other)" in found.status()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 99), st.sampled_from([0, 0, 1, 2]), st.booleans()), max_size=400))
def test_any_order_of_pages(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, bool]]) -> None:
    expected, sent = dict[int, bytes](), b""
    for number, byte, named in [(0, 1, True), *steps]:
        expected[number] = bytes([byte]) * PAGE
        sent += page(number * PAGE, expected[number], "pc.ram" if named else "")
    found = memory(save(tmp_path_factory.mktemp("any") / "stream", Stream({"pc.ram": 100 * PAGE}, sent)))
    for number in range(100):
        assert found.read_some(number * PAGE, PAGE) == expected.get(number, b"")


def block(name: str, size: int) -> Block:
    return Block(name, size, PageIndex(size, PAGE))


@pytest.mark.parametrize(
    ("machine", "size", "expected"),
    [
        ("pc-q35-7.2", 0xAFF00000, [(0, 0, 0xAFF00000)]),
        ("pc-q35-7.2", 0xB0000000, [(0, 0, 0x80000000), (0x80000000, 4 * GIB, 0x30000000)]),
        ("pc-i440fx-8.0", 0xDFF00000, [(0, 0, 0xDFF00000)]),
        ("pc-i440fx-8.0", 8 * GIB, [(0, 0, 0xC0000000), (0xC0000000, 4 * GIB, 5 * GIB)]),
        ("microvm", 4 * GIB, [(0, 0, 0xC0000000), (0xC0000000, 4 * GIB, GIB)]),
        ("virt-8.1", 8 * GIB, [(0, GIB, 8 * GIB)]),
        ("s390-ccw-virtio-7.2", 8 * GIB, [(0, 0, 8 * GIB)]),
    ],
)
def test_ram_lies_where_the_machine_type_puts_it(machine: str, size: int, expected: list[tuple[int, ...]]) -> None:
    found, others = places("f", machine, [block("/objects/ram", size), block("0000:00:01.0/vga.vram", 1 << 24)])
    assert [(p.offset, p.gpa, p.size) for p in found] == expected and not others


def test_nodes_follow_each_other_across_the_hole_and_a_plugged_module_is_said() -> None:
    nodes = [block(f"ram-node{i}", 1 * GIB) for i in (10, 2, 0, 1)]
    found, others = places("f", "pc-q35-7.2", [*nodes, block("memdimm0", GIB // 2), block("pc.bios", 1 << 18)])
    assert [(p.block.name, p.offset, p.gpa, p.size) for p in found] == [
        ("ram-node0", 0, 0, GIB), ("ram-node1", 0, GIB, GIB), ("ram-node2", 0, 4 * GIB, GIB),
        ("ram-node10", 0, 5 * GIB, GIB), ("pc.bios", 0, 0xFFFC0000, 1 << 18),
    ]  # fmt: skip
    assert others == ["memdimm0"]


def test_a_pc_says_in_its_cmos_how_much_lies_below_four_gib() -> None:
    cmos = bytearray(128)
    low = GIB
    cmos[0x34:0x36] = ((low - (16 << 20)) >> 16).to_bytes(2, "little")
    cmos[0x5B:0x5E] = ((7 * GIB) >> 16).to_bytes(3, "little")
    for size, split in ((8 * GIB, low), (9 * GIB, 2 * GIB)):  # the second does not fit what it says
        found, _ = places("f", "pc-q35-7.2", [block("pc.ram", size)], bytes(cmos))
        assert [(p.gpa, p.size) for p in found] == [(0, split), (4 * GIB, size - split)]


@pytest.mark.parametrize(
    ("stream", "said"),
    [
        (Stream({"pc.ram": PAGE}, page(0, b"x" * PAGE, "pc.ram", XBZRLE)), "capability xbzrle off"),
        (Stream({"pc.ram": PAGE}, capabilities=("xbzrle", "mapped-ram")), "mapped-ram file, which is not read"),
        (Stream({"pc.ram": PAGE}, page(0, b"x" * PAGE, "who")), "a page of an unknown block"),
        (Stream({"pc.ram": PAGE}, machine="toaster-1.0"), "machine type toaster-1.0, whose memory map is not known"),
        (Stream({"pc.ram": PAGE}), "stream of pc-q35-7.2: does not say where its rings are, and none was found"),
        (b"QEVM\0\0\0\2" + bytes(50), "of version 2"),
        (b"QEVM\0\0\0\3\1", "without memory"),
        (virsh_save(b"", compression=3), "compressed with xz; set save_image_format"),
        (virsh_save(b"", version=9), "of version 9"),
        (b"LibvirtQemudPart" + bytes(100), "did not finish"),
    ],
)
def test_what_cannot_be_read_says_why_in_one_line(tmp_path: Path, stream: Stream | bytes, said: str) -> None:
    with pytest.raises(SourceError, match=said) as error:
        snapshot(save(tmp_path / "stream", stream)).run(lambda _: None)
    assert "\n" not in str(error.value)


def test_a_cut_stream_reads_up_to_the_cut_and_says_so(tmp_path: Path) -> None:
    whole = guest(("0/virtio-blk", "virtio-blk", VDMABUF.state())).build()
    path = save(tmp_path / "stream", whole[: whole.index(MEMORY[-PAGE:]) - 3])
    source = snapshot(path, SourceOptions((QUEUE,)))
    assert "cut before the devices' states" in source.status()
    assert source.memory is not None
    assert source.memory.read_some(0, len(MEMORY)) == MEMORY[:-PAGE]
    path = save(tmp_path / "stream", guest(described=False))
    assert "without a description of its devices" in snapshot(path, SourceOptions((QUEUE,))).status()


@pytest.mark.parametrize("order", "<>")
def test_a_libvirt_save_file_is_the_stream_inside(tmp_path: Path, order: str) -> None:
    stream = guest(("0/virtio-vdmabuf", "virtio-vdmabuf", VDMABUF.state())).build()
    source = snapshot(save(tmp_path / "save", virsh_save(stream, order=order)))
    assert source.memory is not None and source.memory.read(0, len(MEMORY)) == MEMORY
    assert len(source.layouts) == 2


def test_a_block_is_no_larger_than_what_was_sent_of_it(tmp_path: Path) -> None:
    """A size that is a lie makes nobody look through memory that is not there."""
    whole = Stream({"pc.ram": 1 << 50}, pages("pc.ram", MEMORY[: 5 * PAGE])).build()
    source = snapshot(save(tmp_path / "stream", whole), SourceOptions())
    assert source.memory is not None
    assert source.memory.regions() == [(0, 5 * PAGE)]
    with pytest.raises(SourceError, match="none was found by its looks"):
        records(source)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_a_stream_with_any_bytes_changed_or_cut_opens_or_says_why(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    small = random.Random(3).randbytes(3 * PAGE) + MEMORY[: 5 * PAGE]
    states = [
        ("0/virtio-net", "virtio-net", VirtioPci(1, [RING] * 3).state()),
        ("1/virtio-blk", "x", virtio_mmio([RING])),
    ]
    whole = Stream({"pc.ram": len(small)}, pages("pc.ram", small), devices=states, cmos=bytes(128)).build()
    path = save(tmp_path_factory.mktemp("fuzz") / "stream", mutated(data, whole))
    try:
        source = open_source(str(path))
        assert isinstance(source, Snapshot) and source.memory is not None
        source.memory.read_some(0, 1 << 20)
        records(source)
    except SourceError as error:
        assert "\n" not in str(error)
