"""Recordings of real traffic, each decoded by its device's protocol, with nobody accused."""

import pytest

from tests.plugins.recorded import recorded
from vdmabuf_inspect.views.detail import detail


@pytest.mark.parametrize("name", ["qsd-blk", "guest-blk-packed"])
def test_disks(name: str) -> None:
    seen = recorded(name)
    assert set(seen.commands) == {"IN", "OUT"}
    asked = [each for each in seen.fields if "sector" in each]
    answered = [each for each in seen.fields if "status" in each]
    assert len(asked) >= 38 and {each["status"] for each in answered} == {"OK"}
    assert {code[:2] for code in seen.findings} <= {"VX"}


def test_a_console_port() -> None:
    seen = recorded("guest-console")
    assert seen.objects == {"port 1": "open"}
    told = [each["value"] for each in seen.fields if each.get("event") == "PORT_OPEN"]
    assert set(told) == {0, 1} and len(told) >= 20
    rows = [int(seen.session.messages.row[i]) for i, name in enumerate(seen.commands) if name == "TEXT"]
    texts = {field.text for row in rows for field in detail(seen.session, row + 1).fields}
    assert len(rows) >= 40 and "a" * 48 in texts
    assert all(text.startswith("aaaa") for text in texts), "an allocator's word may stand within what was freed"
    assert {code[:2] for code in seen.findings} <= {"VX"}


def test_entropy() -> None:
    seen = recorded("guest-rng")
    assert set(seen.commands) == {"RANDOM"} and len(seen.commands) >= 40
    assert {code[:2] for code in seen.findings} <= {"VX"}


def test_a_display() -> None:
    seen = recorded("guest-gpu")
    assert seen.commands[:4] == ["GET_EDID", "GET_DISPLAY_INFO", "GET_EDID", "GET_DISPLAY_INFO"]
    (shown,) = {(each["width"], each["height"], each["format"]) for each in seen.fields if "format" in each}
    assert shown == (1280, 800, "B8G8R8X8")
    assert list(seen.objects.values()) == ["flushed"]
    assert {each["hdr.type"] for each in seen.fields} >= {"OK_EDID", "OK_DISPLAY_INFO", "OK_NODATA"}
    assert not seen.findings
