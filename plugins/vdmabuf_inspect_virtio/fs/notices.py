"""What a device says on the notification queue, where nobody asked (virtio 1.2, 5.11.2; Linux fuse.h)."""

from typing import Any

from construct import Enum, Int32ul, Int64sl, Int64ul, Struct

from vdmabuf_inspect import api

_FUSE = "Linux fuse.h"
_CODES = {
    "POLL": 1, "INVAL_INODE": 2, "INVAL_ENTRY": 3, "STORE": 4, "RETRIEVE": 5, "DELETE": 6, "RESEND": 7,
    "INC_EPOCH": 8, "PRUNE": 9,
}  # fmt: skip
_HEADER = api.explained(
    _FUSE,
    ("len" / Int32ul, "code" / Enum(Int32ul, **_CODES), "unique" / Int64ul),
    len=("of the whole notice", "bytes"),
    code="what it is about; of an answer the error stands here",
    unique="0: it answers nothing",
)
_DIRECTORY, _STRETCH = "the directory that the name is in", "where in the file the bytes begin"
_BODIES: dict[str, tuple[Any, ...]] = {
    "POLL": api.explained(_FUSE, ("kh" / Int64ul,), kh="the number that POLL gave the file: something can be read"),
    "INVAL_INODE": api.explained(
        _FUSE,
        ("ino" / Int64ul, "off" / Int64sl, "length" / Int64sl),
        ino="the node of which nothing cached may be believed any more",
        off="where in it that begins; below 0 only its attributes are meant",
        length=("how far it goes, 0 or less to the end", "bytes"),
    ),
    "INVAL_ENTRY": api.explained(
        _FUSE,
        ("parent" / Int64ul, "namelen" / Int32ul, "flags" / Int32ul),
        parent=_DIRECTORY,
        namelen=("of the name, which follows", "bytes"),
        flags="bit 0: the name is to be asked for again, not dropped",
    ),
    "STORE": api.explained(
        _FUSE,
        ("nodeid" / Int64ul, "offset" / Int64ul, "size" / Int32ul, "padding" / Int32ul),
        nodeid="the node into whose cache the bytes that follow go",
        offset=_STRETCH,
        size=("how many there are", "bytes"),
    ),
    "RETRIEVE": api.explained(
        _FUSE,
        ("notify_unique" / Int64ul, "nodeid" / Int64ul, "offset" / Int64ul, "size" / Int32ul, "padding" / Int32ul),
        notify_unique="number that NOTIFY_REPLY will carry",
        nodeid="the node whose cached bytes are wanted",
        offset=_STRETCH,
        size=("how many are wanted at most", "bytes"),
    ),
    "DELETE": api.explained(
        _FUSE,
        ("parent" / Int64ul, "child" / Int64ul, "namelen" / Int32ul, "padding" / Int32ul),
        parent=_DIRECTORY,
        child="the node that the name stood for",
        namelen=("of the name, which follows", "bytes"),
    ),
    "PRUNE": api.explained(
        _FUSE,
        ("count" / Int32ul, "padding" / Int32ul, "spare" / Int64ul),
        count="how many nodes follow that the driver is to forget where it can",
        spare="nothing yet",
    ),
}
_NODES = api.Entries(
    "nodes", Struct(*api.explained(_FUSE, ("nodeid" / Int64ul,), nodeid="a node that may be forgotten")), "count"
)
_NAMED = ("INVAL_ENTRY", "DELETE")


def _notice(name: str, code: int | None) -> api.Command:
    return api.Command(
        f"NOTIFY_{name}" if name else "NOTIFY", code, None, Struct(*_HEADER, *_BODIES.get(name, ())),
        text=name in _NAMED, payload="name" if name in _NAMED else "payload",
        answer_entries=_NODES if name == "PRUNE" else None,
    )  # fmt: skip


NOTICES = (*(_notice(name, code) for name, code in _CODES.items()), _notice("", None))
"""All of them, the last one for what has no name."""
PLACE = api.Place(4, 4)
"""Where a notice says which it is."""
