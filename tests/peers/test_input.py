"""Keys pressed by a guest's monitor are found in its rings, exactly these and by name."""

import time
from pathlib import Path

import pytest

from tests.peers.input_devices import BEFORE_FREE, CLICKED, LAMPS, LOCKED, MOVED, TURNED, TYPED, input_guest, use
from tests.peers.kernel import missing
from tests.peers.recording import recording
from tests.peers.standing import standing
from tests.plugins.input_events import findings, happened
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.testing import Seen

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(150),
    pytest.mark.skipif(bool(missing(drivers=True)), reason=missing(drivers=True)),
]


def test_what_was_typed(tmp_path: Path) -> None:
    path = tmp_path / "input.pcapng"
    with input_guest(tmp_path) as guest, recording(f"qemu:{tmp_path}/qmp?poll=max", path):
        time.sleep(0.5)
        with standing(guest, tmp_path, *BEFORE_FREE):
            use(guest)
        time.sleep(0.5)
    door = Door(user=False)
    door.open()
    seen = Seen(inspect(str(path)))
    keyboard, lamps, tablet = (happened(seen, queue) for queue in ("input0/eventq", "input0/statusq", "input1/eventq"))
    door.close()
    assert keyboard == [*TYPED, *LOCKED]
    assert lamps == [*LAMPS]
    assert tablet == [*MOVED, *CLICKED, *TURNED]
    assert findings(seen) <= {"VX903", "VR115"}, "QEMU says of a lamp's buffer that it wrote 8 bytes"
