"""virtio-net: headers by features, frames and what is in them, merged buffers, the control queue, each rule."""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from struct import pack
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plugins.recorded import recorded
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.testing import Exchange

VERSION_1 = 32
CSUM, GUEST_CSUM, GUEST_TSO4, HOST_TSO4, MRG, CTRL_VQ, CTRL_RX, MQ, HASH, MTU = 0, 1, 7, 11, 15, 17, 18, 22, 57, 3
RX, TX, CONTROL = 0, 1, 2
NEEDS_CSUM, DATA_VALID = 1, 2
ETHERNET = bytes.fromhex("525400123456 525400654321")
ARP = ETHERNET + bytes.fromhex("0806 0001 0800 06 04 0001 525400654321 0a000202 000000000000 0a00020f")


def told(*bits: int, queues: int = 3) -> Exchange:
    return Exchange(1, "net0", queues=queues, features=sum(1 << bit for bit in {VERSION_1, *bits}))


def header(flags: int = 0, gso: int = 0, size: int = 0, start: int = 0, offset: int = 0, buffers: int = 0) -> bytes:
    return pack("<BBHHHHH", flags, gso, 54, size, start, offset, buffers)


def ip(protocol: int, inside: bytes) -> bytes:
    address = bytes((10, 0, 2, 15, 10, 0, 2, 2))
    return ETHERNET + pack(">HBBHHHBBH", 0x0800, 0x45, 0, 20 + len(inside), 7, 0, 64, protocol, 0) + address + inside


UDP = ip(17, pack(">HHHH", 68, 67, 8, 0))
TCP = ip(6, pack(">HHIIBBHHH", 40000, 80, 1, 2, 0x50, 0x12, 500, 0, 0))


def send(card: Exchange, data: bytes) -> None:
    card.both(data, queue=TX)


def receive(card: Exchange, *buffers: bytes, room: int = 2000) -> None:
    heads = [card.ask(room=room, queue=RX) for _ in buffers]
    for head, data in zip(heads, buffers, strict=True):
        card.tell(head, data, queue=RX)


def test_what_is_in_a_frame(tmp_path: Path) -> None:
    card = told()
    for frame in (ARP, UDP, TCP, ip(132, b"sctp" * 4), ETHERNET + b"\x88\xb5" + bytes(50)):
        send(card, header() + frame)
        receive(card, header(buffers=1) + frame)
    six = ETHERNET + pack(">HIHBB", 0x86DD, 0x60000000, 8, 58, 255) + bytes(15) + b"\1" + bytes(15) + b"\2" + bytes(8)
    send(card, header() + six)
    send(card, header() + ETHERNET + pack(">HHH", 0x8100, 5, 0x0800) + bytes(40))
    seen = card.inspect(tmp_path)
    names = [name for name in ("ARP", "UDP", "TCP", "IPV4", "FRAME") for _ in range(2)]
    assert seen.commands == [*names, "ICMP6", "VLAN"]
    arp, udp, tcp = seen.fields[0], seen.fields[3], seen.fields[4]
    assert (arp["dst"], arp["arp.operation"], arp["arp.target"]) == ("52:54:00:12:34:56", "REQUEST", "10.0.2.15")
    assert (udp["ip.src"], udp["ip.protocol"], udp["udp.dst_port"]) == ("10.0.2.15", "UDP", 67)
    assert (tcp["tcp.src_port"], tcp["tcp.flags"], tcp["gso_type"]) == (40000, ["SYN", "ACK"], "NONE")
    assert seen.fields[-2]["ip.dst"] == "::2"
    assert seen.fields[-1]["vlan.tag"] == 5
    assert not seen.findings


@pytest.mark.parametrize(
    ("features", "extra"),
    [(1 << MRG, b"\1\0"), (0, b""), (1 << VERSION_1 | 1 << HASH, b"\1\0" + pack("<IHH", 99, 2, 0))],
)
def test_headers_of_ten_twelve_and_twenty_bytes(features: int, extra: bytes, tmp_path: Path) -> None:
    card = Exchange(1, "net0", queues=2, features=features)
    receive(card, header()[:10] + extra + UDP)
    seen = card.inspect(tmp_path)
    assert seen.commands == ["UDP"]
    assert seen.fields[0]["udp.src_port"] == 68
    assert seen.fields[0].get("hash_report") == ("TCPV4" if len(extra) > 2 else None)
    assert not seen.findings


