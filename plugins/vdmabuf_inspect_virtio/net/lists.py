"""Lists that end commands of the control queue: addresses, the table of queues, keys (virtio 1.2, 5.1.6.5)."""

from construct import Int8ul, Int16ul, Int32ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net.frames import MAC
from vdmabuf_inspect_virtio.net.statistics import WANTED

_SPEC = "virtio 1.2, 5.1.6.5"


def _one(number: str, *fields: object, **said: api.Said) -> Struct:
    return Struct(*api.explained(f"{_SPEC}.{number}", fields, **said))


_GROUPS = api.Entries(
    "",
    _one("2", "multicast" / Int32ul, multicast=("addresses of groups that follow", "addresses")),
    then=api.Entries("groups", _one("2", "mac" / MAC, mac="frames for this group are to be received"), "multicast"),
)
_KEY = api.Entries(
    "",
    _one(
        "7", "max_tx_queues" / Int16ul, "key_length" / Int8ul,
        max_tx_queues="so many transmit queues are used, the first of all",
        key_length=("of the key that follows", "bytes"),
    ),
    tail="key_length",
    data="key",
)  # fmt: skip

LISTS = {
    "MAC_TABLE_SET": api.Entries(
        "table", _one("2", "mac" / MAC, mac="frames for this address are to be received"), "unicast", then=_GROUPS
    ),
    "MQ_RSS_CONFIG": api.Entries(
        "table", _one("7", "queue" / Int16ul, queue="the receive queue for this value of the hash"), "table_mask",
        more=1, then=_KEY,
    ),
    "STATS_GET": WANTED,
}  # fmt: skip
"""By command."""
