"""The proxy between a reference driver and device that agree on packed rings: nobody is accused of anything."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.sources.peers import until
from tests.stories import findings, read_back
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.finding import Severity
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.sources.base import SourceOptions
from vdmabuf_inspect.sources.vhost_user import open_uri

PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")
COUNT = 60


@pytest.mark.parametrize("order", ["--in-order", "--no-in-order"])
def test_packed_rings_of_a_conforming_pair_are_watched(order: str, tmp_path: Path) -> None:
    front, back = tmp_path / "front", tmp_path / "back"
    proxy = open_uri(f"{front},{back}", SourceOptions(device="vdmabuf"))
    records: list[Record] = []
    thread = threading.Thread(target=proxy.run, args=(records.append,))
    thread.start()
    try:
        device = [*PEER, "device", str(back), "--quiet", "--packed", order]
        with subprocess.Popen(device, stdout=subprocess.PIPE) as running:
            until(back.exists, proxy.status)
            driver = [*PEER, "driver", str(front), "--quiet", "--packed", order, "--queue-size", "24"]
            command = [*driver, "--count", str(COUNT), "--rate", "150"]
            subprocess.run(command, check=True, capture_output=True, timeout=60)
            assert running.wait(10) == 0
        until(lambda: "front end closed" in proxy.status(), proxy.status)
    finally:
        proxy.stop()
        thread.join(10)
    assert all(r.flags & EventFlag.COMPLETE for r in records if r.kind is EventKind.START)
    gaps = [r for r in records if r.kind is EventKind.GAP]
    for queue in {r.queue for r in records if r.kind is EventKind.USED}:
        used = [r for r in records if r.kind is EventKind.USED and r.queue == queue]
        assert len(used) >= COUNT or gaps
    session = read_back(tmp_path / "packed.pcapng", records, dict(proxy.queue_names))
    assert {queue.epochs[-1].layout.packed for queue in session.queues.rings} == {True}
    assert not [f for f in findings(session) if f.severity is Severity.ERROR]
