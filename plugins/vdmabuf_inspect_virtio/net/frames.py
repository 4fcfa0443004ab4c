"""The header ahead of a frame (virtio 1.2, 5.1.6) and the first fields of what is most often in one."""

from ipaddress import ip_address
from typing import Any

from construct import Bytes, Enum, ExprAdapter, FlagsEnum, Int8ub, Int8ul, Int16ub, Int16ul, Int32ub, Int32ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.net.features import HEADER_SIZES

NEEDS_CSUM, DATA_VALID, RSC_INFO = 1, 2, 4
ECN = 0x80
GSO = {"NONE": 0, "TCPV4": 1, "UDP": 3, "TCPV6": 4, "UDP_L4": 5}
ETHERNET_SIZE = 14

_FLAGS = FlagsEnum(Int8ul, NEEDS_CSUM=NEEDS_CSUM, DATA_VALID=DATA_VALID, RSC_INFO=RSC_INFO)
_GSO = Enum(Int8ul, **GSO, TCPV4_ECN=GSO["TCPV4"] | ECN, TCPV6_ECN=GSO["TCPV6"] | ECN)
_REPORTS = ("NONE", "IPV4", "TCPV4", "UDPV4", "IPV6", "TCPV6", "UDPV6", "IPV6_EX", "TCPV6_EX", "UDPV6_EX")
_FIELDS = api.explained(
    "virtio 1.2, 5.1.6",
    (
        "flags" / _FLAGS, "gso_type" / _GSO, "hdr_len" / Int16ul, "gso_size" / Int16ul, "csum_start" / Int16ul,
        "csum_offset" / Int16ul, "num_buffers" / Int16ul, "hash_value" / Int32ul,
        "hash_report" / Enum(Int16ul, **{name: number for number, name in enumerate(_REPORTS)}), "padding" / Int16ul,
    ),
    flags="NEEDS_CSUM: the checksum is still to be made; DATA_VALID: it was found right; RSC_INFO: counts of merging",
    gso_type="how the frame is to be cut into segments, NONE for a frame that is whole",
    hdr_len=("bytes of headers that each segment begins with; a hint unless GUEST_HDRLEN was negotiated", "bytes"),
    gso_size=("the most payload that each segment has behind its headers", "bytes"),
    csum_start=("where the bytes begin that the checksum covers, from the start of the frame", "bytes"),
    csum_offset=("where the checksum is to be put, from csum_start", "bytes"),
    num_buffers="how many receive buffers the frame lies in, with MRG_RXBUF; 1 in what the driver sends",
    hash_value="the hash of the frame's addresses, with HASH_REPORT",
    hash_report="what the hash was made of",
)  # fmt: skip
_HEADERS = dict(zip(HEADER_SIZES, (_FIELDS[:6], _FIELDS[:7], _FIELDS), strict=True))

MAC = ExprAdapter(Bytes(6), lambda value, _: value.hex(":"), lambda text, _: bytes.fromhex(text.replace(":", "")))
_IP4, _IP6 = (
    ExprAdapter(Bytes(size), lambda value, _: str(ip_address(value)), lambda text, _: ip_address(text).packed)
    for size in (4, 16)
)
_TYPES = Enum(Int16ub, IPV4=0x0800, ARP=0x0806, VLAN=0x8100, IPV6=0x86DD, QINQ=0x88A8, LLDP=0x88CC, RARP=0x8035)
_INSIDE = Enum(Int8ub, ICMP=1, IGMP=2, TCP=6, UDP=17, ICMP6=58, SCTP=132)

