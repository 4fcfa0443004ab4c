"""Planned faults: a table of what a peer can be made to do wrong, and which rules that must provoke."""

from vdmabuf_inspect.reference.faults import (
    chains,
    control,
    device,
    identity,
    messages,
    notifications,
    packed,
    pages,
    rings,
    used,
)
from vdmabuf_inspect.reference.faults.table import FAULTS, Fault, Side

__all__ = [
    "FAULTS",
    "Fault",
    "Side",
    "chains",
    "control",
    "device",
    "identity",
    "messages",
    "notifications",
    "packed",
    "pages",
    "rings",
    "used",
]
