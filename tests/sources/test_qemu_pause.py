"""A guest that stops and goes on has the same queues, unless it was reset meanwhile."""

import pytest

from tests.sources.fake_qemu import FakeQemu
from tests.sources.watched_qemu import request, watching
from vdmabuf_inspect.model.event import EventFlag, EventKind


def test_nobody_is_blamed_while_the_guest_is_paused(qemu: FakeQemu) -> None:
    ring = qemu.ring(0x1000)
    qemu.plug("rng", ring)
    request(ring)
    with watching(qemu) as seen:
        seen.until("START", "AVAILABLE")
        qemu.state = "paused"
        qemu.event("STOP")
        seen.until("START", "AVAILABLE", "STOP")
        assert "paused" in seen.machine.status()
        qemu.state = "running"
        qemu.event("RESUME")
        seen.until("START", "AVAILABLE", "STOP", "START")
        ring.give_back(0, 64)
        seen.until("START", "AVAILABLE", "STOP", "START", "USED")
    edges = [r.flags for r in seen.records if r.kind in (EventKind.START, EventKind.STOP)]
    assert [bool(flags & EventFlag.PAUSED) for flags in edges] == [False, True, True]


@pytest.mark.parametrize("how", ["reset", "elsewhere", "vhost"])
def test_a_pause_that_ends_otherwise_is_none(how: str, qemu: FakeQemu) -> None:
    """A guest that is reset meanwhile begins anew; the queues of vhost devices, which QEMU stops, go on."""
    ring = qemu.ring(0x1000)
    device = qemu.plug("rng", ring, vhost=how == "vhost")
    for _ in range(3):
        request(ring)
        ring.give_back(0, 64)
    with watching(qemu) as seen:
        seen.until("START")
        qemu.state, device.vhost = "paused", False
        qemu.event("STOP")
        seen.until("START", "STOP")
        if how == "reset":
            qemu.ram[0x1000:0x2000] = bytes(0x1000)
        if how == "elsewhere":
            device.rings = [qemu.ring(0x3000)]
        qemu.state, device.vhost = "running", how == "vhost"
        qemu.event("RESUME")
        seen.until("START", "STOP", "START")
    latest = [r for r in seen.records if r.kind is EventKind.START][-1]
    assert bool(latest.flags & EventFlag.PAUSED) is (how == "vhost")
