"""A guest's stock driver and a vhost-user back end of ours: each connection is an object with its state and credit."""

import time
from pathlib import Path

import pytest

from tests.peers.kernel import missing
from tests.peers.vsock_guest import LONG, SHORT, use, vsock_guest
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.testing import Seen

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(200),
    pytest.mark.skipif(bool(missing(drivers=True)), reason=missing(drivers=True)),
]


def test_connections_of_a_guest(tmp_path: Path) -> None:
    path = tmp_path / "vsock.pcapng"
    with vsock_guest(tmp_path, path) as guest:
        use(guest)
        time.sleep(0.5)
    door = Door(user=False)
    door.open()
    seen = Seen(inspect(str(path)))
    assert list(seen.objects.values()) == ["closed", "closed", "refused"]
    said = [each for each in seen.fields if each.get("op") == "RW" and each["src_cid"] == 2]
    door.close()
    assert sum(each["len"] for each in said) == SHORT[0] * SHORT[1] + LONG[0] * LONG[1]
    assert not (seen.session.findings.severity[:] >= Severity.WARNING).any()
