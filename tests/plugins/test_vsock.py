"""virtio-vsock: packets, connections and their states, credit across batches, each rule."""

from pathlib import Path
from struct import pack

import pytest

from tests.peers.vsock_host import PORT
from tests.plugins.recorded import recorded
from vdmabuf_inspect.testing import Exchange

VERSION_1, SEQPACKET = 1 << 32, 2
RX, TX, EVENT = 0, 1, 2
REQUEST, RESPONSE, RST, SHUTDOWN, RW, CREDIT_UPDATE, CREDIT_REQUEST = range(1, 8)
GUEST, HOST = (3, 1024), (2, 22)


def packet(
    op: int, data: bytes = b"", *, driver: bool, flags: int = 0, room: int = 4096, taken: int = 0, kind: int = 1
) -> bytes:
    (a, b), (c, d) = (GUEST, HOST) if driver else (HOST, GUEST)
    return pack("<QQIIIHHIII", a, c, b, d, len(data), kind, op, flags, room, taken) + data


class Socket:
    """Both ends of a guest's sockets."""

    def __init__(self, features: int = 0) -> None:
        self.told = Exchange(19, "vsock0", queues=3, features=VERSION_1 | features)

    def driver(self, op: int, data: bytes = b"", **fields: int) -> None:
        self.told.both(packet(op, data, driver=True, **fields), queue=TX)

    def device(self, op: int, data: bytes = b"", **fields: int) -> None:
        self.raw(packet(op, data, driver=False, **fields))

    def raw(self, data: bytes, queue: int = RX) -> None:
        self.told.tell(self.told.ask(room=2000, queue=queue), data, queue=queue)

    def connect(self) -> None:
        self.driver(REQUEST)
        self.device(RESPONSE)


def test_a_connection_from_request_to_reset(tmp_path: Path) -> None:
    socket = Socket()
    socket.connect()
    socket.driver(RW, b"hello")
    socket.device(RW, b"good morning", taken=5)
    socket.driver(CREDIT_UPDATE, taken=12)
    socket.driver(SHUTDOWN, flags=3)
    socket.device(RST)
    seen = socket.told.inspect(tmp_path)
    assert seen.commands == ["REQUEST", "RESPONSE", "RW", "RW", "CREDIT_UPDATE", "SHUTDOWN", "RST"]
    assert seen.objects == {"3:1024→2:22": "closed"}
    first, shutdown = seen.fields[0], seen.fields[5]
    assert (first["src_cid"], first["dst_port"], first["type"], first["op"]) == (3, 22, "STREAM", "REQUEST")
    assert shutdown["flags"] == ["RECEIVE", "SEND"]
    assert not seen.findings


def test_refused_reset_and_opened_again(tmp_path: Path) -> None:
    socket = Socket()
    socket.driver(REQUEST)
    socket.device(RST)
    socket.connect()
    socket.device(RST)
    seen = socket.told.inspect(tmp_path)
    assert seen.objects == {"3:1024→2:22": "refused", "3:1024→2:22b": "reset"}
    assert not seen.findings


def test_a_connection_that_the_device_asks_for(tmp_path: Path) -> None:
    socket = Socket(SEQPACKET)
    socket.device(REQUEST, kind=2)
    socket.driver(RESPONSE, kind=2)
    socket.device(RW, b"x", kind=2, flags=1)
    seen = socket.told.inspect(tmp_path)
    assert seen.objects == {"3:1024→2:22": "connected"}
    assert seen.fields[2]["flags"] == ["END_OF_MESSAGE"]
    assert not seen.findings


