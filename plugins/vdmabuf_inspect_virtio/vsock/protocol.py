"""virtio-vsock as tables: its packets, its queues, the life of a connection (virtio 1.2, 5.10)."""

from construct import Enum, FlagsEnum, Int16ul, Int32ul, Int64ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.vsock.connections import Connections

HEADER_SIZE = 44
STREAM, SEQPACKET = 1, 2
SEQPACKET_FEATURE = 1
RECEIVE, SEND = 1, 2
"""Flags of SHUTDOWN: what the sender will do no more."""
OPS = ("INVALID", "REQUEST", "RESPONSE", "RST", "SHUTDOWN", "RW", "CREDIT_UPDATE", "CREDIT_REQUEST")
_STEPS = {"REQUEST": "request", "RESPONSE": "respond", "RST": "reset", "SHUTDOWN": "shut down"}
_FLAGS = {
    "SHUTDOWN": FlagsEnum(Int32ul, RECEIVE=RECEIVE, SEND=SEND),
    "RW": FlagsEnum(Int32ul, END_OF_MESSAGE=1, END_OF_RECORD=2),
}
EVENT = Struct(
    *api.explained(
        "virtio 1.2, 5.10.6.7",
        ("id" / Enum(Int32ul, TRANSPORT_RESET=0),),
        id="TRANSPORT_RESET: the guest was moved, its connections are gone and its own ID may be another",
    )
)


_SAID: dict[str, str | tuple[str, str]] = {
    "src_cid": "number of the guest or host that sends: 2 is the host, the others are in the configuration space",
    "dst_cid": "number of the guest or host that it is for; the upper half is zero",
    "src_port": "the sender's end of the connection",
    "dst_port": "the receiver's end of the connection",
    "len": ("data behind the header, of RW only", "bytes"),
    "type": "STREAM is bytes in a row, SEQPACKET keeps messages apart",
    "op": "what the packet does to the connection",
    "flags": "of SHUTDOWN what the sender will do no more; of RW where a message ends",
    "buf_alloc": ("room that the sender has for received data, in all", "bytes"),
    "fwd_cnt": ("received data that the sender has passed on, since the beginning; it wraps", "bytes"),
}


def _packet(name: str) -> Struct:
    fields = (
        "src_cid" / Int64ul, "dst_cid" / Int64ul, "src_port" / Int32ul, "dst_port" / Int32ul, "len" / Int32ul,
        "type" / Enum(Int16ul, STREAM=STREAM, SEQPACKET=SEQPACKET),
        "op" / Enum(Int16ul, **{op: number for number, op in enumerate(OPS)}),
        "flags" / _FLAGS.get(name, Int32ul), "buf_alloc" / Int32ul, "fwd_cnt" / Int32ul,
    )  # fmt: skip
    return Struct(*api.explained("virtio 1.2, 5.10.6", fields, **_SAID))


def _command(name: str, code: int | None) -> api.Command:
    """An op; either side may send it."""
    step, layout = _STEPS.get(name, "use"), _packet(name)
    return api.Command(name, code, layout, layout, asked=step, done=step)


_PACKETS = (*(_command(name, code) for code, name in enumerate(OPS)), _command("OTHER", None))


def _name(ports: int, cids: int) -> str:
    """The guest's end and the other: `3:1024→2:22`."""
    return f"{cids >> 32}:{ports >> 32}→{cids & 0xFFFFFFFF}:{ports & 0xFFFFFFFF}"


VSOCK = api.protocol(
    api.Protocol(
        "vsock",
        "sockets between guest and host",
        (19,),
        (
            api.QueueKind("rx", _PACKETS, lambda index, _: index == 0, api.Place(30, 2)),
            api.QueueKind("tx", _PACKETS, lambda index, _: index == 1, api.Place(30, 2)),
            api.QueueKind("event", (api.Command("EVENT", None, None, EVENT),), lambda index, _: index == 2),
        ),
        lifecycle=api.Lifecycle(
            states=("none", "requested", "connected", "shutting", "closed", "refused", "reset"),
            operations=("request", "respond", "reset", "shut down", "use"),
            after={
                **{(state, "request"): "requested" for state in ("none", "closed", "refused", "reset")},
                **{(state, "respond"): "connected" for state in ("none", "requested")},
                **{(state, "shut down"): "shutting" for state in ("none", "requested", "connected")},
                ("none", "use"): "connected",
                ("none", "reset"): "closed",
                ("requested", "reset"): "refused",
                ("connected", "reset"): "reset",
                ("shutting", "reset"): "closed",
            },
            live=frozenset({"requested", "connected", "shutting"}),
        ),
        begins=frozenset({"request"}),
        ends=frozenset({"reset"}),
        use="use",
        nameless=None,
        key_name=_name,
        follower=Connections,
        features={0: "STREAM", SEQPACKET_FEATURE: "SEQPACKET", 2: "NO_IMPLIED_STREAM"},
    )
)
