"""A snapshot without a word about its rings finds them, names them by what they carry, and says so."""

import json
import threading
from pathlib import Path
from struct import pack_into

import pytest

from tests.cli.running import run
from tests.ring.carving.planted import GPA, PAGE, Split, memory
from tests.sources.fake_qemu import FakeQemu
from vdmabuf_inspect.errors import SourceError, UsageError
from vdmabuf_inspect.sources.carved import carved_queues, queue_text
from vdmabuf_inspect.sources.options import SourceOptions, parse_queue_option
from vdmabuf_inspect.sources.queues import queue_layouts
from vdmabuf_inspect.sources.raw import open_uri


def blank(pages: int = 64) -> bytearray:
    return bytearray(pages * PAGE)


def chain(ram: bytearray, ring: Split, index: int, *buffers: tuple[bytes, int, int]) -> None:
    """Overwrite descriptors from `index` on by a chain of (bytes, length, flags); its bytes lie far behind."""
    for number, (data, length, flags) in enumerate(buffers):
        at = 32 * PAGE + 1024 * (index + number)
        ram[at : at + len(data)] = data
        more = number + 1 < len(buffers)
        entry = (GPA + at, length, flags | more, index + number + 1 if more else 0)
        pack_into("<QIHH", ram, ring.place[0] - GPA + 16 * (index + number), *entry)


HEADER = bytes(12)
FRAME = HEADER + b"\xff" * 12 + b"\x08\x06" + bytes(40)
REQUEST = (1).to_bytes(4, "little") + bytes(12)


@pytest.mark.parametrize(
    ("buffers", "name", "device_id"),
    [
        ([(REQUEST, 16, 0), (b"", 512, 0), (b"", 1, 2)], "block0/requestq1", 2),
        ([(FRAME, len(FRAME), 0)], "net0/transmitq1", 1),
        ([(b"", 1536, 2)], "net0/receiveq1", 1),
        ([(b"\1\0" + bytes(4), 2, 0), (b"\2", 1, 0), (b"", 1, 2)], "net0/controlq", 1),
        ([(b"", 280, 2)], "vdmabuf0/recv", 0),
        ([(b"\x10", 260, 0)], "vdmabuf0/send", 0),
        ([(b"", 8, 2)], "input0/eventq", 18),
        ([(bytes(51), 51, 0), (b"", 108, 2)], "scsi0/requestq1", 8),
        ([(b"who knows what this is", 99, 0)], "ring0/queue0", 0),
    ],
)
def test_a_ring_is_named_by_its_chains(buffers: list[tuple[bytes, int, int]], name: str, device_id: int) -> None:
    ram, ring = blank(), Split(64, 1, 64, 8, 8, 8)
    ring.plant(ram)
    ram[ring.place[1] - GPA + 2 : ring.place[1] - GPA + 4] = (8).to_bytes(2, "little")
    for number in range(8):
        pack_into("<H", ram, ring.place[1] - GPA + 4 + 2 * number, number * len(buffers))
        chain(ram, ring, number * len(buffers), *buffers)
    (found,) = carved_queues(memory(ram), SourceOptions())
    assert (found.layout.name, found.layout.device_id) == (name, device_id)
    assert bool(found.why) == (name != "ring0/queue0")


def test_options_to_paste_give_the_same_layouts() -> None:
    ram = blank()
    for page in (1, 3, 9):
        Split(64, page, 64, 50, 20, 4, True).plant(ram)
    found = carved_queues(memory(ram), SourceOptions())
    texts = [queue_text(each.layout).removeprefix("--queue ") for each in found]
    features = found[0].layout.features
    again = queue_layouts(SourceOptions(tuple(map(parse_queue_option, texts)), features=features))
    assert [(q.name, q.index, q.parts, q.device_id) for q in again] == [
        (each.layout.name, each.layout.index, each.layout.parts, each.layout.device_id) for each in found
    ]


def test_a_snapshot_says_that_it_found_its_rings(tmp_path: Path) -> None:
    ram = blank()
    Split(64, 1, 64, 50, 20, 4, True).plant(ram)
    (tmp_path / "ram").write_bytes(ram)
    done = run("rings", f"raw:{tmp_path}/ram@{GPA:#x}", "--format", "json")
    assert done.code == 0 and json.loads(done.out.splitlines()[1])["desc"] == hex(GPA + PAGE)
    assert done.err.strip().endswith("1 were found by their looks, see 'carve'")


def test_a_search_ends_when_the_snapshot_is_stopped(tmp_path: Path) -> None:
    with (tmp_path / "ram").open("wb") as file:
        file.truncate(64 << 30)
    snapshot = open_uri(f"{tmp_path}/ram@0", SourceOptions())
    thread = threading.Thread(target=snapshot.run, args=(lambda _: None,))
    thread.start()
    while "looking for rings" not in snapshot.status():
        assert thread.is_alive()
    snapshot.stop()
    thread.join(10)
    assert not thread.is_alive() and not snapshot.layouts


def test_memory_without_rings_says_what_to_give(tmp_path: Path) -> None:
    (tmp_path / "ram").write_bytes(blank())
    source = f"raw:{tmp_path}/ram@0"
    with pytest.raises(SourceError, match="none was found by its looks; give --queue"):
        open_uri(f"{tmp_path}/ram@0", SourceOptions()).run(lambda _: None)
    done = run("carve", source)
    assert done.code == 0 and "no ring was found" in done.err
    assert run("carve", source, "--least", "200").code == 2


def test_a_running_guest_is_searched_too(tmp_path: Path) -> None:
    guest = FakeQemu(tmp_path / "qmp")
    ring = guest.ring(0x1000)
    guest.plug("rng", ring)
    for head in range(3):
        ring.describe(head, 0x8000 + 64 * head, 64, 2)
        ring.offer(head)
    done = run("carve", f"qemu:{guest.path}", "--format", "json", "--least", "40")
    guest.close()
    (row,) = [json.loads(line) for line in done.out.splitlines()[1:]]
    assert (row["queue"], row["desc"], row["avail_idx"]) == ("rng0/requestq", "0x1000", 3)


def test_a_capture_holds_no_memory_to_search(tmp_path: Path) -> None:
    recorded = next((Path(__file__).parents[2] / "captures").glob("*.pcapng"))
    done = run("carve", str(recorded))
    assert done.code == 2 and "holds no guest memory" in done.err


def test_a_queue_is_of_the_device_type_that_its_name_says() -> None:
    queues = tuple(parse_queue_option(f"{name}=0x1000,0x2000,0x3000,8") for name in ("net1/rx", "ring0/a", "send"))
    assert [q.device_id for q in queue_layouts(SourceOptions(queues))] == [1, 0, 0]
    assert {q.device_id for q in queue_layouts(SourceOptions(queues, device="gpu"))} == {16}
    with pytest.raises(UsageError):
        queue_layouts(SourceOptions(queues, device="toaster"))
