"""The commands of the control queue (virtio 1.2, 5.1.6.5), named by class and command."""

from typing import Any

from construct import Array, Bytes, Enum, FlagsEnum, Int8ul, Int16ul, Int32ul, Int64ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net import features as f
from vdmabuf_inspect_virtio.net.frames import MAC

_CLASSES = ("RX", "MAC", "VLAN", "ANNOUNCE", "MQ", "GUEST_OFFLOADS", "NOTF_COAL", "IPSEC", "STATS")
_HEAD = ("class" / Enum(Int8ul, **{name: number for number, name in enumerate(_CLASSES)}), "command" / Int8ul)
ACK = Struct("ack" / Enum(Int8ul, OK=0, ERR=1))

_ON = ("on" / Int8ul,)
_VLAN = ("vlan" / Int16ul,)
_HASHES = FlagsEnum(
    Int32ul, IPV4=1, TCPV4=2, UDPV4=4, IPV6=8, TCPV6=16, UDPV6=32, IPV6_EX=64, TCPV6_EX=128, UDPV6_EX=256
)
_LIMITS = ("max_packets" / Int32ul, "max_usecs" / Int32ul)
_OFFLOADS = {
    f.NAMES[bit].removeprefix("GUEST_"): 1 << bit
    for bit in (f.GUEST_CSUM, f.GUEST_TSO4, f.GUEST_TSO6, f.GUEST_ECN, f.GUEST_UFO, f.GUEST_USO4, f.GUEST_USO6)
}

_TABLE: tuple[tuple[str, int, int, int, tuple[Any, ...]], ...] = (
    ("RX_PROMISC", 0, 0, f.CTRL_RX, _ON),
    ("RX_ALLMULTI", 0, 1, f.CTRL_RX, _ON),
    ("RX_ALLUNI", 0, 2, f.CTRL_RX_EXTRA, _ON),
    ("RX_NOMULTI", 0, 3, f.CTRL_RX_EXTRA, _ON),
    ("RX_NOUNI", 0, 4, f.CTRL_RX_EXTRA, _ON),
    ("RX_NOBCAST", 0, 5, f.CTRL_RX_EXTRA, _ON),
    ("MAC_TABLE_SET", 1, 0, f.CTRL_RX, ("unicast" / Int32ul,)),
    ("MAC_ADDR_SET", 1, 1, f.CTRL_MAC_ADDR, ("mac" / MAC,)),
    ("VLAN_ADD", 2, 0, f.CTRL_VLAN, _VLAN),
    ("VLAN_DEL", 2, 1, f.CTRL_VLAN, _VLAN),
    ("ANNOUNCE_ACK", 3, 0, f.GUEST_ANNOUNCE, ()),
    ("MQ_VQ_PAIRS_SET", 4, 0, f.MQ, ("pairs" / Int16ul,)),
    ("MQ_RSS_CONFIG", 4, 1, f.RSS, ("hash_types" / _HASHES, "table_mask" / Int16ul, "unclassified" / Int16ul)),
    ("MQ_HASH_CONFIG", 4, 2, f.HASH_REPORT, ("hash_types" / _HASHES, "reserved" / Array(4, Int16ul), "key" / Int8ul)),
    ("GUEST_OFFLOADS_SET", 5, 0, f.CTRL_GUEST_OFFLOADS, ("offloads" / FlagsEnum(Int64ul, **_OFFLOADS),)),
    ("NOTF_COAL_TX_SET", 6, 0, f.NOTF_COAL, _LIMITS),
    ("NOTF_COAL_RX_SET", 6, 1, f.NOTF_COAL, _LIMITS),
    ("NOTF_COAL_VQ_SET", 6, 2, f.VQ_NOTF_COAL, ("queue" / Int16ul, "reserved" / Int16ul, *_LIMITS)),
    ("NOTF_COAL_VQ_GET", 6, 3, f.VQ_NOTF_COAL, ("queue" / Int16ul, "reserved" / Bytes(2))),
    ("STATS_QUERY", 8, 0, f.DEVICE_STATS, ()),
    ("STATS_GET", 8, 1, f.DEVICE_STATS, ()),
)
"""(name, class, command, the feature that it takes, fields)."""
NEEDS = {name: feature for name, _, _, feature, _ in _TABLE}
_LISTS = {
    "MAC_TABLE_SET": api.Entries("table", Struct("mac" / MAC), "unicast"),
    "MQ_RSS_CONFIG": api.Entries("words", Struct("word" / Int16ul)),
}
_ANSWERS = {"NOTF_COAL_VQ_GET": Struct(*_LIMITS)}


def _command(name: str, group: int, number: int, fields: tuple[Any, ...]) -> api.Command:
    layout = Struct(*_HEAD, *fields)
    return api.Command(name, group | number << 8, layout, _ANSWERS.get(name), ACK, _LISTS.get(name))


OTHER = api.Command("OTHER", request=Struct(*_HEAD), trailer=ACK)
CONTROL = (*(_command(name, group, number, fields) for name, group, number, _, fields in _TABLE), OTHER)
