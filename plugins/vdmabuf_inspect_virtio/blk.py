"""virtio-blk: requests with their sectors, data and status (virtio 1.2, 5.2)."""

import numpy as np
from construct import Bytes, Enum, FlagsEnum, Int8ul, Int16ul, Int32ul, Int64ul, Struct

from vdmabuf_inspect import api

api.requires(1)

SECTOR = 512
READ_ONLY, FLUSH, DISCARD, WRITE_ZEROES, LIFETIME, SECURE_ERASE, ZONED = 5, 9, 13, 14, 15, 16, 17
E, W, N = api.Severity.ERROR, api.Severity.WARNING, api.Severity.NOTE
DRIVER, DEVICE = api.Culprit.DRIVER, api.Culprit.DEVICE

TYPES = {
    "IN": 0, "OUT": 1, "FLUSH": 4, "GET_ID": 8, "GET_LIFETIME": 10, "DISCARD": 11, "WRITE_ZEROES": 13,
    "SECURE_ERASE": 14, "ZONE_APPEND": 15, "ZONE_REPORT": 16, "ZONE_OPEN": 18, "ZONE_CLOSE": 20, "ZONE_FINISH": 22,
    "ZONE_RESET": 24, "ZONE_RESET_ALL": 26,
}  # fmt: skip
NEEDS = {
    "FLUSH": FLUSH, "GET_LIFETIME": LIFETIME, "DISCARD": DISCARD, "WRITE_ZEROES": WRITE_ZEROES,
    "SECURE_ERASE": SECURE_ERASE, **{name: ZONED for name in TYPES if name.startswith("ZONE_")},
}  # fmt: skip
"""The feature bit that each type takes (5.2.6.1)."""

_SPEC, _ZONES = "virtio 1.2, 5.2.6", "virtio 1.3, 5.2.6"

HEADER = Struct(
    *api.explained(
        _SPEC,
        ("type" / Enum(Int32ul, **TYPES), "reserved" / Int32ul, "sector" / Int64ul),
        type="what the device is asked to do; data to write follow, data to read have their place behind",
        reserved="nothing any more: older drivers gave a priority here",
        sector=(
            "where on the disk it begins, in sectors of 512 bytes whatever its blocks are; for reads and writes",
            "sectors",
        ),
    )
)
SEGMENT = Struct(
    *api.explained(
        _SPEC,
        ("sector" / Int64ul, "sectors" / Int32ul, "flags" / FlagsEnum(Int32ul, UNMAP=1)),
        sector=("where the range begins, in sectors of 512 bytes", "sectors"),
        sectors=("how long the range is", "sectors"),
        flags="UNMAP: a range of zeroes may be deallocated too; the others are zero",
    )
)
STATUS = Struct(
    *api.explained(
        _SPEC,
        (
            "status" / Enum(
                Int8ul, OK=0, IOERR=1, UNSUPP=2, ZONE_INVALID_CMD=3, ZONE_UNALIGNED_WP=4, ZONE_OPEN=5, ZONE_ACTIVE=6
            ),
        ),
        status="how it went: the last byte that the device writes, behind any data",
    )
)  # fmt: skip
LIFETIME_ANSWER = Struct(
    *api.explained(
        _SPEC,
        ("pre_eol_info" / Int16ul, "typ_a" / Int16ul, "typ_b" / Int16ul),
        pre_eol_info="reserved blocks used up: 1 normal, 2 warning at 80 %, 3 urgent at 90 %, 0 not known",
        typ_a="wear of the type A cells in steps of 10 %: 1 is up to 10 %, 11 is worn out, 0 not known",
        typ_b="wear of the type B cells in steps of 10 %: 1 is up to 10 %, 11 is worn out, 0 not known",
    )
)
ANSWERS = {
    "GET_ID": Struct(
        *api.explained(_SPEC, ("id" / Bytes(20),), id="the disk's serial number, filled with zeroes where it is short")
    ),
    "GET_LIFETIME": LIFETIME_ANSWER,
}
ZONE = Struct(
    *api.explained(
        _ZONES,
        (
            "capacity" / Int64ul, "start" / Int64ul, "write_pointer" / Int64ul,
            "type" / Enum(Int8ul, CONVENTIONAL=1, WRITE_REQUIRED=2, WRITE_PREFERRED=3),
            "state" / Enum(
                Int8ul, NO_WRITE_POINTER=0, EMPTY=1, IMPLICITLY_OPEN=2, EXPLICITLY_OPEN=3, CLOSED=4, READ_ONLY=13,
                FULL=14, OFFLINE=15,
            ),
            "reserved" / Bytes(38),
        ),
        capacity=("how much of the zone can be written", "sectors"),
        start="where the zone begins, in sectors of 512 bytes",
        write_pointer="where the next write must begin, in sectors of 512 bytes",
        type="whether it may be written anywhere, must be or had better be written in order",
        state="whether it is open, and how it came to be so; full ones must be reset before they are written",
    )
)  # fmt: skip
ANSWERS |= {
    "ZONE_APPEND": Struct(
        *api.explained(
            _ZONES, ("sector" / Int64ul,), sector="where the data went: where the zone's write pointer stood"
        )
    ),
    "ZONE_REPORT": Struct(
        *api.explained(_ZONES, ("zones_told" / Int64ul, "reserved" / Bytes(56)), zones_told="so many zones follow")
    ),
}
LISTED = {"ZONE_REPORT": api.Entries("zones", ZONE, "zones_told")}
SEGMENTED = ("DISCARD", "WRITE_ZEROES", "SECURE_ERASE")


