"""What FUSE requests and answers carry behind their headers, as Linux's include/uapi/linux/fuse.h lays it out."""

from typing import Any

from construct import Bytes, FlagsEnum, Int16ul, Int32sl, Int32ul, Int64sl, Int64ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.fs import flags, meanings
from vdmabuf_inspect_virtio.fs.meanings import explained

Parts = tuple[Any, ...]

ATTR = Struct(*explained(
    "ino" / Int64ul, "size" / Int64ul, "blocks" / Int64ul, "atime" / Int64ul, "mtime" / Int64ul, "ctime" / Int64ul,
    "atimensec" / Int32ul, "mtimensec" / Int32ul, "ctimensec" / Int32ul, "mode" / Int32ul, "nlink" / Int32ul,
    "uid" / Int32ul, "gid" / Int32ul, "rdev" / Int32ul, "blksize" / Int32ul, "flags" / flags.ATTR,
    **meanings.ATTR
))  # fmt: skip
ENTRY: Parts = explained(
    "entry" / Struct(*explained(
        "nodeid" / Int64ul, "generation" / Int64ul, "entry_valid" / Int64ul, "attr_valid" / Int64ul,
        "entry_valid_nsec" / Int32ul, "attr_valid_nsec" / Int32ul, "attr" / ATTR,
    )),
)  # fmt: skip
ATTR_ANSWER: Parts = explained("attr_valid" / Int64ul, "attr_valid_nsec" / Int32ul, "unused" / Int32ul, "attr" / ATTR)
OPENED: Parts = explained("fh" / Int64ul, "open_flags" / flags.OPENED, "backing_id" / Int32ul)
WRITTEN: Parts = explained("size" / Int32ul, "padding" / Int32ul)
STATFS: Parts = explained(
    "blocks" / Int64ul, "bfree" / Int64ul, "bavail" / Int64ul, "files" / Int64ul, "ffree" / Int64ul, "bsize" / Int32ul,
    "namelen" / Int32ul, "frsize" / Int32ul, "padding" / Int32ul, "unused" / Bytes(24),
)  # fmt: skip
INITIALIZED: Parts = explained(
    "major" / Int32ul, "minor" / Int32ul, "max_readahead" / Int32ul, "flags" / flags.INIT, "max_background" / Int16ul,
    "congestion_threshold" / Int16ul, "max_write" / Int32ul, "time_gran" / Int32ul, "max_pages" / Int16ul,
    "map_alignment" / Int16ul, "flags2" / flags.INIT_MORE, "unused" / Bytes(28),
    **meanings.INIT
)  # fmt: skip
LOCK = Struct(*explained("start" / Int64ul, "end" / Int64ul, "type" / flags.LOCK, "pid" / Int32ul))
IOCTL_ANSWER: Parts = explained("result" / Int32sl, "flags" / flags.IOCTL, "in_iovs" / Int32ul, "out_iovs" / Int32ul)

