"""The two kinds of virtqueue: where one lies, and the ring of either side."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.device_ring import DeviceRing
from vdmabuf_inspect.reference.driver_ring import DriverRing
from vdmabuf_inspect.reference.inflight import SplitTrack
from vdmabuf_inspect.reference.packed_device_ring import PackedDeviceRing
from vdmabuf_inspect.reference.packed_driver_ring import PackedDriverRing
from vdmabuf_inspect.reference.packed_inflight import PackedTrack
from vdmabuf_inspect.reference.packed_place import PackedPlace
from vdmabuf_inspect.reference.place import Place
from vdmabuf_inspect.reference.split_device_ring import SplitDeviceRing
from vdmabuf_inspect.reference.split_driver_ring import SplitDriverRing


@dataclass(frozen=True)
class Kind:
    """What a ring of one kind is made of; the rings are called with a Ram, a place and options."""

    place: type[Place] | type[PackedPlace]
    driver: Callable[..., DriverRing]
    device: Callable[..., DeviceRing]
    inflight: Callable[[int], int]
    """Bytes for a queue of so many descriptors in a region of GET_INFLIGHT_FD."""


SPLIT = Kind(Place, SplitDriverRing, SplitDeviceRing, SplitTrack.room)
PACKED = Kind(PackedPlace, PackedDriverRing, PackedDeviceRing, PackedTrack.room)


def kind_of(features: int) -> Kind:
    """The kind that was negotiated."""
    return PACKED if features & Feature.RING_PACKED else SPLIT


def common_options(features: int) -> dict[str, Any]:
    """What either ring is told of the negotiated features."""
    return {"event_idx": bool(features & Feature.EVENT_IDX), "in_order": bool(features & Feature.IN_ORDER)}