@pytest.mark.parametrize("batch", [1, 3, 131072])
def test_credit_is_counted_across_batches(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vdmabuf_inspect.session.reading._FIRST_BATCH", batch)
    monkeypatch.setattr("vdmabuf_inspect.session.reading._BATCH", batch)
    socket = Socket()
    socket.driver(REQUEST)
    socket.device(RESPONSE, room=1000)
    for taken in range(0, 3000, 500):
        socket.driver(RW, bytes(500))
        socket.driver(RW, bytes(400))
        socket.device(CREDIT_UPDATE, room=1000, taken=taken * 9 // 5 + 900)
    socket.driver(RW, bytes(600))
    socket.driver(RW, bytes(600))
    seen = socket.told.inspect(tmp_path)
    assert seen.findings == ["VS814"]
    finding = seen.session.findings
    assert (int(finding.a[0]), int(finding.b[0])) == (1200, 1000)


@pytest.mark.parametrize(
    ("code", "data", "queue"),
    [
        ("VS801", packet(RST, driver=False)[:40], RX),
        ("VS802", packet(0, driver=False), RX),
        ("VS802", packet(99, driver=False), RX),
        ("VS803", packet(REQUEST, driver=False, kind=7), RX),
        ("VS803", packet(REQUEST, driver=False, kind=2), RX),
        ("VS804", packet(RW, b"1234", driver=False) + b"5", RX),
        ("VS804", packet(REQUEST, driver=False) + b"5", RX),
        ("VS805", packet(REQUEST, driver=True), RX),
        ("VS806", packet(SHUTDOWN, driver=False), RX),
        ("VS807", pack("<I", 9), EVENT),
        ("VS808", pack("<I", 0), EVENT),
        ("VS811", packet(RW, b"1", driver=False), RX),
        ("VS812", packet(RESPONSE, driver=False), RX),
    ],
)
def test_rule_fires_at_one_packet(code: str, data: bytes, queue: int, tmp_path: Path) -> None:
    socket = Socket()
    socket.raw(data, queue)
    assert code in socket.told.inspect(tmp_path).findings


def test_rules_of_connections(tmp_path: Path) -> None:
    socket = Socket()
    socket.driver(REQUEST)
    socket.driver(RESPONSE)
    socket.driver(REQUEST)
    socket.device(RESPONSE)
    socket.driver(SHUTDOWN, flags=2)
    socket.driver(RW, b"late")
    socket.device(RST)
    socket.driver(RW, b"later")
    found = sorted(socket.told.inspect(tmp_path).findings)
    assert found == ["VS812", "VS812", "VS813", "VS815", "VS815", "VS816"]


def test_a_packet_whose_memory_was_freed_is_not_judged(tmp_path: Path) -> None:
    socket = Socket()
    queue = socket.told._queues[TX]
    queue.give_back(queue.offer(b"\xff" * 44, 0), b"")
    socket.told._look()
    seen = socket.told.inspect(tmp_path)
    assert len(seen.commands) == 1
    assert not seen.findings


def test_what_both_sides_say_in_one_look_has_no_order(tmp_path: Path) -> None:
    socket = Socket()
    socket.driver(REQUEST)
    buffers = [socket.told.ask(room=2000, queue=RX) for _ in range(2)]
    tx, rx = (socket.told._queues[queue] for queue in (TX, RX))
    sent = [tx.offer(packet(RW, bytes(100), driver=True), 0)]
    for head, answer in zip(buffers, (packet(RESPONSE, driver=False), packet(RW, b"1", driver=False)), strict=True):
        rx.give_back(head, answer)
    sent.append(tx.offer(packet(CREDIT_UPDATE, driver=True, taken=1), 0))
    socket.told._look()
    for head in sent:
        socket.told.tell(head, queue=TX)
    seen = socket.told.inspect(tmp_path)
    assert seen.objects == {"3:1024→2:22": "connected"}
    assert not seen.findings


def test_ports_of_any_size_are_told_apart(tmp_path: Path) -> None:
    told = Exchange(19, "vsock0", queues=3, features=VERSION_1)
    for port in (0xFFFFFFFF, 0xFFFFFFFE):
        told.both(pack("<QQIIIHHIII", 3, 2, port, 22, 0, 1, REQUEST, 0, 4096, 0), queue=TX)
    seen = told.inspect(tmp_path)
    assert seen.objects == {"3:4294967295→2:22": "requested", "3:4294967294→2:22": "requested"}
    assert not seen.findings


def test_a_recording_of_a_guest() -> None:
    seen = recorded("guest-vsock")
    ends = {name.partition("→")[2]: state for name, state in seen.objects.items()}
    assert list(seen.objects.values()) == ["closed", "closed", "refused"]
    assert ends == {f"2:{PORT}": "closed", f"2:{PORT + 1}": "refused"}
    ops = ("REQUEST", "RESPONSE", "RW", "CREDIT_UPDATE", "CREDIT_REQUEST", "SHUTDOWN", "RST")
    assert set(seen.commands) == set(ops)
    assert seen.commands.count("REQUEST") == seen.commands.count("RST") == 3
    assert sum(each["len"] for each in seen.fields if each["op"] == "RW") == 2 * (3 * 200 + 6000)
    assert max(each["fwd_cnt"] for each in seen.fields) == 6000
    assert not seen.findings
