"""virtio-console: text, control messages, the life of a port, and each rule."""

from pathlib import Path
from struct import pack

import pytest

from vdmabuf_inspect.testing import Exchange

VERSION_1, MULTIPORT = 1 << 32, 2
RECEIVE, SEND = 2, 3


def control(port: int, event: int, value: int = 1, more: bytes = b"") -> bytes:
    return pack("<IHH", port, event, value) + more


def told(features: int = MULTIPORT) -> Exchange:
    return Exchange(3, "console0", queues=6, features=VERSION_1 | features)


def device_says(ports: Exchange, message: bytes) -> None:
    ports.tell(ports.ask(room=64, queue=RECEIVE), message, queue=RECEIVE)


def driver_says(ports: Exchange, message: bytes) -> None:
    ports.both(message, queue=SEND)


def test_a_port_that_comes_and_goes(tmp_path: Path) -> None:
    ports = told()
    driver_says(ports, control(0, 0))
    device_says(ports, control(1, 1))
    driver_says(ports, control(1, 3))
    device_says(ports, control(1, 7, 1, b"org.example.agent"))
    device_says(ports, control(0, 5, 0, pack("<HH", 80, 25)))
    driver_says(ports, control(1, 6))
    ports.both(b"hello", queue=5)
    ports.tell(ports.ask(room=64, queue=4), b"good morning", queue=4)
    device_says(ports, control(1, 2))
    seen = ports.inspect(tmp_path)
    assert seen.commands == [
        "DEVICE_READY", "PORT_ADD", "PORT_READY", "PORT_NAME", "RESIZE", "PORT_OPEN", "TEXT", "TEXT", "PORT_REMOVE"
    ]  # fmt: skip
    assert seen.fields[3]["port"] == 1
    assert seen.fields[4]["size[0].columns"] == 80
    assert seen.objects == {"port 1": "removed", "port 0": "ready"}
    assert not seen.findings


@pytest.mark.parametrize(
    ("code", "queue", "message"),
    [
        ("VC801", SEND, control(0, 99)),
        ("VC802", SEND, control(0, 3)[:6]),
        ("VC803", SEND, control(0, 7)),
        ("VC805", SEND, control(9, 6)),
    ],
)
def test_rule_fires(code: str, queue: int, message: bytes, tmp_path: Path) -> None:
    ports = told()
    ports.both(message, queue=queue)
    assert code in ports.inspect(tmp_path).findings


def test_queues_that_are_not_there(tmp_path: Path) -> None:
    ports = told(0)
    ports.both(b"text", queue=1)
    ports.both(control(0, 0), queue=SEND)
    assert ports.inspect(tmp_path).findings == ["VC804"]
