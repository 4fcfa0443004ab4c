"""Payloads decoded: every known request in both directions, any bytes, and what the forms say of sizes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.vhost_user.fields import decode, json_fields, places
from vdmabuf_inspect.vhost_user.forms import CHANNEL, REPLIES, REQUESTS, form_of
from vdmabuf_inspect.vhost_user.payload import (
    Config,
    Inflight,
    Iotlb,
    MemoryTable,
    Region,
    SharedMap,
    SingleRegion,
    VringAddress,
    VringState,
    pack_u64,
)
from vdmabuf_inspect.vhost_user.wire import BackendRequest, Request

REGION = Region(0x1000, 0x2000, 0x7F00, 0x10)


def test_every_request_has_a_form() -> None:
    assert set(REQUESTS) == set(Request) and set(CHANNEL) == set(BackendRequest) and set(REPLIES) <= set(Request)


@pytest.mark.parametrize("form", [*REQUESTS.values(), *REPLIES.values(), *CHANNEL.values()])
def test_fields_of_a_form_are_those_of_its_layout(form) -> None:  # type: ignore[no-untyped-def]
    if form.layout is None:
        return
    found = places(form.layout)
    assert set(form.meanings) <= set(found)
    ends = [at + part.size for at, part in found.values()]
    assert ends == sorted(ends) and ends[-1] <= form.layout.LAYOUT.size


@given(st.integers(0, 60), st.booleans(), st.booleans(), st.binary(max_size=200))
def test_any_bytes_are_decoded_and_nothing_is_left_out(
    request_number: int, reply: bool, channel: bool, payload: bytes
) -> None:
    fields = decode(request_number, reply, channel, payload)
    covered = {i for f in fields for i in range(f.offset, f.offset + f.size)}
    assert all(0 <= i < len(payload) for i in covered)
    form = form_of(request_number, reply, channel)
    start = form.offset if form is not None else 0
    left = set(range(start, len(payload))) - covered
    assert not any(payload[i] for i in left) or (form is not None and max(left) < max(covered))
    json_fields(request_number, reply, channel, payload)


def test_tables_are_lists_of_regions() -> None:
    told = json_fields(Request.SET_MEM_TABLE, False, False, MemoryTable.of(REGION, REGION).pack())
    region = {"gpa": "0x1000", "size": 0x2000, "uva": "0x7f00", "mmap_offset": "0x10"}
    assert told == {"count": 2, "padding": 0, "regions": [region, region]}
    assert json_fields(Request.ADD_MEM_REG, False, False, SingleRegion(REGION).pack()) == region


def test_numbers_are_told_by_their_meaning() -> None:
    def told(request: int, payload: bytes, reply: bool = False) -> dict[str, object]:
        return json_fields(request, reply, False, payload)

    assert told(Request.SET_VRING_KICK, pack_u64(0x102)) == {"queue": 2, "no_fd": True}
    assert told(Request.SET_VRING_ENABLE, VringState(1, 1).pack()) == {"queue": 1, "enabled": "yes"}
    assert told(Request.SET_STATUS, pack_u64(0x8F)) == {
        "status": ["ACKNOWLEDGE", "DRIVER", "DRIVER_OK", "FEATURES_OK", "FAILED"]
    }
    assert told(Request.GET_FEATURES, pack_u64(1 << 40 | 1), True) == {"features": ["RING_RESET", "bit 0"]}
    assert told(Request.SET_OWNER, pack_u64(1), True) == {"result": 1}
    assert told(Request.GET_CONFIG, Config(4, 2, 0, b"\1\2").pack()) == {
        "offset": 4, "size": 2, "flags": [], "bytes": "0102",
    }  # fmt: skip
    assert told(99, b"\1") == {"data": "01"}
    assert decode(Request.SET_VRING_BASE, False, False, VringState(0, 0x8000).pack())[1].text == (
        "0x8000 (packed: available 0 wrap 1, used 0 wrap 0)"
    )


@pytest.mark.parametrize(
    ("request_number", "payload", "sizes"),
    [
        (Request.GET_FEATURES, b"", (0,)),
        (Request.SET_VRING_ADDR, VringAddress(0, 0, 1, 2, 3).pack(), (40,)),
        (Request.SET_MEM_TABLE, MemoryTable.of(REGION, REGION).pack(), (72, 88)),
        (Request.GET_CONFIG, Config(0, 9, 0, bytes(9)).pack(), (21,)),
        (Request.SET_INFLIGHT_FD, Inflight(0, 0, 1, 2).pack(), (24, 20)),
        (Request.CREATE_CRYPTO_SESSION, b"x", ()),
    ],
)
def test_right_sizes(request_number: int, payload: bytes, sizes: tuple[int, ...]) -> None:
    form = form_of(request_number, False, False)
    assert form is not None and form.right_sizes(payload) == sizes
    assert not sizes or len(payload) in sizes


def test_the_back_ends_channel() -> None:
    told = json_fields(BackendRequest.IOTLB_MSG, False, True, Iotlb(0x1000, 4096, 0, 3, 1).pack())
    assert told == {
        "iova": "0x1000", "size": 4096, "uaddr": "0x0", "permission": "read and write", "type": "miss",
    }  # fmt: skip
    told = json_fields(BackendRequest.SHMEM_MAP, False, True, SharedMap(1, 0, 4096, 8192, 1).pack())
    assert told["region"] == 1 and told["flags"] == ["WRITE"] and told["length"] == 8192
