"""What a device has counted for each queue, as it is asked for on the control queue (virtio 1.3, 5.1.6.5)."""

from construct import Enum, FlagsEnum, Int8ul, Int16ul, Int64ul, Struct

from vdmabuf_inspect import api

_SPEC = "virtio 1.3, 5.1.6.5"
TYPES = {
    "RX_BASIC": 0, "RX_CSUM": 1, "RX_GSO": 2, "RX_SPEED": 3, "TX_BASIC": 16, "TX_CSUM": 17, "TX_GSO": 18,
    "TX_SPEED": 19, "CVQ": 32,
}  # fmt: skip
_COUNTERS = {
    "CVQ": ("command_num", "ok_num"),
    "RX_BASIC": ("notifications", "packets", "bytes", "drops", "drop_overruns"),
    "TX_BASIC": ("notifications", "packets", "bytes", "drops", "drop_malformed"),
    "RX_CSUM": ("valid", "needs_csum", "none", "bad"),
    "TX_CSUM": ("none", "needs_csum"),
    "RX_GSO": ("packets", "bytes", "packets_coalesced", "bytes_coalesced"),
    "TX_GSO": ("packets", "bytes", "segments", "segments_bytes", "packets_noseg", "bytes_noseg"),
    "RX_SPEED": ("ratelimit_packets", "ratelimit_bytes"),
    "TX_SPEED": ("ratelimit_packets", "ratelimit_bytes"),
}
"""The counters of each type in their order, 64 bits each."""
_MEANINGS = {
    "command_num": "commands that the device was given", "ok_num": "commands that it did",
    "notifications": "notifications that it was given, or gave", "packets": "frames that went through",
    "bytes": "bytes of those frames", "drops": "frames that it dropped",
    "drop_overruns": "frames that it dropped because there was no buffer",
    "drop_malformed": "frames that it dropped because they were malformed",
    "valid": "frames told with DATA_VALID", "needs_csum": "frames told with NEEDS_CSUM",
    "none": "frames without a checksum that the device has looked at", "bad": "frames with a wrong checksum",
    "packets_coalesced": "frames that were put together into larger ones",
    "bytes_coalesced": "bytes of the frames that were put together", "segments": "frames that it was cut into",
    "segments_bytes": "bytes of the frames that it was cut into",
    "packets_noseg": "large frames that needed no cutting", "bytes_noseg": "bytes of large frames that needed none",
    "ratelimit_packets": "frames dropped or held back because they were too many",
    "ratelimit_bytes": "bytes of frames dropped or held back because they were too many",
}  # fmt: skip
_BITS = FlagsEnum(Int64ul, **{name: 1 << bit for name, bit in TYPES.items()})

SUPPORTED = api.explained(_SPEC, ("types" / _BITS,), types="the kinds of counters that the device has")
WANTED = api.Entries(
    "stats",
    Struct(
        *api.explained(
            _SPEC,
            ("queue" / Int16ul, "reserved" / Int16ul[3], "types" / _BITS),
            queue="the queue whose counters are asked for",
            types="the kinds of counters that are wanted of it",
        )
    ),
)
COUNTED = api.Entries(
    "stats",
    Struct(
        *api.explained(
            _SPEC,
            (
                "type" / Enum(Int8ul, **TYPES), "reserved" / Int8ul, "queue" / Int16ul, "reserved_too" / Int16ul,
                "size" / Int16ul,
            ),
            type="the kind of counters that follow",
            queue="the queue whose counters they are",
            size=("of this header and the counters behind it", "bytes"),
        )
    ),
    tail="size",
    data="counters",
    whole=True,
    kinds={
        kind: Struct(*api.explained(_SPEC, (name / Int64ul for name in names), **{n: _MEANINGS[n] for n in names}))
        for kind, names in _COUNTERS.items()
    },
)  # fmt: skip
