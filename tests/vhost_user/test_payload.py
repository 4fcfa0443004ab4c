"""Payloads survive a round trip, and no bytes make a parser raise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.vhost_user import payload as p
from vdmabuf_inspect.vhost_user.wire import Header, ProtocolFeature, Request, request_name, wants_reply

U16, U32, U64 = (st.integers(0, (1 << bits) - 1) for bits in (16, 32, 64))
REGIONS = st.builds(p.Region, U64, U64, U64, U64)
VALUES = st.one_of(
    st.builds(p.VringState, U32, U32),
    st.builds(p.VringAddress, U32, U32, U64, U64, U64, U64),
    st.builds(p.VringFd, U64),
    REGIONS,
    st.builds(p.SingleRegion, REGIONS),
    st.lists(REGIONS, max_size=8).map(lambda regions: p.MemoryTable.of(*regions)),
    st.builds(p.Inflight, U64, U64, U16, U16),
    st.builds(p.Log, U64, U64),
    st.binary(max_size=64).map(lambda data: p.Config(0, len(data), 0, data)),
)
PARSERS = (
    p.VringState, p.VringAddress, p.VringFd, p.Region, p.SingleRegion, p.MemoryTable, p.Inflight, p.Log, p.Config,
)  # fmt: skip


@given(VALUES)
def test_round_trip(value: p.VringState) -> None:
    assert type(value).parse(value.pack()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_taken(data: bytes) -> None:
    for parser in PARSERS:
        parser.parse(data)  # type: ignore[attr-defined]
    p.parse_u64(data)
    Header.parse(data)


def test_ring_address_has_used_before_avail() -> None:
    packed = p.VringAddress(1, 0, desc=0x11, used=0x22, avail=0x33).pack()
    assert [int.from_bytes(packed[i : i + 8], "little") for i in (8, 16, 24)] == [0x11, 0x22, 0x33]


def test_memory_table_keeps_whole_regions_and_the_declared_count() -> None:
    regions = [p.Region(i << 20, 1 << 20, i << 30, 0) for i in range(1, 4)]
    table = p.MemoryTable.parse(p.MemoryTable.of(*regions).pack()[:-1])
    assert table is not None
    assert table.regions == tuple(regions[:2])
    assert table.declared == 3


def test_memory_table_with_xen_regions() -> None:
    region = p.Region(1, 2, 3, 4)
    table = p.MemoryTable.parse(p.VringState(2, 0).pack() + (region.pack() + bytes(8)) * 2)
    assert table is not None
    assert table.regions == (region, region)


@pytest.mark.parametrize(
    ("request_", "flags", "features", "expected"),
    [
        (Request.GET_FEATURES, 1, 0, True),
        (Request.SET_OWNER, 1 | 8, 0, False),
        (Request.SET_OWNER, 1 | 8, ProtocolFeature.REPLY_ACK, True),
        (Request.SET_OWNER, 1, ProtocolFeature.REPLY_ACK, False),
        (Request.SET_LOG_BASE, 1, ProtocolFeature.LOG_SHMFD, True),
        (Request.SET_LOG_BASE, 1, 0, False),
    ],
)
def test_who_replies(request_: int, flags: int, features: int, expected: bool) -> None:
    assert wants_reply(Header(request_, flags, 0), features) is expected


def test_names_of_unknown_requests() -> None:
    assert request_name(5) == "SET_MEM_TABLE"
    assert request_name(9, backend=True) == "SHMEM_MAP"
    assert request_name(4000) == "REQUEST_4000"
