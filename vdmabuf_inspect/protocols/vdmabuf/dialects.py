"""The wire dialects as data: nobody sends the specification's message, and no two drivers agree.

Facts are from the specification patch of February 2021, Linux RFC v1 to v4, and the Intel (Celadon) and
MediaTek downstream kernels. Add a dialect by adding a value to DIALECTS.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from vdmabuf_inspect.model.finding import Quirk
from vdmabuf_inspect.protocols.vdmabuf.layout import Op

if TYPE_CHECKING:
    from vdmabuf_inspect.protocols.layout import Span


class Sender(Enum):
    """Who may send a command."""

    DRIVER = "driver"
    DEVICE = "device"
    BOTH = "both"


class Posting(Enum):
    """When a driver posts receive buffers."""

    AHEAD = "keeps the receive queue filled"
    PER_MESSAGE = "posts one before each message it sends"
    ONE = "posts one at start and again after each message received"
    SAME = "has no receive queue: answers come in the request's own buffer"


@dataclass(frozen=True)
class Command:
    """One command number of a dialect."""

    op: Op
    request: Sender
    """Who sends it unasked; an answer (NEED_VMID) goes the other way."""
    answered: bool = False


@dataclass(frozen=True)
class Dialect:
    """One way of putting vdmabuf on the wire. Sizes and offsets are bytes, integers little-endian."""

    name: str
    title: str
    device_ids: tuple[int, ...]
    commands: Mapping[int, Command]
    prefix: str = "none"
    """What stands ahead of the command (declarations.PREFIXES)."""
    cmd_offset: int = 0
    """Where the command word stands: the prefix's size."""
    tail: int = 0
    queues: tuple[str, ...] = ("recv", "send")
    vm_half_first: bool = False
    """True: bytes 0 to 3 of `id` are the VM half (the specification's text). Every driver puts it in 4 to 7."""
    posting: Posting = Posting.PER_MESSAGE
    reexports: bool = False
    """The same ID is exported again for every frame (RFC v4 mints IDs at allocation)."""
    device_fills_used_len: bool = False
    """The host returns every chain with the message size as length, on the send queue too."""
    quirks: Mapping[str, Quirk] = field(default_factory=dict)
    """Rules that known implementations of this dialect always break: notes here."""

    @property
    def op_offset(self) -> int:
        """Where the 256 bytes called `op` begin."""
        return self.cmd_offset + 4

    @property
    def size(self) -> int:
        """Bytes of a whole message."""
        return self.op_offset + 256 + self.tail

    @property
    def asks_vmid(self) -> bool:
        """Whether the VM ID is asked for by message (Intel reads it from the configuration space)."""
        return any(command.op is Op.NEED_VMID for command in self.commands.values())

    @property
    def in_place(self) -> bool:
        """Whether requests are put in device-writable buffers and answered there (RFC v1, v2)."""
        return self.posting is Posting.SAME

    def number(self, op: Op) -> int:
        """The command number of `op`; KeyError when the dialect has none."""
        return {command.op: value for value, command in self.commands.items()}[op]

    def message(self, op: Op) -> Any:
        """The construct declaration of a whole message, for one-message parse and build."""
        return _message(self.name, op)

    def dtype(self, op: Op) -> np.dtype[Any]:
        """The batch dtype derived from the same declaration."""
        from vdmabuf_inspect.protocols.layout import dtype_of

        return dtype_of(self.message(op))

    def spans(self, op: Op) -> "tuple[Span, ...]":
        """Every field's path and place in the message."""
        from vdmabuf_inspect.protocols.layout import spans_of

        return spans_of(self.message(op))


_RFC = {
    0x00: Command(Op.NEED_VMID, Sender.DRIVER, answered=True),
    0x10: Command(Op.EXPORT, Sender.DRIVER),
    0x11: Command(Op.DMABUF_REL, Sender.DEVICE),
}
_LIST_QUIRKS = {"VM310": Quirk(), "VR115": Quirk(only=280)}

DIALECTS: dict[str, Dialect] = {
    d.name: d
    for d in (
        Dialect(
            "spec", "specification patch, February 2021", (36, 37),
            {
                1: Command(Op.NEED_VMID, Sender.DRIVER, answered=True),
                2: Command(Op.EXPORT, Sender.DRIVER),
                3: Command(Op.DMABUF_REL, Sender.DEVICE),
            },
            vm_half_first=True, posting=Posting.AHEAD,
        ),
        Dialect(
            "rfc-v4", "Linux RFC v4 and the QEMU RFC", (37,), _RFC, "list", 16, 4,
            reexports=True, device_fills_used_len=True,
            quirks=_LIST_QUIRKS | {"VI403": Quirk(), "VI404": Quirk()},
        ),
        Dialect(
            "intel", "Intel Celadon 2022 to 2025, VM ID in configuration space", (37,),
            {
                0x10: Command(Op.EXPORT, Sender.BOTH),
                0x11: Command(Op.DMABUF_REL, Sender.BOTH),
                0x12: Command(Op.UNEXPORT, Sender.BOTH),
            },
            "list", 16, 4, device_fills_used_len=True,
            quirks=_LIST_QUIRKS | {"VM306": Quirk()},
        ),
        Dialect(
            "mtk", "MediaTek 2025", (37,),
            {
                0x10: Command(Op.NEED_VMID, Sender.DRIVER, answered=True),
                0x11: Command(Op.EXPORT, Sender.DRIVER),
                0x12: Command(Op.DMABUF_REL, Sender.DEVICE),
            },
            "list", 16, 4, posting=Posting.ONE, device_fills_used_len=True,
            quirks=_LIST_QUIRKS | {"VL507": Quirk()},
        ),
        Dialect(
            "rfc-v3", "Linux RFC v3", (40,), _RFC, "list", 16, 4,
            device_fills_used_len=True, quirks=_LIST_QUIRKS,
        ),
        Dialect(
            "rfc-v1", "Linux RFC v1 and v2, one queue", (30,), _RFC, "request", 8,
            queues=("messages",), posting=Posting.SAME,
            quirks={"VM305": Quirk(), "VM306": Quirk()},
        ),
    )
}  # fmt: skip
"""Every dialect by name, likelier ones first where two fit; the specification's is the default."""

DEFAULT = DIALECTS["spec"]


@cache
def _message(name: str, op: Op) -> Any:
    from construct import Bytes, Int32ul, Struct

    from vdmabuf_inspect.protocols.vdmabuf.declarations import BODIES, PREFIXES

    dialect = DIALECTS[name]
    parts = [*PREFIXES[dialect.prefix], "cmd" / Int32ul, "op" / BODIES[op]]
    if dialect.tail:
        parts.append("padding" / Bytes(dialect.tail))
    return Struct(*parts)
