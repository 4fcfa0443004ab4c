"""A guest and virtiofsd through the proxy: what the guest did stands in the messages, and nobody is accused."""

import time
from pathlib import Path

import pytest

from tests.peers.kernel import missing
from tests.peers.recording import recording, wait_for
from tests.peers.shared_folder import DAEMON, DRIVERS, HELP, TEXT, front_end, shared_folder, use
from tests.peers.stock_guest import StockGuest
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.load import inspect

pytestmark = [
    pytest.mark.peers,
    pytest.mark.timeout(200),
    pytest.mark.skipif(bool(missing(drivers=True)), reason=missing(drivers=True)),
    pytest.mark.skipif(not DAEMON.exists(), reason=HELP),
]


def test_a_shared_folder(tmp_path: Path) -> None:
    front, path = tmp_path / "front", tmp_path / "fs.pcapng"
    options = ("--device", "fs", "--poll", "max")
    with shared_folder(tmp_path) as socket, recording(f"vhost-user:{front},{socket}", path, *options):
        wait_for(front.exists, 10, "the proxy")
        with StockGuest(tmp_path, front_end(front), drivers=DRIVERS) as guest:
            guest.wait_ready()
            assert use(guest) == [".", "..", "greeting", TEXT]
        time.sleep(0.5)
    door = Door(user=False)
    door.open()
    session = inspect(str(path))
    seen = {command_name(op) for op in session.messages.op.tolist()}
    door.close()
    assert len(session.messages) >= 30, "each has been seen, though some too late to tell what they were"
    assert seen & {"INIT", "OPENDIR", "READDIR", "GETATTR", "LOOKUP", "READ", "CREATE", "WRITE", "SYNCFS"}
    assert not (session.findings.severity[:] >= Severity.ERROR).any()
