"""What the fields of FUSE messages mean, by name; what a name means in one of them alone is said apart."""

from typing import Any

from vdmabuf_inspect import api

_FUSE = "Linux fuse.h"
_VALID = "how long the driver may believe it without asking again"
_OPEN = "as open(2) was given them"

_SAID: dict[str, api.Said] = {
    "ino": "number of the file, as stat(2) tells it",
    "size": ("how many bytes", "bytes"),
    "blocks": "blocks of 512 bytes that it takes",
    "atime": ("when it was read last, since 1970", "s"),
    "mtime": ("when it was written last, since 1970", "s"),
    "ctime": ("when something about it changed last, since 1970", "s"),
    "atimensec": ("the rest of atime", "ns"),
    "mtimensec": ("the rest of mtime", "ns"),
    "ctimensec": ("the rest of ctime", "ns"),
    "mode": "what kind of file it is, and who may do what with it, as in stat(2)",
    "nlink": "how many names it has",
    "uid": "who owns it, or who asks",
    "gid": "the group that owns it, or that asks",
    "rdev": "which device a device file stands for",
    "blksize": ("what is best read at once", "bytes"),
    "entry": "the node that the name stands for, and what is known of it",
    "attr": "what is known of the file",
    "lock": "a stretch of the file that is locked",
    "nodeid": "number that the device gave the file; 1 is the root, 0 in an answer means that there is none",
    "generation": "tells nodes apart that have the same number one after the other",
    "entry_valid": (f"of the name: {_VALID}", "s"),
    "attr_valid": (f"of the attributes: {_VALID}", "s"),
    "entry_valid_nsec": ("the rest of entry_valid", "ns"),
    "attr_valid_nsec": ("the rest of attr_valid", "ns"),
    "fh": "number that the device gave the file when it was opened",
    "open_flags": "how the driver is to use the file: bit 0 past its cache, bit 1 keep what is cached",
    "backing_id": "which file of the host stands behind it, with passthrough",
    "bfree": "blocks that are free",
    "bavail": "blocks that are free for everybody",
    "files": "nodes that there can be",
    "ffree": "nodes that are free",
    "bsize": ("of a block", "bytes"),
    "namelen": ("of the longest name", "bytes"),
    "frsize": ("of what blocks are counted in", "bytes"),
    "major": "version of the protocol, before the point",
    "minor": "version of the protocol, behind the point: each side says its own, the lower holds",
    "max_readahead": ("the most that is read ahead", "bytes"),
    "max_background": "the most requests under way that nobody waits for",
    "congestion_threshold": "from so many on the driver holds back",
    "max_write": ("the most data of one WRITE", "bytes"),
    "time_gran": ("steps of its time stamps", "ns"),
    "max_pages": "the most pages of one request",
    "map_alignment": "to how many bits mappings are aligned",
    "flags2": "further of what both can do: bits 32 and up",
    "start": ("where the lock begins", "bytes"),
    "end": ("the last byte of the lock", "bytes"),
    "type": "kind of lock: 0 to read, 1 to write, 2 none, as in fcntl(2)",
    "pid": "the process that asks, or holds the lock",
    "result": "what ioctl(2) returns",
    "in_iovs": "stretches of memory that the driver is to send when it asks again",
    "out_iovs": "stretches of memory that the driver is to have room for when it asks again",
    "getattr_flags": "bit 0: fh names the open file that is meant",
    "valid": "which of the following are to be set",
    "lock_owner": "who holds the locks, a number of the driver's",
    "umask": "permissions that are taken away from the mode",
    "newdir": "node of the directory that the name moves to",
    "oldnodeid": "node that gets a further name",
    "offset": ("where in the file", "bytes"),
    "read_flags": "bit 1: lock_owner holds",
    "write_flags": "bit 0: written back from the cache, bit 1: lock_owner holds, bit 2: takes set-user-ID away",
    "release_flags": "bit 0: flush it, bit 1: its flock(2) is given up",
    "fsync_flags": "bit 0: the data alone, not what is known of the file",
    "owner": "who asks for the lock, a number of the driver's",
    "lk_flags": "bit 0: as flock(2) locks",
    "mask": "what is asked: 4 to read, 2 to write, 1 to execute, 0 whether it is there",
    "interrupted": "unique number of the request that nobody waits for any more",
    "block": "number of the block, in the file or on the device",
    "blocksize": ("of a block", "bytes"),
    "cmd": "number of the ioctl",
    "arg": "its argument, an address of the process that asks",
    "in_size": ("data that it is given", "bytes"),
    "out_size": ("room for what it returns", "bytes"),
    "kh": "number under which the device is to tell that something happened",
    "events": "what is waited for, as in poll(2)",
    "revents": "what is the case, as in poll(2)",
    "nlookup": "how many times the driver gives the node back: it was told of it so often",
    "count": "how many follow",
    "length": ("how long", "bytes"),
    "whence": "from where offset counts, as in lseek(2)",
    "fh_in": "the open file that is copied from",
    "offset_in": ("where in it", "bytes"),
    "nodeid_out": "the node that is copied to",
    "fh_out": "the open file that is copied to",
    "offset_out": ("where in that", "bytes"),
    "file_offset": ("where in the file the mapping begins", "bytes"),
    "window_offset": ("where in the shared memory region it lies", "bytes"),
    "sx_flags": "as statx(2) was given them",
    "sx_mask": "what is asked for, as in statx(2)",
    "attributes": "what else it is, as statx(2) tells it: compressed, immutable, append only, encrypted, ...",
    "attributes_mask": "which of the attributes the file system knows",
    "btime": "when it was made",
    "seconds": ("since 1970", "s"),
    "nanoseconds": ("the rest", "ns"),
    "rdev_major": "of a device file, the driver of the device",
    "rdev_minor": "of a device file, which of its devices",
    "dev_major": "of the device that holds the file system, the driver",
    "dev_minor": "of the device that holds the file system, which of the driver's",
    "len": ("of the whole message, this header too", "bytes"),
    "opcode": "what is asked for",
    "unique": "number of the request, which its answer repeats",
    "error": "0, or why it was not done, as a negative number of errno(3)",
    "total_extlen": "length of the extensions behind the request, in units of 8 bytes",
    "flags": "further of what is asked for",
}
OPEN = {"flags": _OPEN}
INIT = {"flags": "what both can do: the driver says all that it can, the device what it takes of that"}
ATTR = {"flags": "bit 0: a file system begins here, bit 1: it is to be read past the cache"}
RENAME = {"flags": "as renameat2(2) was given them: 1 not over another, 2 exchange both"}
XATTR = {"flags": "as setxattr(2) was given them: 1 it must be new, 2 it must be there"}
ALLOCATE = {"mode": "as fallocate(2) was given it"}
MAP = {"flags": "for what it is mapped"}
STATX = {
    "mask": "which of the following hold", "atime": "when it was read last", "mtime": "when it was written last",
    "ctime": "when something about it changed last", "flags": "none are defined",
}  # fmt: skip


def explained(*fields: Any, source: str = _FUSE, **own: api.Said) -> tuple[Any, ...]:
    """The fields with what they mean; `own` where it differs from what their names mean elsewhere."""
    names = {str(field.name) for field in fields}
    return api.explained(source, fields, **{name: said for name, said in _SAID.items() if name in names} | own)
