"""A file beside a dump says where its rings are: our own lists, or what QEMU's monitor answered."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.running import run
from tests.ring.carving.planted import GPA, Packed, Split
from tests.sources.fake_qemu import RECORDED
from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.rings_file import read_rings

RINGS = (Split(64, 0, 64, 50, 20, 4, True), Packed(256, 8, 300))


def saved(folder: Path, *values: Any) -> str:
    path = folder / "rings.json"
    path.write_text("\n".join(json.dumps(value) for value in values))
    return str(path)


def read(folder: Path, *values: Any) -> tuple[QueueLayout, ...]:
    return read_rings(saved(folder, *values), SourceOptions())


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    ram = bytearray(1 << 20)
    for ring in RINGS:
        ring.plant(ram)
    (tmp_path / "ram").write_bytes(ram)
    return tmp_path


def queue(index: int, name: str = "virtio-rng", **changes: Any) -> dict[str, Any]:
    return {**RECORDED["queue_rng"], "queue-index": index, "name": name, **changes}


@pytest.mark.parametrize("command", ["rings", "carve"])
def test_what_one_command_lists_another_reads(dump: Path, command: str) -> None:
    source = f"raw:{dump}/ram@{GPA:#x}"
    listed = run(command, source, "--format", "json")
    (dump / "rings.json").write_text(listed.out)
    again = run("rings", source, "--rings", str(dump / "rings.json"), "--format", "json")
    rows = [json.loads(line) for line in again.out.splitlines()[1:]]
    assert {(int(r["desc"], 0), int(r["avail"], 0), int(r["used"], 0)) for r in rows} == {r.place for r in RINGS}
    assert {(r["kind"], r["size"]) for r in rows} == {("split", 64), ("packed", 256)}
    assert "found by their looks" not in again.err


def test_answers_of_the_monitor_name_their_devices(tmp_path: Path) -> None:
    net = RECORDED["status_net"]
    answers = [net, queue(0, "virtio-net"), queue(1, "virtio-net"), queue(2, "virtio-net"), net, queue(0, "virtio-net")]
    found = read(tmp_path, *({"return": answer} for answer in answers))
    names = ["net0/receiveq1", "net0/transmitq1", "net0/controlq", "net1/receiveq1"]
    assert [layout.name for layout in found] == names
    assert {layout.device_id for layout in found} == {1} and [layout.device for layout in found] == [0, 0, 0, 1]
    assert all(layout.has(Feature.VERSION_1) and layout.desc == 4328210432 for layout in found)


def test_answers_without_a_status_are_told_apart_by_their_indices(tmp_path: Path) -> None:
    found = read(tmp_path, [queue(0), queue(0), queue(0, "virtio-blk")])
    assert [layout.name for layout in found] == ["rng0/requestq", "rng1/requestq", "block0/requestq1"]
    assert [layout.device_id for layout in found] == [4, 4, 2]


def test_a_vhost_queue_is_known_by_its_guest_addresses(tmp_path: Path) -> None:
    answer = {"name": "vhost-vsock", "desc": 1 << 46, "avail": 2, "used": 3, "num": 128, "kick": 1, "call": 2,
              "desc-phys": 0x1000, "avail-phys": 0x2000, "used-phys": 0x3000}  # fmt: skip
    (found,) = read(tmp_path, answer)
    assert (found.desc, found.avail, found.used, found.size) == (0x1000, 0x2000, 0x3000, 128)


def test_queues_that_nobody_set_up_are_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, RECORDED["status_rng"], queue(0), queue(1, **{"vring-desc": 0}))
    assert len(found) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "tells of no ring; save it with"),
        ("[1, 2]", "tells of no ring"),
        ("{", "does not say where rings are"),
        (b"\xff\xfe", "does not say where rings are"),
        ("[" * 100_000, "does not say where rings are"),
        (json.dumps(queue(0, **{"vring-num": 99999})), "99999 descriptors"),
        (json.dumps(queue(0, **{"vring-desc": -5})), "no guest-physical address"),
        (json.dumps(queue(0, **{"vring-desc": "x"})), "does not say where"),
        (json.dumps(queue(-2)), "no queue -2"),
        (json.dumps(queue(65535)), "no queue 65535"),
        (json.dumps({"size": 8, "desc": "0x1000", "avail": "0", "used": "0"}), "does not say where"),
    ],
)
def test_a_file_that_tells_nothing_says_why_in_one_line(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = tmp_path / "rings.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SourceError, match=said) as error:
        read_rings(str(path), SourceOptions())
    assert "\n" not in str(error.value)


_JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["name", "vring-num", "vring-desc", "vring-avail", "vring-used", "queue-index", "size", "desc",
                         "avail", "used", "features", "device", "queue", "index", "guest-features", "device-id"]),
        inner, max_size=16),
    max_leaves=30,
)  # fmt: skip


@given(_JSON)
def test_any_json_is_read_or_says_why(tmp_path_factory: pytest.TempPathFactory, value: Any) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps([value, {**queue(0), **value}] if isinstance(value, dict) else value))
    try:
        assert read_rings(str(path), SourceOptions())
    except SourceError as error:
        assert "\n" not in str(error)
