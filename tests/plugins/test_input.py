"""virtio-input: events by name, and each rule."""

import re
from pathlib import Path
from struct import pack
from typing import Any

import pytest

from tests.peers.input_devices import CLICKED, LAMPS, LOCKED, MOVED, TURNED, TYPED
from tests.plugins.input_events import findings, happened
from tests.plugins.recorded import recorded
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.protocols.known import protocol_of
from vdmabuf_inspect.testing import Exchange


def event(kind: int, code: int, value: int) -> bytes:
    return pack("<HHi", kind, code, value)


def happens(told: Exchange, *events: bytes) -> Exchange:
    for each in events:
        told.tell(told.ask(room=8), each)
    return told


def test_events_by_name(tmp_path: Path) -> None:
    told = Exchange(18, "input0", queues=2)
    happens(told, event(1, 28, 1), event(2, 0, -3), event(0, 0, 0))
    told.both(event(0x11, 1, 1), queue=1)
    seen = told.inspect(tmp_path)
    assert seen.commands == ["KEY", "REL", "SYN", "LED"]
    assert [f["code"] for f in seen.fields] == ["KEY_ENTER", "X", "REPORT", "CAPSL"]
    assert seen.fields[1]["value"] == -3
    assert not seen.findings


def test_rules(tmp_path: Path) -> None:
    told = happens(Exchange(18, "input0"), event(1, 28, 1)[:4], event(9, 0, 0))
    assert told.inspect(tmp_path).findings == ["VK801", "VK802"]


def test_a_lamp_that_was_freed_is_not_judged(tmp_path: Path) -> None:
    told = Exchange(18, "input0", queues=2)
    queue = told._queues[1]
    queue.give_back(queue.offer(b"\xff" * 8, 0), b"")
    told._look()
    seen = told.inspect(tmp_path)
    assert seen.commands == ["OTHER"]
    assert not seen.findings


def test_a_recording_of_a_keyboard_and_a_tablet() -> None:
    seen = recorded("guest-input")
    assert happened(seen, "input0/eventq") == [*TYPED, *LOCKED]
    assert happened(seen, "input1/eventq") == [*MOVED, *CLICKED, *TURNED]
    assert happened(seen, "input0/statusq") == [*LAMPS]
    assert findings(seen) == {"VR115", "VX903"}


HEADER = Path("/usr/include/linux/input-event-codes.h")


@pytest.mark.skipif(not HEADER.exists(), reason="no kernel headers (apt-get install linux-libc-dev)")
def test_all_codes_of_the_kernel_have_names() -> None:
    defined = re.findall(r"#define\s+([A-Z]+)_(\w+)\s+(0x[0-9a-f]+|\d+)\b", HEADER.read_text())
    codes = [(kind, name, int(number, 0)) for kind, name, number in defined if name not in ("MAX", "CNT")]
    door = Door(user=False)
    door.seek(18)
    events, _ = protocol_of(18).queues
    kinds = {command.name: command.answer for command in events.commands}
    door.close()
    known = {kind: set(_bare(layout.code).decmapping) for kind, layout in kinds.items()}
    assert [each for each in codes if each[2] not in known.get("KEY" if each[0] == "BTN" else each[0], {each[2]})] == []
    assert {number for kind, _, number in codes if kind == "EV"} <= {c.code for c in events.commands}


def _bare(layout: Any) -> Any:
    return layout if hasattr(layout, "decmapping") else _bare(layout.subcon)
