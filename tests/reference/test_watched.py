"""The pair on packed rings with the proxy between them: every chain is seen, nothing is wrong."""

import threading
from pathlib import Path

import pytest

from tests.sources.peers import until
from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.reference.pair import Pair
from vdmabuf_inspect.sources.base import SourceOptions
from vdmabuf_inspect.sources.vhost_user import open_uri

COUNT, RECV, SEND = 40, 0, 1


@pytest.mark.parametrize("device", [(), ("--in-order",)], ids=["any-order", "in-order"])
def test_packed_session_of_the_pair_is_seen(tmp_path: Path, device: tuple[str, ...]) -> None:
    records: list[Record] = []
    with Pair(tmp_path) as pair:
        pair.start_device(*device)
        proxy = open_uri(f"{pair.front},{pair.back}", SourceOptions(device="vdmabuf"))
        thread = threading.Thread(target=proxy.run, args=(records.append,))
        thread.start()
        try:
            pair.start_driver(
                "--packed", "--queue-size", "12", "--framing", "whole", "--rate", "30", "--count", str(COUNT)
            )
            pair.wait(30)
            until(lambda: "front end closed" in proxy.status(), proxy.status)
        finally:
            proxy.stop()
            thread.join(10)
    events = [(r.kind, r.queue) for r in records]
    assert events.count((EventKind.AVAILABLE, SEND)) == events.count((EventKind.USED, SEND)) == COUNT + 1
    assert events.count((EventKind.USED, RECV)) == COUNT + 1
    assert not any(r.kind is EventKind.GAP or r.problems for r in records)
    assert all(r.flags & EventFlag.COMPLETE for r in records if r.kind is EventKind.START)