def _command(name: str) -> api.Command:
    entries = api.Entries("segments", SEGMENT) if name in SEGMENTED else None
    return api.Command(name, TYPES[name], HEADER, ANSWERS.get(name), STATUS, entries, LISTED.get(name))


BLK = api.protocol(
    api.Protocol(
        "blk",
        "block device",
        (2,),
        (
            api.QueueKind(
                "requests",
                (*(_command(name) for name in TYPES), api.Command("OTHER", request=HEADER, trailer=STATUS)),
                code=api.Place(0, 4),
            ),
        ),
        good=lambda messages: messages.last(1) == 0,
        features={
            0: "BARRIER", 1: "SIZE_MAX", 2: "SEG_MAX", 4: "GEOMETRY", READ_ONLY: "RO", 6: "BLK_SIZE", 7: "SCSI",
            FLUSH: "FLUSH", 10: "TOPOLOGY", 11: "CONFIG_WCE", 12: "MQ", DISCARD: "DISCARD",
            WRITE_ZEROES: "WRITE_ZEROES", LIFETIME: "LIFETIME", SECURE_ERASE: "SECURE_ERASE", ZONED: "ZONED",
        },
    )
)  # fmt: skip


@api.rule(
    "VB801", "blk-request-too-short", E, DRIVER, "5.2.6", "a request of {a} bytes on {queue}: its header takes 16",
    on=api.On.MESSAGES, protocol="blk",
)  # fmt: skip
def request_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that a request begins with a whole header: type, reserved word, sector.

    Why it is bad: the device cannot know what is asked for; QEMU marks the device as broken.
    Example: a driver that puts the status byte first.
    """
    return api.Hits(m.requests & (m.size < 16), m.size)


@api.rule(
    "VB802", "blk-type-unknown", W, DRIVER, "5.2.6", "a request of type {a}, which virtio-blk does not have",
    on=api.On.MESSAGES, protocol="blk",
)  # fmt: skip
def type_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that the request's type is one of the specification's.

    Why it is bad: the device answers UNSUPP, if at all.
    Example: type 2, the SCSI passthrough of legacy devices.
    """
    return api.Hits(m.told("OTHER") & m.requests & m.has("type"), m.column("type"))


