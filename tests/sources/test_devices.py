"""Queues are called what the virtio specification calls them."""

import pytest

from vdmabuf_inspect.sources.devices import DEVICE_IDS, QUEUE_NAMES, queue_label

NAMED = {
    ("net", 3): ["receiveq1", "transmitq1", "controlq"],
    ("net", 5): ["receiveq1", "transmitq1", "receiveq2", "transmitq2", "controlq"],
    ("net", 2): ["receiveq1", "transmitq1"],
    ("net", 0): ["receiveq1", "transmitq1", "receiveq2"],
    ("block", 2): ["requestq1", "requestq2"],
    ("console", 6): ["receiveq0", "transmitq0", "control_receiveq", "control_transmitq", "receiveq1", "transmitq1"],
    ("crypto", 3): ["dataq1", "dataq2", "controlq"],
    ("rng", 1): ["requestq", "queue1"],
    ("vdmabuf", 2): ["recv", "send", "queue2"],
    ("device77-", 1): ["queue0", "queue1"],
}


@pytest.mark.parametrize(("device", "count"), NAMED)
def test_names(device: str, count: int) -> None:
    wanted = NAMED[device, count]
    assert [queue_label(device, i, count=count) for i in range(len(wanted))] == wanted


def test_only_known_types_have_names() -> None:
    assert set(QUEUE_NAMES) <= set(DEVICE_IDS)
