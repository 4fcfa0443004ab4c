"""Weston's description of a surface in the private data of an export, in the list and field by field."""

from pathlib import Path
from struct import pack

import pytest

from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.testing import Exchange
from vdmabuf_inspect.views.messages import MessagesView

PLANES = pack("<iII4s3I3I", 2, 640, 480, b"XR24", 2560, 0, 0, 0, 0, 0)
REST = pack("<4I16s64sQ4i", 0, 0, 1, 9, bytes(16), b"terminal", 77, 0, 0, 640, 480)
FRAME = pack("<6I", 1, 0, 5, 1, 1920, 1080)
SURFACES = {
    "weston-surface": PLANES + REST,
    "weston-surface-bpp": PLANES + pack("<I", 32) + REST[:16] + bytes(4) + REST[16:],
    "weston-frame": FRAME + PLANES + REST,
}


def export(private: bytes) -> bytes:
    dialect = DIALECTS["spec"]
    identity = {"low": 7, "high": 1, "key": [3, 4]}
    body = {
        "id": identity, "pages": 300, "first_offset": 0, "last_length": 4096, "reference": 0x10000,
        "private_size": len(private), "private": private.ljust(216, b"\0"),
    }  # fmt: skip
    return bytes(dialect.message(Op.EXPORT).build({"cmd": dialect.number(Op.EXPORT), "op": body}))


@pytest.mark.parametrize("name", SURFACES)
def test_its_fields_in_lists_and_alone(name: str, tmp_path: Path) -> None:
    told = Exchange(36, "vdmabuf0", queues=2)
    told.both(export(SURFACES[name]), queue=1)
    told.both(export(b"something else"), queue=1)
    path = told.capture(tmp_path / "x.pcapng")
    door = Door(user=False)
    door.open()
    try:
        view = MessagesView(inspect(str(path)))
        listed, other = (row["fields"] for row in view.rows(0, 2))
        assert listed == view.row(0)["fields"]
        private = listed["private"]
        assert (private["width"], private["fourcc"], private["surface_name"]) == (640, "XR24", "terminal")
        assert private["surface_id"] == 77
        assert private.get("display_width") == (1920 if name == "weston-frame" else None)
        assert private.get("bpp") == (32 if name.endswith("bpp") else None)
        assert "private" not in other
    finally:
        door.close()
