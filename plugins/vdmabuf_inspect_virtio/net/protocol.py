"""virtio-net as tables: its queues by features, what is said on each."""

from functools import partial

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net import features as f
from vdmabuf_inspect_virtio.net.control import CONTROL
from vdmabuf_inspect_virtio.net.follower import Follower
from vdmabuf_inspect_virtio.net.frames import FRAMES, MORE


def _is_control(index: int, features: int) -> bool:
    """The third queue; with several pairs the last one, which only its requests tell from a receive queue."""
    return index == 2 and f.has(features, f.CTRL_VQ) and not f.many_queues(features)


def _carries(size: int, odd: int, index: int, features: int) -> bool:
    return index % 2 == odd and f.header_size(features) == size


def _frames(size: int) -> tuple[api.QueueKind, api.QueueKind]:
    frames = tuple(FRAMES[size].values())
    return (
        api.QueueKind(f"receive, header of {size}", (*frames, MORE), partial(_carries, size, 0)),
        api.QueueKind(f"transmit, header of {size}", frames, partial(_carries, size, 1)),
    )


NET = api.protocol(
    api.Protocol(
        "net",
        "network card",
        (1,),
        (
            api.QueueKind("control", CONTROL, _is_control, api.Place(0, 2)),
            *(kind for size in f.HEADER_SIZES for kind in _frames(size)),
        ),
        good=lambda messages: messages.last(1) == 0,
        follower=Follower,
        features=f.NAMES,
    )
)
