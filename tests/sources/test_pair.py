"""The proxy between the reference driver and the reference device, each in a process of its own."""

import subprocess
import sys
import threading
from pathlib import Path

from tests.sources.peers import until
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import CONTROL_QUEUE, Record
from vdmabuf_inspect.protocols.vdmabuf.dialects import DEFAULT
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.sources.base import SourceOptions
from vdmabuf_inspect.sources.vhost_user import open_uri

PEER = (sys.executable, "-m", "vdmabuf_inspect.reference")
RECV, SEND = 0, 1


def test_a_whole_session_of_the_pair_is_seen(tmp_path: Path) -> None:
    front, back, count = tmp_path / "front", tmp_path / "back", 60
    proxy = open_uri(f"{front},{back}", SourceOptions(device="vdmabuf"))
    records: list[Record] = []
    thread = threading.Thread(target=proxy.run, args=(records.append,))
    thread.start()
    try:
        with subprocess.Popen([*PEER, "device", str(back), "--quiet"], stdout=subprocess.PIPE) as device:
            until(back.exists, proxy.status)
            driver = [*PEER, "driver", str(front), "--quiet", "--count", str(count), "--rate", "200"]
            subprocess.run(driver, check=True, capture_output=True, timeout=60)
            assert device.wait(10) == 0
        until(lambda: "front end closed" in proxy.status(), proxy.status)
    finally:
        proxy.stop()
        thread.join(10)
    names = {RECV: "recv", SEND: "send", CONTROL_QUEUE: "vhost-user"}
    assert proxy.queue_names == {(0, index): f"vdmabuf0/{name}" for index, name in names.items()}
    sent = [r.readable_bytes for r in records if r.kind is EventKind.AVAILABLE and r.queue == SEND]
    numbers = [int.from_bytes(m[:4], "little") for m in sent]
    assert numbers.count(DEFAULT.number(Op.EXPORT)) == count and numbers.count(DEFAULT.number(Op.NEED_VMID)) >= 1
    released = [r for r in records if r.kind is EventKind.USED and r.queue == RECV and r.writable_bytes]
    assert sum(r.writable_bytes[0] == DEFAULT.number(Op.DMABUF_REL) for r in released) == count
    assert all(r.flags & EventFlag.COMPLETE for r in records if r.kind is EventKind.START)
    assert not any(r.kind is EventKind.GAP or r.problems for r in records)
    assert [r.queue for r in records if r.flags & EventFlag.CLOSED and r.kind is EventKind.STOP] == [RECV, SEND]
