"""The declared protocols by name and by virtio device ID; a device that nobody knows speaks `DATA`."""

from collections.abc import Callable

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.protocols.declared.protocol import Command, Protocol, QueueKind
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS

seekers: list[Callable[[int], None]] = []
"""Asked to bring the protocol of a device ID that is not known."""

PROTOCOLS: dict[str, Protocol] = {}

VDMABUF_IDS = sorted({number for dialect in DIALECTS.values() for number in dialect.device_ids})
"""Virtio device IDs under which virtio-vdmabuf has been seen."""

DATA = Protocol("data", "a device whose protocol is not known", (), (QueueKind("queue", (Command("DATA"),)),))
"""Bytes that went to the device and bytes that came back, without a meaning."""


def add_protocol(protocol: Protocol) -> None:
    """Decode the devices of these IDs so. Raises UsageError when another protocol has one of them already."""
    for other in PROTOCOLS.values():
        taken = set(other.device_ids) & set(protocol.device_ids)
        if other.name != protocol.name and taken:
            number = min(taken)
            raise UsageError(f"protocol {protocol.name}: device ID {number} is decoded by {other.name} already")
    PROTOCOLS[protocol.name] = protocol


def protocol_of(device_id: int) -> Protocol:
    """The protocol of a virtio device ID. Raises PluginError when its plugin cannot be loaded."""
    found = protocol_known(device_id)
    if found is None:
        bring(device_id)
        found = protocol_known(device_id)
    return found or DATA


def tongues(device_id: int) -> list[Protocol]:
    """The protocols that a device of this ID, virtio-vdmabuf's, may speak where none of vdmabuf's dialects fits.

    Raises PluginError when the plugin of one cannot be loaded.
    """
    bring(device_id)
    return [p for p in PROTOCOLS.values() if device_id in p.tongue_of]


def forcible() -> dict[str, Protocol]:
    """The protocols that `--dialect` may force instead of a dialect of vdmabuf's, by name. Raises PluginError."""
    return {p.name: p for number in VDMABUF_IDS for p in tongues(number)}


def bring(device_id: int) -> None:
    """Load what plugins have for devices of this ID. Raises PluginError."""
    for seek in seekers:
        seek(device_id)


def protocol_known(device_id: int) -> Protocol | None:
    """The protocol of a virtio device ID where it is loaded."""
    return next((p for p in PROTOCOLS.values() if device_id in p.device_ids), None)