GETATTR: Parts = explained("getattr_flags" / flags.GETATTR, "unused" / Int32ul, "fh" / Int64ul)
SETATTR: Parts = explained(
    "valid" / flags.VALID, "padding" / Int32ul, "fh" / Int64ul, "size" / Int64ul, "lock_owner" / Int64ul,
    "atime" / Int64ul, "mtime" / Int64ul, "ctime" / Int64ul, "atimensec" / Int32ul, "mtimensec" / Int32ul,
    "ctimensec" / Int32ul, "mode" / Int32ul, "unused" / Int32ul, "uid" / Int32ul, "gid" / Int32ul,
    "unused_too" / Int32ul,
)  # fmt: skip
MKNOD: Parts = explained("mode" / Int32ul, "rdev" / Int32ul, "umask" / Int32ul, "padding" / Int32ul)
MKDIR: Parts = explained("mode" / Int32ul, "umask" / Int32ul)
RENAME: Parts = explained("newdir" / Int64ul)
RENAME2: Parts = explained("newdir" / Int64ul, "flags" / flags.RENAME, "padding" / Int32ul, **meanings.RENAME)
LINK: Parts = explained("oldnodeid" / Int64ul)
OPEN: Parts = explained("flags" / flags.OPEN, "open_flags" / flags.OPENING, **meanings.OPEN)
CREATE: Parts = explained(
    "flags" / flags.OPEN, "mode" / Int32ul, "umask" / Int32ul, "open_flags" / flags.OPENING,
    **meanings.OPEN
)  # fmt: skip
READ: Parts = explained(
    "fh" / Int64ul, "offset" / Int64ul, "size" / Int32ul, "read_flags" / flags.READ, "lock_owner" / Int64ul,
    "flags" / flags.OPEN, "padding" / Int32ul,
    **meanings.OPEN
)  # fmt: skip
WRITE: Parts = explained(
    "fh" / Int64ul, "offset" / Int64ul, "size" / Int32ul, "write_flags" / flags.WRITE, "lock_owner" / Int64ul,
    "flags" / flags.OPEN, "padding" / Int32ul,
    **meanings.OPEN
)  # fmt: skip
RELEASE: Parts = explained(
    "fh" / Int64ul, "flags" / flags.OPEN, "release_flags" / flags.RELEASE, "lock_owner" / Int64ul, **meanings.OPEN
)
FLUSH: Parts = explained("fh" / Int64ul, "unused" / Int32ul, "padding" / Int32ul, "lock_owner" / Int64ul)
FSYNC: Parts = explained("fh" / Int64ul, "fsync_flags" / flags.FSYNC, "padding" / Int32ul)
SETXATTR: Parts = explained("size" / Int32ul, "flags" / flags.SETXATTR, **meanings.XATTR)
GETXATTR: Parts = explained("size" / Int32ul, "padding" / Int32ul)
LK: Parts = explained("fh" / Int64ul, "owner" / Int64ul, "lock" / LOCK, "lk_flags" / flags.LOCKING, "padding" / Int32ul)
ACCESS: Parts = explained("mask" / flags.ACCESS, "padding" / Int32ul)
INIT: Parts = explained(
    "major" / Int32ul, "minor" / Int32ul, "max_readahead" / Int32ul, "flags" / flags.INIT, **meanings.INIT
)
INIT_MORE = api.Entries("", Struct(*explained("flags2" / flags.INIT_MORE, "unused" / Bytes(44))))
"""What newer drivers add, for bits beyond 31."""
INTERRUPT: Parts = explained("interrupted" / Int64ul)
BMAP: Parts = explained("block" / Int64ul, "blocksize" / Int32ul, "padding" / Int32ul)
IOCTL: Parts = explained(
    "fh" / Int64ul, "flags" / flags.IOCTL, "cmd" / Int32ul, "arg" / Int64ul, "in_size" / Int32ul, "out_size" / Int32ul,
)  # fmt: skip
POLL: Parts = explained("fh" / Int64ul, "kh" / Int64ul, "flags" / flags.POLL, "events" / Int32ul)
FORGET: Parts = explained("nlookup" / Int64ul)
BATCH_FORGET: Parts = explained("count" / Int32ul, "unused" / Int32ul)
FORGOTTEN = Struct(*explained("nodeid" / Int64ul, "nlookup" / Int64ul))
FALLOCATE: Parts = explained(
    "fh" / Int64ul, "offset" / Int64ul, "length" / Int64ul, "mode" / Int32ul, "padding" / Int32ul, **meanings.ALLOCATE
)
LSEEK: Parts = explained("fh" / Int64ul, "offset" / Int64ul, "whence" / flags.WHENCE, "padding" / Int32ul)
COPY: Parts = explained(
    "fh_in" / Int64ul, "offset_in" / Int64ul, "nodeid_out" / Int64ul, "fh_out" / Int64ul, "offset_out" / Int64ul,
    "length" / Int64ul, "flags" / Int64ul,
)  # fmt: skip
SETUPMAPPING: Parts = explained(
    "fh" / Int64ul, "file_offset" / Int64ul, "length" / Int64ul, "flags" / FlagsEnum(Int64ul, WRITE=1, READ=2),
    "window_offset" / Int64ul,
    **meanings.MAP
)  # fmt: skip
REMOVEMAPPING: Parts = explained("count" / Int32ul)
UNMAPPED = Struct(*explained("window_offset" / Int64ul, "length" / Int64ul))
SYNCFS: Parts = explained("padding" / Int64ul)
STATX: Parts = explained(
    "getattr_flags" / flags.GETATTR, "reserved" / Int32ul, "fh" / Int64ul, "sx_flags" / Int32ul,
    "sx_mask" / flags.STATX,
)  # fmt: skip
MAPPED: Parts = explained("block" / Int64ul)
POLLED: Parts = explained("revents" / Int32ul, "padding" / Int32ul)
SOUGHT: Parts = explained("offset" / Int64ul)
LOCKED: Parts = explained("lock" / LOCK)
COPIED: Parts = explained("size" / Int64ul)
RETRIEVED: Parts = explained(
    "unused" / Int64ul, "offset" / Int64ul, "size" / Int32ul, "unused_too" / Int32ul, "unused_more" / Bytes(16),
)  # fmt: skip
_TIME = Struct(*explained("seconds" / Int64sl, "nanoseconds" / Int32ul, "padding" / Int32sl))
STATX_ANSWER: Parts = explained(
    "attr_valid" / Int64ul, "attr_valid_nsec" / Int32ul, "flags" / Int32ul, "unused" / Bytes(16),
    "mask" / flags.STATX, "blksize" / Int32ul, "attributes" / Int64ul, "nlink" / Int32ul, "uid" / Int32ul,
    "gid" / Int32ul, "mode" / Int16ul, "padding" / Int16ul, "ino" / Int64ul, "size" / Int64ul, "blocks" / Int64ul,
    "attributes_mask" / Int64ul, "atime" / _TIME, "btime" / _TIME, "ctime" / _TIME, "mtime" / _TIME,
    "rdev_major" / Int32ul, "rdev_minor" / Int32ul, "dev_major" / Int32ul, "dev_minor" / Int32ul,
    "unused_too" / Bytes(112),
    **meanings.STATX
)  # fmt: skip
