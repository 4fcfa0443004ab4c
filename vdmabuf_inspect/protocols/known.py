"""The declared protocols by name and by virtio device ID; a device that nobody knows speaks `DATA`."""

from collections.abc import Callable

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.protocols.declared.protocol import Command, Protocol, QueueKind

seekers: list[Callable[[int], None]] = []
"""Asked to bring the protocol of a device ID that is not known."""

PROTOCOLS: dict[str, Protocol] = {}

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
    found = _known(device_id)
    if found is None:
        for seek in seekers:
            seek(device_id)
        found = _known(device_id)
    return found or DATA


def _known(device_id: int) -> Protocol | None:
    return next((p for p in PROTOCOLS.values() if device_id in p.device_ids), None)
