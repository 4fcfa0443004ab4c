"""The commands of the control queue (virtio 1.2, 5.1.6.5), named by class and command."""

from typing import Any

from construct import Array, Bytes, Enum, FlagsEnum, Int8ul, Int16ul, Int32ul, Int64ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net import features as f
from vdmabuf_inspect_virtio.net.frames import MAC
from vdmabuf_inspect_virtio.net.lists import LISTS
from vdmabuf_inspect_virtio.net.statistics import COUNTED, SUPPORTED

_CLASSES = ("RX", "MAC", "VLAN", "ANNOUNCE", "MQ", "GUEST_OFFLOADS", "NOTF_COAL", "HASH_TUNNEL", "STATS")
_SPEC = "virtio 1.2, 5.1.6.5"
_HEAD = api.explained(
    _SPEC,
    ("class" / Enum(Int8ul, **{name: number for number, name in enumerate(_CLASSES)}), "command" / Int8ul),
    **{"class": "what the command is about", "command": "which command of its class it is"},
)
ACK = Struct(
    *api.explained(
        _SPEC,
        ("ack" / Enum(Int8ul, OK=0, ERR=1),),
        ack="whether the device did it: its only byte, or behind the answer",
    )
)

_ON = api.explained(f"{_SPEC}.1", ("on" / Int8ul,), on="1 turns it on, 0 off")
_VLAN = api.explained(f"{_SPEC}.3", ("vlan" / Int16ul,), vlan="number of the virtual network, below 4096")
_HASHES = FlagsEnum(
    Int32ul, IPV4=1, TCPV4=2, UDPV4=4, IPV6=8, TCPV6=16, UDPV6=32, IPV6_EX=64, TCPV6_EX=128, UDPV6_EX=256
)
_LIMITS = api.explained(
    f"{_SPEC}.9",
    ("max_packets" / Int32ul, "max_usecs" / Int32ul),
    max_packets=("after so many the device tells the driver", "packets"),
    max_usecs=("after so long the device tells the driver", "us"),
)
_OFFLOADS = {
    f.NAMES[bit].removeprefix("GUEST_"): 1 << bit
    for bit in (f.GUEST_CSUM, f.GUEST_TSO4, f.GUEST_TSO6, f.GUEST_ECN, f.GUEST_UFO, f.GUEST_USO4, f.GUEST_USO6)
}

_UNICAST = api.explained(
    f"{_SPEC}.2",
    ("unicast" / Int32ul,),
    unicast=("addresses of single stations that follow; then the same again for groups", "addresses"),
)
_MAC = api.explained(f"{_SPEC}.2", ("mac" / MAC,), mac="the card's own address from now on")
_PAIRS = api.explained(
    f"{_SPEC}.5", ("pairs" / Int16ul,), pairs="so many receive and transmit queues are used, the first of each"
)
_STEERING = api.explained(
    f"{_SPEC}.7",
    ("hash_types" / _HASHES, "table_mask" / Int16ul, "unclassified" / Int16ul),
    hash_types="of which headers the hash is made that chooses the queue",
    table_mask="one less than the entries of the table that follows, a power of two",
    unclassified="number of the receive queue for what has none of these headers",
)
_REPORTING = api.explained(
    f"{_SPEC}.7",
    ("hash_types" / _HASHES, "reserved" / Array(4, Int16ul), "key_length" / Int8ul),
    hash_types="of which headers the hash is made that the device reports",
    key_length=("length of the key that follows", "bytes"),
)
_GIVEN_UP = api.explained(
    f"{_SPEC}.8",
    ("offloads" / FlagsEnum(Int64ul, **_OFFLOADS),),
    offloads="what the guest takes from the device in its frames from now on; each needs its feature",
)
_QUEUE = api.explained(f"{_SPEC}.9", ("queue" / Int16ul,), queue="index of the virtqueue that it is about")
_TUNNELS = ("GRE_2784", "GRE_2890", "GRE_7676", "GRE_UDP", "VXLAN", "VXLAN_GPE", "GENEVE", "IPIP", "NVGRE")
_INNER = api.explained(
    "virtio 1.3, 5.1.6.5",
    ("tunnels" / FlagsEnum(Int32ul, **{name: 1 << bit for bit, name in enumerate(_TUNNELS)}),),
    tunnels="inside which tunnels the headers are looked for of which the hash is made",
)
_NOTHING = f"means nothing: it keeps what follows in its place ({_SPEC}.9)"