ETHERNET = api.explained(
    "IEEE 802.3",
    ("dst" / MAC, "src" / MAC, "ethertype" / _TYPES),
    dst="the station that the frame is for; an odd first byte means many",
    src="the station that sent it",
    ethertype="what is in the frame; below 1536 it is a length",
)
ARP = Struct(*api.explained("RFC 826", (
    "hardware" / Int16ub, "protocol" / Int16ub, "sizes" / Int16ub, "operation" / Enum(Int16ub, REQUEST=1, REPLY=2),
    "sender_mac" / MAC, "sender" / _IP4, "target_mac" / MAC, "target" / _IP4),
    hardware="kind of link, 1 for Ethernet", protocol="kind of address that is asked about, 0x800 (2048) for IPv4",
    sizes="bytes of a link address (high byte) and of a protocol address (low byte)",
    operation="whether it asks or answers", sender_mac="link address of who sends it", sender="its protocol address",
    target_mac="link address that is asked for; in a request it means nothing", target="the address that is meant",
))  # fmt: skip
IPV4 = Struct(*api.explained("RFC 791", (
    "version" / Int8ub, "tos" / Int8ub, "length" / Int16ub, "id" / Int16ub, "fragment" / Int16ub, "ttl" / Int8ub,
    "protocol" / _INSIDE, "checksum" / Int16ub, "src" / _IP4, "dst" / _IP4),
    version="high half 4, low half the header's length in words of 4 bytes: 69 is a header without options",
    tos="how urgent it is, and whether the way was congested",
    length=("of the whole packet, its header too", "bytes"), id="which fragments belong together",
    fragment="three flags, then where the fragment belongs, in units of 8 bytes",
    ttl="how many routers it may still pass", protocol="what is in the packet", checksum="of the header alone",
    src="who sent it", dst="who it is for",
))  # fmt: skip
IPV6 = Struct(*api.explained("RFC 8200", (
    "flow" / Int32ub, "length" / Int16ub, "protocol" / _INSIDE, "hops" / Int8ub, "src" / _IP6, "dst" / _IP6),
    flow="version 6, how urgent it is, and a label of the flow it belongs to",
    length=("of what follows the header", "bytes"), protocol="what is in the packet, or the next header",
    hops="how many routers it may still pass", src="who sent it", dst="who it is for",
))  # fmt: skip
TCP = Struct(*api.explained("RFC 9293", (
    "src_port" / Int16ub, "dst_port" / Int16ub, "seq" / Int32ub, "ack" / Int32ub, "offset" / Int8ub,
    "flags" / FlagsEnum(Int8ub, FIN=1, SYN=2, RST=4, PSH=8, ACK=16, URG=32, ECE=64, CWR=128), "window" / Int16ub),
    src_port="the sender's end", dst_port="the receiver's end", seq="number of the first byte that it carries",
    ack="number of the byte that its sender expects next", offset="high half: length of the header in words of 4 bytes",
    flags="what the segment does to the connection", window="how many bytes more its sender takes, before scaling",
))  # fmt: skip
UDP = Struct(*api.explained(
    "RFC 768", ("src_port" / Int16ub, "dst_port" / Int16ub, "length" / Int16ub, "checksum" / Int16ub),
    src_port="the sender's end", dst_port="the receiver's end", length=("of header and data", "bytes"),
    checksum="of header, data and addresses; 0 for none",
))  # fmt: skip
ICMP = Struct(*api.explained(
    "RFC 792, RFC 4443", ("type" / Int8ub, "code" / Int8ub, "checksum" / Int16ub),
    type="what is told or asked: 8 (IPv6 128) asks for an echo, 0 (129) is one", code="more exactly what",
    checksum="of the whole message",
))  # fmt: skip

INSIDE: dict[str, tuple[Any, ...]] = {
    "FRAME": (),
    "VLAN": ("vlan" / Struct(*api.explained(
        "IEEE 802.1Q", ("tag" / Int16ub, "ethertype" / _TYPES),
        tag="three bits of priority, one that allows to drop it, twelve of the virtual network's number",
        ethertype="what is in the frame",
    )),),
    "ARP": ("arp" / ARP,),
    "IPV4": ("ip" / IPV4,),
    "TCP": ("ip" / IPV4, "tcp" / TCP),
    "UDP": ("ip" / IPV4, "udp" / UDP),
    "ICMP": ("ip" / IPV4, "icmp" / ICMP),
    "IPV6": ("ip" / IPV6,),
    "TCP6": ("ip" / IPV6, "tcp" / TCP),
    "UDP6": ("ip" / IPV6, "udp" / UDP),
    "ICMP6": ("ip" / IPV6, "icmp" / ICMP),
}  # fmt: skip
"""What follows the Ethernet header, by what the frame is called; FRAME is any other."""


def _command(name: str, size: int) -> api.Command:
    layout = Struct(*_HEADERS[size], *ETHERNET, *INSIDE[name])
    return api.Command(name, request=layout, answer=layout)


FRAMES = {size: {name: _command(name, size) for name in INSIDE} for size in HEADER_SIZES}
"""The commands by the size of their header and by name."""
MORE = api.Command("MORE")
"""A further buffer of the frame before it: bytes without a header (5.1.6.4)."""
