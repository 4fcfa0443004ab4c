"""Feature bits by name: those of every device, and a device type's own as its protocol declares them."""

from collections.abc import Mapping

from vdmabuf_inspect.model.features import Feature, bit_names
from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.protocols.known import protocol_known
from vdmabuf_inspect.session.session import Session

_NONE: Mapping[int, str] = {}


def feature_names(features: int, own: Mapping[int, str] = _NONE) -> list[str]:
    """Feature bits by name, a device type's `own` as that mapping has them, unknown ones as `bit N`."""
    return own_names(bit_names(Feature, features), own)


def own_names(names: list[str], own: Mapping[int, str]) -> list[str]:
    """`names` with a device type's own in place of `bit N`."""
    called = {f"bit {number}": name for number, name in own.items()}
    return [called.get(name, name) for name in names]


def features_of(session: Session, device: int) -> Mapping[int, str]:
    """The own feature bits of a session's device by name, empty where its type is not known."""
    known = session.devices.get(device)
    return known.protocol.features if isinstance(known, DeclaredDevice) else _NONE


def features_of_id(device_id: int) -> Mapping[int, str]:
    """The same of a virtio device ID whose protocol is loaded."""
    known = protocol_known(device_id)
    return known.features if known else _NONE