_TABLE: tuple[tuple[str, int, int, int, tuple[Any, ...]], ...] = (
    ("RX_PROMISC", 0, 0, f.CTRL_RX, _ON),
    ("RX_ALLMULTI", 0, 1, f.CTRL_RX, _ON),
    ("RX_ALLUNI", 0, 2, f.CTRL_RX_EXTRA, _ON),
    ("RX_NOMULTI", 0, 3, f.CTRL_RX_EXTRA, _ON),
    ("RX_NOUNI", 0, 4, f.CTRL_RX_EXTRA, _ON),
    ("RX_NOBCAST", 0, 5, f.CTRL_RX_EXTRA, _ON),
    ("MAC_TABLE_SET", 1, 0, f.CTRL_RX, _UNICAST),
    ("MAC_ADDR_SET", 1, 1, f.CTRL_MAC_ADDR, _MAC),
    ("VLAN_ADD", 2, 0, f.CTRL_VLAN, _VLAN),
    ("VLAN_DEL", 2, 1, f.CTRL_VLAN, _VLAN),
    ("ANNOUNCE_ACK", 3, 0, f.GUEST_ANNOUNCE, ()),
    ("MQ_VQ_PAIRS_SET", 4, 0, f.MQ, _PAIRS),
    ("MQ_RSS_CONFIG", 4, 1, f.RSS, _STEERING),
    ("MQ_HASH_CONFIG", 4, 2, f.HASH_REPORT, _REPORTING),
    ("GUEST_OFFLOADS_SET", 5, 0, f.CTRL_GUEST_OFFLOADS, _GIVEN_UP),
    ("NOTF_COAL_TX_SET", 6, 0, f.NOTF_COAL, _LIMITS),
    ("NOTF_COAL_RX_SET", 6, 1, f.NOTF_COAL, _LIMITS),
    ("NOTF_COAL_VQ_SET", 6, 2, f.VQ_NOTF_COAL, (*_QUEUE, "reserved" / Int16ul * _NOTHING, *_LIMITS)),
    ("NOTF_COAL_VQ_GET", 6, 3, f.VQ_NOTF_COAL, (*_QUEUE, "reserved" / Bytes(2) * _NOTHING)),
    ("HASH_TUNNEL_SET", 7, 0, f.HASH_TUNNEL, _INNER),
    ("STATS_QUERY", 8, 0, f.DEVICE_STATS, ()),
    ("STATS_GET", 8, 1, f.DEVICE_STATS, ()),
)
"""(name, class, command, the feature that it takes, fields)."""
NEEDS = {name: feature for name, _, _, feature, _ in _TABLE}
_ANSWERS = {"NOTF_COAL_VQ_GET": Struct(*_LIMITS), "STATS_QUERY": Struct(*SUPPORTED)}
_ANSWERED = {"STATS_GET": COUNTED}


def _command(name: str, group: int, number: int, fields: tuple[Any, ...]) -> api.Command:
    layout = Struct(*_HEAD, *fields)
    return api.Command(
        name, group | number << 8, layout, _ANSWERS.get(name), ACK, LISTS.get(name), _ANSWERED.get(name),
        payload="key" if name == "MQ_HASH_CONFIG" else "payload",
    )  # fmt: skip


OTHER = api.Command("OTHER", request=Struct(*_HEAD), trailer=ACK)
CONTROL = (*(_command(name, group, number, fields) for name, group, number, _, fields in _TABLE), OTHER)
