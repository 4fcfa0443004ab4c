"""Feature bits of the shipped protocols: all of their chapters by name, wherever features are shown."""

import pytest

from tests.plugins.recorded import CAPTURES, recorded
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.protocols.known import protocol_of
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.views.control import ControlView, control_fields
from vdmabuf_inspect.views.rings import RingsView

BITS = {
    1: {*range(4), *range(5, 24), *range(50, 58), *range(59, 64)},
    2: {0, 1, 2, 4, 5, 6, 7, *range(9, 18)},
    3: {0, 1, 2},
    4: set(),
    16: set(range(5)),
    18: set(),
    19: {0, 1, 2},
    26: {0},
}
"""Bits of virtio 1.3, those of legacy devices among them, by device ID."""


@pytest.mark.parametrize(("device", "bits"), BITS.items())
def test_all_bits_have_names(device: int, bits: set[int]) -> None:
    door = Door(user=False)
    door.open()
    names = protocol_of(device).features
    door.close()
    assert set(names) == bits - ({4} if device == 1 else set())
    assert len(set(names.values())) == len(names)


def test_rings_show_them() -> None:
    session = recorded("guest-net").session
    features = RingsView(session).row(0)["features"]
    assert {"VERSION_1", "MRG_RXBUF", "CTRL_VQ", "MAC"} <= set(features)
    assert not [name for name in features if name.startswith("bit ")]


def test_the_control_plane_shows_them() -> None:
    door = Door(user=False)
    door.open()
    session = inspect(str(CAPTURES / "qsd-blk.pcapng"))
    view = ControlView(session)
    row = next(r for r in view.rows(0, len(view)) if r["request"] == "GET_FEATURES" and r["reply"])
    assert {"WRITE_ZEROES", "DISCARD", "FLUSH"} <= set(row["fields"]["features"])
    (field,) = (f for f in control_fields(session, row["seq"] - 1) if f.path == "features")
    assert field.value == row["fields"]["features"]
    assert field.text.endswith("WRITE_ZEROES")
    door.close()