@pytest.mark.parametrize("batch", [1, 2, 3, 131072])
def test_a_frame_in_several_buffers(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vdmabuf_inspect.session.reading._FIRST_BATCH", batch)
    monkeypatch.setattr("vdmabuf_inspect.session.reading._BATCH", batch)
    card = told(MRG)
    receive(card, header(buffers=3) + UDP, b"\xff" * 200, b"second")
    receive(card, header(buffers=1) + ARP)
    receive(card, header(buffers=2) + TCP, header(buffers=9) + ARP)
    receive(card, header(buffers=1) + ARP)
    seen = card.inspect(tmp_path)
    assert seen.commands == ["UDP", "MORE", "MORE", "ARP", "TCP", "MORE", "ARP"]
    assert not seen.findings


@cache
def _continued() -> Callable[[Any, int], tuple[Any, int]]:
    door = Door(user=False)
    door.seek(1)
    found = next(p.module for p in door.plugins if p.candidate.name == "net" and p.module)
    door.close()
    return cast(Callable[[Any, int], tuple[Any, int]], import_module(f"{found.__name__}.follower").continued)


@settings(deadline=None)
@given(st.lists(st.integers(1, 5), max_size=30), st.integers(0, 6), st.lists(st.integers(0, 40), max_size=5))
def test_continuations_are_the_same_however_they_are_cut(frames: list[int], left: int, cuts: list[int]) -> None:
    continued = _continued()
    count = np.array([9] * left + [n for size in frames for n in [size] + [7] * (size - 1)], np.int64)
    wanted = [True] * left + [place > 0 for size in frames for place in range(size)]
    found, still = [], left
    for part in np.split(count, sorted(min(c, len(count)) for c in cuts)):
        mask, still = continued(part, still)
        found += mask.tolist()
    assert found == wanted
    assert still == 0


def test_the_control_queue(tmp_path: Path) -> None:
    card = told(CTRL_VQ, CTRL_RX)
    card.both(b"\0\0\1", b"\0", queue=CONTROL)
    card.both(b"\1\0" + pack("<I", 1) + bytes.fromhex("0180c2000000") + pack("<I", 0), b"\1", queue=CONTROL)
    seen = card.inspect(tmp_path)
    assert seen.commands == ["RX_PROMISC", "RX_PROMISC", "MAC_TABLE_SET", "MAC_TABLE_SET"]
    assert seen.fields[0] == {"class": "RX", "command": 0, "on": 1}
    assert seen.fields[1] == {"ack": "OK"}
    assert seen.fields[2]["table[0].mac"] == "01:80:c2:00:00:00"
    assert seen.findings == ["VN826"]


def test_with_many_queues_the_control_queue_is_the_last(tmp_path: Path) -> None:
    card = told(CTRL_VQ, MQ, queues=5)
    card.both(b"\4\0" + pack("<H", 2), b"\0", queue=4)
    receive(card, header(buffers=1) + ARP)
    card.tell(card.ask(room=2000, queue=2), header(buffers=1) + UDP, queue=2)
    card.both(header() + TCP, queue=3)
    seen = card.inspect(tmp_path)
    assert seen.commands == ["MQ_VQ_PAIRS_SET", "MQ_VQ_PAIRS_SET", "ARP", "UDP", "TCP"]
    assert seen.fields[0]["pairs"] == 2
    assert seen.fields[1] == {"ack": "OK"}
    assert not seen.findings


@pytest.mark.parametrize(
    ("code", "message", "bits"),
    [
        ("VN801", header()[:8], ()),
        ("VN801", header() + ETHERNET, ()),
        ("VN802", header(NEEDS_CSUM, start=34, offset=6) + UDP[:40], (CSUM,)),
        ("VN803", header(NEEDS_CSUM, start=34, offset=6) + UDP, ()),
        ("VN804", header(gso=2) + UDP, ()),
        ("VN805", header(NEEDS_CSUM, 1, 1448, 34, 16) + TCP, (CSUM,)),
        ("VN805", header(NEEDS_CSUM, 0x81, 1448, 34, 16) + TCP, (CSUM, HOST_TSO4)),
        ("VN806", header(NEEDS_CSUM, 1, 0, 34, 16) + TCP, (CSUM, HOST_TSO4)),
        ("VN806", header(0, 1, 1448) + TCP, (CSUM, HOST_TSO4)),
        ("VN807", header(DATA_VALID) + UDP, ()),
        ("VN808", header() + ip(17, bytes(1600)), ()),
        ("VN810", header(buffers=1) + UDP, ()),
        ("VN812", header() + UDP[:36], ()),
    ],
)
def test_rule_of_sent_frames_fires(code: str, message: bytes, bits: tuple[int, ...], tmp_path: Path) -> None:
    card = told(*bits)
    send(card, message)
    assert code in card.inspect(tmp_path).findings


@pytest.mark.parametrize(
    ("code", "message", "room", "bits"),
    [
        ("VN801", header(buffers=1)[:11], 2000, ()),
        ("VN803", header(DATA_VALID, buffers=1) + UDP, 2000, ()),
        ("VN805", header(NEEDS_CSUM, 1, 1448, 34, 16, 1) + TCP, 2000, (GUEST_CSUM,)),
        ("VN809", header() + UDP, 2000, (MRG,)),
        ("VN813", header() + UDP, 2000, ()),
        ("VN809", header(buffers=2) + UDP, 2000, ()),
        ("VN811", header(buffers=1) + UDP, 1500, ()),
        ("VN811", header(buffers=1) + UDP, 2000, (GUEST_CSUM, GUEST_TSO4)),
    ],
)
def test_rule_of_received_frames_fires(
    code: str, message: bytes, room: int, bits: tuple[int, ...], tmp_path: Path
) -> None:
    card = told(*bits)
    receive(card, message, room=room)
    assert code in card.inspect(tmp_path).findings


@pytest.mark.parametrize(
    ("code", "request_", "answer"),
    [
        ("VN821", b"\x0f\3", b"\1"),
        ("VN822", b"\2\0\1\0", b"\0"),
        ("VN823", b"\0\0", b"\0"),
        ("VN824", b"\0\0\1", b""),
        ("VN825", b"\0\0\1", b"\7"),
        ("VN826", b"\0\0\1", b"\1"),
    ],
)
def test_rule_of_the_control_queue_fires(code: str, request_: bytes, answer: bytes, tmp_path: Path) -> None:
    card = told(CTRL_VQ, CTRL_RX)
    card.both(request_, answer, queue=CONTROL)
    assert code in card.inspect(tmp_path).findings


def test_pairs_out_of_range(tmp_path: Path) -> None:
    card = told(CTRL_VQ, MQ, queues=5)
    card.both(b"\4\0\0\0", b"\1", queue=4)
    assert "VN827" in card.inspect(tmp_path).findings


def test_clean_traffic_with_offloads_is_silent(tmp_path: Path) -> None:
    card = told(CSUM, GUEST_CSUM, HOST_TSO4, GUEST_TSO4, MRG, MTU)
    for _ in range(20):
        send(card, header(NEEDS_CSUM, 1, 1448, 34, 16) + TCP)
        receive(card, header(NEEDS_CSUM, 1, 1448, 34, 16, 2) + TCP + bytes(900), bytes(900))
        receive(card, header(DATA_VALID, buffers=1) + UDP)
    assert not card.inspect(tmp_path).findings


def test_a_recording_of_a_guest() -> None:
    seen = recorded("guest-net")
    frames = [fields for name, fields in zip(seen.commands, seen.fields, strict=True) if name == "ARP"]
    assert {fields["arp.operation"] for fields in frames} == {"REQUEST", "REPLY"}
    assert {fields["arp.target"] for fields in frames if fields["arp.operation"] == "REQUEST"} == {"10.0.2.2"}
    assert {code[:2] for code in seen.findings} <= {"VX"}


@pytest.mark.parametrize("name", ["testpmd-packed", "testpmd-in-order"])
def test_recordings_of_dpdk(name: str) -> None:
    seen = recorded(name)
    assert set(seen.commands) <= {"UDP", "FRAME"}
    assert set(seen.findings) - {"VX902", "VX903"} == {"VN813"}
