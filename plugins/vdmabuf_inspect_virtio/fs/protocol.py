"""virtio-fs as tables: every FUSE opcode, the queues, the nodes that requests are about (virtio 1.2, 5.11)."""

from dataclasses import dataclass
from errno import errorcode

from construct import Enum, Int16ul, Int32sl, Int32ul, Int64ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.fs import arguments as a
from vdmabuf_inspect_virtio.fs import notices
from vdmabuf_inspect_virtio.fs.dialogue import Dialogue
from vdmabuf_inspect_virtio.fs.directory import NAMES
from vdmabuf_inspect_virtio.fs.meanings import explained

IN_SIZE, OUT_SIZE = 40, 16
NOTIFICATION = 0


@dataclass(frozen=True)
class _Op:
    """One opcode: what follows the header of its request, and of an answer that is no error; `named`: texts end it."""

    name: str
    code: int
    request: a.Parts = ()
    answer: a.Parts = ()
    named: bool = False
    node: bool = True
    entries: api.Entries | None = None


_OPS = (
    _Op("LOOKUP", 1, (), a.ENTRY, True), _Op("FORGET", 2, a.FORGET), _Op("GETATTR", 3, a.GETATTR, a.ATTR_ANSWER),
    _Op("SETATTR", 4, a.SETATTR, a.ATTR_ANSWER), _Op("READLINK", 5), _Op("SYMLINK", 6, (), a.ENTRY, True),
    _Op("MKNOD", 8, a.MKNOD, a.ENTRY, True), _Op("MKDIR", 9, a.MKDIR, a.ENTRY, True), _Op("UNLINK", 10, named=True),
    _Op("RMDIR", 11, named=True), _Op("RENAME", 12, a.RENAME, named=True), _Op("LINK", 13, a.LINK, a.ENTRY, True),
    _Op("OPEN", 14, a.OPEN, a.OPENED), _Op("READ", 15, a.READ), _Op("WRITE", 16, a.WRITE, a.WRITTEN),
    _Op("STATFS", 17, (), a.STATFS), _Op("RELEASE", 18, a.RELEASE), _Op("FSYNC", 20, a.FSYNC),
    _Op("SETXATTR", 21, a.SETXATTR, named=True), _Op("GETXATTR", 22, a.GETXATTR, named=True),
    _Op("LISTXATTR", 23, a.GETXATTR), _Op("REMOVEXATTR", 24, named=True), _Op("FLUSH", 25, a.FLUSH),
    _Op("INIT", 26, a.INIT, a.INITIALIZED, node=False, entries=a.INIT_MORE), _Op("OPENDIR", 27, a.OPEN, a.OPENED),
    _Op("READDIR", 28, a.READ), _Op("RELEASEDIR", 29, a.RELEASE), _Op("FSYNCDIR", 30, a.FSYNC),
    _Op("GETLK", 31, a.LK, a.LOCKED), _Op("SETLK", 32, a.LK), _Op("SETLKW", 33, a.LK),
    _Op("ACCESS", 34, a.ACCESS), _Op("CREATE", 35, a.CREATE, (*a.ENTRY, *a.OPENED), True),
    _Op("INTERRUPT", 36, a.INTERRUPT, node=False), _Op("BMAP", 37, a.BMAP, a.MAPPED),
    _Op("DESTROY", 38, node=False), _Op("IOCTL", 39, a.IOCTL, a.IOCTL_ANSWER),
    _Op("POLL", 40, a.POLL, a.POLLED), _Op("NOTIFY_REPLY", 41, a.RETRIEVED),
    _Op("BATCH_FORGET", 42, a.BATCH_FORGET, node=False, entries=api.Entries("nodes", a.FORGOTTEN, "count")),
    _Op("FALLOCATE", 43, a.FALLOCATE), _Op("READDIRPLUS", 44, a.READ), _Op("RENAME2", 45, a.RENAME2, named=True),
    _Op("LSEEK", 46, a.LSEEK, a.SOUGHT), _Op("COPY_FILE_RANGE", 47, a.COPY, a.WRITTEN),
    _Op("SETUPMAPPING", 48, a.SETUPMAPPING),
    _Op("REMOVEMAPPING", 49, a.REMOVEMAPPING, entries=api.Entries("ranges", a.UNMAPPED, "count")),
    _Op("SYNCFS", 50, a.SYNCFS), _Op("TMPFILE", 51, a.CREATE, (*a.ENTRY, *a.OPENED), True),
    _Op("STATX", 52, a.STATX, a.STATX_ANSWER), _Op("COPY_FILE_RANGE_64", 53, a.COPY, a.COPIED),
)  # fmt: skip

_HEADERS = "virtio 1.2, 5.11.6.1"
_OPCODES = Enum(Int32ul, **{op.name: op.code for op in _OPS})
_ERRORS = Enum(Int32sl, OK=0, **{name: -number for number, name in errorcode.items()})
_IN = explained(
    "len" / Int32ul, "opcode" / _OPCODES, "unique" / Int64ul, "nodeid" / Int64ul, "uid" / Int32ul, "gid" / Int32ul,
    "pid" / Int32ul, "total_extlen" / Int16ul, "padding_too" / Int16ul, source=_HEADERS,
)  # fmt: skip
_OUT = explained("len" / Int32ul, "error" / _ERRORS, "unique" / Int64ul, source=_HEADERS)
_ERROR = api.Place(4, 4)
_TEXTS = {"RENAME": "name new_name", "RENAME2": "name new_name", "SYMLINK": "name target", "SETXATTR": "name value"}
"""The texts that end a request; of others it is one name."""


def _command(op: _Op) -> api.Command:
    answers = api.Answers(_ERROR, {0: Struct(*_OUT, *op.answer)})
    done = "forget" if op.name == "FORGET" else ""
    return api.Command(
        op.name, op.code, Struct(*_IN, *op.request), Struct(*_OUT), answers=answers, entries=op.entries, text=op.named,
        answer_entries=NAMES.get(op.name), payload=_TEXTS.get(op.name, "name") if op.named else "payload",
        object="nodeid" if op.node else "", asked=done,
    )  # fmt: skip


_OTHER = api.Command("OTHER", None, Struct(*_IN), Struct(*_OUT))
REQUESTS = (*(_command(op) for op in _OPS), _OTHER)


def _notified(features: int) -> bool:
    return bool(features >> NOTIFICATION & 1)


FS = api.protocol(
    api.Protocol(
        "fs",
        "file system shared with the host",
        (26,),
        (
            api.QueueKind("notification", notices.NOTICES, lambda i, f: i == 1 and _notified(f), notices.PLACE),
            api.QueueKind("requests", REQUESTS, code=api.Place(4, 4)),
        ),
        lifecycle=api.Lifecycle(
            states=("none", "known", "forgotten"),
            operations=("use", "forget"),
            after={
                ("none", "use"): "known", ("none", "forget"): "forgotten", ("known", "forget"): "forgotten",
                ("forgotten", "use"): "known",
            },
            live=frozenset({"known"}),
        ),
        ends=frozenset({"forget"}),
        use="use",
        object_name=lambda number: f"node {number}",
        good=lambda messages: messages.number(4, 4) == 0,
        follower=Dialogue,
        features={NOTIFICATION: "NOTIFICATION"},
    )
)  # fmt: skip
