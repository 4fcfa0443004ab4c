"""Records and pcapng files to test with."""

from hypothesis import strategies as st

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Descriptor, Record

from . import foreign

U16 = st.integers(0, 0xFFFF)
U32 = st.integers(0, 0xFFFFFFFF)
DESCRIPTORS = st.builds(Descriptor, st.integers(0, 2**64 - 1), U32, U16, U16, U16, st.integers(0, 1))
COMMENTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40).filter(lambda s: "\0" not in s)
RECORDS = st.builds(
    Record,
    kind=st.sampled_from(EventKind),
    time_ns=st.integers(0, 2**63 - 1),
    device=st.integers(0, 3),
    queue=st.integers(0, 3),
    head=U16,
    index=U16,
    used_len=U32,
    readable=U32,
    writable=U32,
    count=U32,
    descriptors=st.lists(DESCRIPTORS, max_size=3).map(tuple),
    readable_bytes=st.binary(max_size=300),
    writable_bytes=st.binary(max_size=300),
    comment=COMMENTS,
)


def fake_blocks(order: str) -> st.SearchStrategy[bytes]:
    """Payload that looks like pcapng: whole blocks, their beginnings, and lone type words."""
    whole = st.builds(foreign.packet, st.just(order), st.integers(0, 2), st.just(7), st.binary(max_size=80))
    return st.lists(st.one_of(whole, whole.map(lambda b: b[:-4]), st.just(b"\x06\0\0\0"), st.binary(max_size=24))).map(
        b"".join
    )


@st.composite
def payloads(draw: st.DrawFn, order: str) -> bytes:
    """The bytes of one packet: a record, a record of another version, or anything."""
    kind = draw(st.sampled_from(["record", "record", "record", "version", "noise"]))
    body = draw(fake_blocks(order))
    if kind == "noise":
        return body
    data = bytearray(Record(EventKind.USED, 0, readable_bytes=body).pack())
    if kind == "version":
        data[2] = draw(st.integers(0, 255))
    return bytes(data)


@st.composite
def sections(draw: st.DrawFn) -> bytes:
    """One section with interfaces of any clock, packets, and blocks that mean nothing to us."""
    order = draw(st.sampled_from("<>"))
    parts = [foreign.section(order, draw(st.sampled_from([b"", foreign.option(order, 4, b"Dumpcap")])))]
    parts.append(draw(_interfaces(order)))
    for _ in range(draw(st.integers(0, 12))):
        parts.append(draw(st.one_of(_packets(order), _packets(order), _interfaces(order), _others(order))))
    return b"".join(parts)


def files() -> st.SearchStrategy[bytes]:
    """Whole files of up to three sections."""
    return st.lists(sections(), min_size=1, max_size=3).map(b"".join)


@st.composite
def _interfaces(draw: st.DrawFn, order: str) -> bytes:
    given = [foreign.option(order, 2, draw(st.sampled_from([b"vdmabuf0/send", b"eth0\0", b"\xff"])))]
    if draw(st.booleans()):
        given.append(foreign.option(order, 9, bytes([draw(st.sampled_from([0, 3, 6, 9, 12, 0x80 | 10, 0x80 | 32]))])))
    if draw(st.booleans()):
        offset = draw(st.integers(-(2**30), 2**30))
        given.append(foreign.option(order, 14, offset.to_bytes(8, "little" if order == "<" else "big", signed=True)))
    return foreign.interface(order, draw(st.sampled_from([147, 147, 147, 1])), b"".join(given))


@st.composite
def _packets(draw: st.DrawFn, order: str) -> bytes:
    given = b""
    for code, value in draw(
        st.lists(st.tuples(st.sampled_from([1, 2, 4, 1, 2988]), st.binary(max_size=9)), max_size=3)
    ):
        given += foreign.option(order, code, value)
    end = draw(st.sampled_from([b"", bytes(4)]))
    ticks = draw(st.integers(0, 2**33))
    return foreign.packet(order, draw(st.integers(0, 2)), ticks, draw(payloads(order)), given + end)


@st.composite
def _others(draw: st.DrawFn, order: str) -> bytes:
    kind = draw(st.sampled_from([2, 3, 4, 5, 9, 10, 11, 0x0BAD, 0x40000BAD, 0x80000001, 6]))
    body = draw(fake_blocks(order))
    return foreign.block(order, kind, body + bytes(-len(body) % 4))