@api.rule(
    "VB803", "blk-feature-not-negotiated", E, DRIVER, "5.2.6.1", "{command} without its feature, bit {a}",
    on=api.On.MESSAGES, protocol="blk",
)  # fmt: skip
def feature_not_negotiated(m: api.Messages) -> api.Hits:
    """What it does: checks that FLUSH, DISCARD, WRITE_ZEROES, SECURE_ERASE, GET_LIFETIME and zone requests are only
    made where their feature was acknowledged.

    Why it is bad: the device need not know the request.
    Example: a driver that flushes whatever the device offered.
    """
    bit = np.zeros(len(m), np.int64)
    for name, needed in NEEDS.items():
        bit[m.told(name) & m.requests & (m.features >> needed & 1 == 0)] = needed
    return api.Hits(bit > 0, bit)


@api.rule(
    "VB804", "blk-status-missing", E, DRIVER, "5.2.6", "{command} has no byte for its status",
    on=api.On.MESSAGES, protocol="blk",
)  # fmt: skip
def status_missing(m: api.Messages) -> api.Array:
    """What it does: checks that the chain of a request ends in at least one writable byte.

    Why it is bad: the device has nowhere to say whether it worked.
    Example: a driver that forgets the last descriptor of the chain.
    """
    missing: api.Array = m.requests & (m.room == 0)
    return missing


@api.rule(
    "VB805", "blk-status-invalid", E, DEVICE, "5.2.6", "{command} came back with status {a}, which there is not",
    on=api.On.MESSAGES, protocol="blk",
)  # fmt: skip
def status_invalid(m: api.Messages) -> api.Hits:
    """What it does: checks that the last byte of an answer is one of the specification's status values.

    Why it is bad: the driver cannot tell success from failure.
    Example: a back end that returns the chain before it has written the status.
    """
    return api.Hits(m.from_device & (m.last(1) > 6), m.last(1))


@api.rule(
    "VB806", "blk-length-no-sectors", E, DRIVER, "5.2.6", "{command} of {a} bytes, which are no whole sectors",
    on=api.On.MESSAGES, protocol="blk",
)  # fmt: skip
def length_no_sectors(m: api.Messages) -> api.Hits:
    """What it does: checks that the data of reads and writes are a multiple of 512 bytes.

    Why it is bad: the device fails the request.
    Example: a status byte that was counted into the data.
    """
    length = np.where(m.told("IN"), m.room - 1, m.size - 16)
    return api.Hits(m.told("IN", "OUT", "ZONE_APPEND") & m.requests & (length % SECTOR != 0), length)


@api.rule(
    "VB807", "blk-write-to-read-only", E, DRIVER, "5.2.6.1", "{command} to a device that said that it is read-only",
    on=api.On.MESSAGES, protocol="blk",
)  # fmt: skip
def write_to_read_only(m: api.Messages) -> api.Array:
    """What it does: checks that nothing is written where the read-only feature was acknowledged.

    Why it is bad: the device fails every such request.
    Example: a file system mounted writable on a read-only disk.
    """
    written = m.told("OUT", "ZONE_APPEND", *SEGMENTED) & m.requests
    return written if m.features >> READ_ONLY & 1 else np.zeros(len(m), bool)


@api.rule(
    "VB808", "blk-request-failed", N, DEVICE, "5.2.6",
    "{command} failed|{command} failed: not supported|{command} failed: not for this zone|"
    "{command} failed: not where the zone's write pointer stands|{command} failed: too many zones are open|"
    "{command} failed: too many zones are active",
    on=api.On.MESSAGES, protocol="blk",
)  # fmt: skip
def request_failed(m: api.Messages) -> api.Hits:
    """What it does: tells requests that came back with another status than OK.

    Why it is bad: it is an answer like others, but often the first sign of a back end in trouble.
    Example: an image file on a full disk.
    """
    status = m.last(1)
    return api.Hits(m.from_device & (status >= 1) & (status <= 6), status, status - 1)
