"""What READDIR and READDIRPLUS answer: names, each padded to eight bytes, in READDIRPLUS behind what is known of it."""

from construct import Enum, Int32ul, Int64ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.fs.arguments import ENTRY

_KINDS = {"UNKNOWN": 0, "FIFO": 1, "CHR": 2, "DIR": 4, "BLK": 6, "REG": 8, "LNK": 10, "SOCK": 12, "WHT": 14}
_NAME = api.explained(
    "Linux fuse.h",
    ("ino" / Int64ul, "offset" / Int64ul, "namelen" / Int32ul, "type" / Enum(Int32ul, **_KINDS)),
    ino="number of the file that the name stands for",
    offset="where reading the directory goes on behind this name",
    namelen=("of the name, which follows and is padded to a multiple of eight", "bytes"),
    type="what kind of file it is",
)


def _names(*before: object) -> api.Entries:
    return api.Entries("entries", Struct(*before, *_NAME), tail="namelen", data="name", text=True, align=8)


NAMES = {"READDIR": _names(), "READDIRPLUS": _names(*ENTRY)}
"""The list in the answer by the request's name."""
