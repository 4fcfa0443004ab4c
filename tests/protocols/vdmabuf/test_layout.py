"""A layout is said once: the batch columns, the one-message parse, the builder and the spans agree in every dialect."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.protocols.layout import dtype_of
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import PRIVATE_ROOM, Op
from vdmabuf_inspect.protocols.vdmabuf.messages import Messages, messages_of
from vdmabuf_inspect.reference.message import build, export_body
from vdmabuf_inspect.track.events import events_of
from vdmabuf_inspect.views.decode import decode

SIZES = {"spec": (260, 0), "rfc-v1": (268, 8), "rfc-v3": (280, 16), "rfc-v4": (280, 16), "intel": (280, 16),
         "mtk": (280, 16)}  # fmt: skip
EVERY = pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
QUICK = settings(max_examples=30, deadline=None, derandomize=True)
U32 = st.integers(0, 2**32 - 1)
PAIR = st.tuples(U32, U32)
BODIES = st.builds(
    export_body, halves=PAIR, key=PAIR, pages=U32, first_offset=U32, last_length=U32,
    reference=st.integers(0, 2**64 - 1), private=st.binary(max_size=PRIVATE_ROOM), private_size=U32,
)  # fmt: skip
WORDS = ("id.low", "id.high", "pages", "first_offset", "last_length", "private_size")


def batch_of(dialect: Dialect, messages: list[bytes]) -> Messages:
    """The messages as a batch, as the driver sent them."""
    records = [
        Record(EventKind.AVAILABLE, 0, queue=0, writable=len(m), writable_bytes=m).pack()
        if dialect.in_place
        else Record(EventKind.AVAILABLE, 0, queue=1, readable=len(m), readable_bytes=m).pack()
        for m in messages
    ]
    padded = [r + bytes(-len(r) % 4) for r in records]
    offset = np.cumsum([0, *map(len, padded)])[:-1]
    sizes = np.array([len(r) for r in records], np.uint32)
    words = np.frombuffer(b"".join(padded), "<u4")
    return messages_of(events_of(words, 0, np.zeros(len(records), np.int64), offset, sizes), dialect)


def leaf(parsed: Any, path: str) -> Any:
    for part in path.split("."):
        parsed = parsed[part]
    return parsed


@EVERY
def test_sizes_and_places_are_those_on_the_wire(dialect: Dialect) -> None:
    assert (dialect.size, dialect.cmd_offset) == SIZES[dialect.name]
    assert dialect.op_offset == dialect.cmd_offset + 4
    for op in Op:
        assert dialect.message(op).sizeof() == dialect.dtype(op).itemsize == dialect.size


@EVERY
@pytest.mark.parametrize("op", list(Op))
def test_spans_cover_the_message_once(dialect: Dialect, op: Op) -> None:
    at = 0
    for span in dialect.spans(op):
        assert span.offset == at
        at += span.size
    assert at == dialect.size
    assert len({s.path for s in dialect.spans(op)}) == len(dialect.spans(op))


@EVERY
@QUICK
@given(bodies=st.lists(BODIES, min_size=1, max_size=4))
def test_batch_and_single_decode_are_equal(dialect: Dialect, bodies: list[dict[str, Any]]) -> None:
    built = [build(dialect, Op.EXPORT, body) for body in bodies]
    batch = batch_of(dialect, built)
    parsed = [dialect.message(Op.EXPORT).parse(data) for data in built]
    assert batch.whole.all()
    assert batch.op.tolist() == [Op.EXPORT] * len(built)
    assert batch.command.tolist() == [p.cmd for p in parsed]
    for path in WORDS:
        assert batch.word(path).tolist() == [leaf(p.op, path) for p in parsed]
    low, high = batch.word("reference").tolist(), batch.word_after("reference").tolist()
    assert [a | b << 32 for a, b in zip(low, high, strict=True)] == [p.op.reference for p in parsed]
    assert batch.key.tolist() == [p.op.id.key[0] | p.op.id.key[1] << 32 for p in parsed]
    assert batch.name.tolist() == [p.op.id.low | p.op.id.high << 32 for p in parsed]


@EVERY
@QUICK
@given(body=BODIES)
def test_dtype_reads_what_construct_builds(dialect: Dialect, body: dict[str, Any]) -> None:
    data = build(dialect, Op.EXPORT, body)
    row = np.frombuffer(data, dialect.dtype(Op.EXPORT))[0]
    parsed = dialect.message(Op.EXPORT).parse(data)
    for span in dialect.spans(Op.EXPORT):
        value, column = leaf(parsed, span.path), leaf(row, span.path)
        expected = list(value) if isinstance(value, list | bytes) else value
        assert (column.tolist() if isinstance(column, np.ndarray) else int(column)) == expected
        assert data[span.offset : span.offset + span.size] == column.tobytes()


@EVERY
@QUICK
@given(body=BODIES, cut=st.integers(0, 300))
def test_decoded_fields_lie_where_their_bytes_are(dialect: Dialect, body: dict[str, Any], cut: int) -> None:
    data = build(dialect, Op.EXPORT, body)[:cut]
    fields = decode(dialect, data)
    assert all(f.offset + f.size <= len(data) for f in fields)
    for field in fields:
        if field.path in ("op.pages", "op.first_offset", "op.last_length", "op.id.low", "op.private_size"):
            assert field.value == int.from_bytes(data[field.offset : field.offset + 4], "little")
    if cut >= dialect.size:
        spans = [(s.path, s.offset, s.size) for s in dialect.spans(Op.EXPORT)]
        assert [(f.path, f.offset, f.size) for f in fields][: len(spans)] == spans


@EVERY
@QUICK
@given(data=st.binary(max_size=300), which=st.integers(0, 255))
def test_any_bytes_decode(dialect: Dialect, data: bytes, which: int) -> None:
    number = (which % 0x14).to_bytes(4, "little")
    data = data[: dialect.cmd_offset].ljust(dialect.cmd_offset, b"\0") + number + data
    batch = batch_of(dialect, [data])
    assert decode(dialect, data)
    assert int(batch.op[0]) == (dialect.commands[which % 0x14].op if which % 0x14 in dialect.commands else Op.UNKNOWN)
    assert bool(batch.whole[0]) == (len(data) == dialect.size)


def test_message_cut_by_the_snap_length_is_not_whole() -> None:
    dialect = DIALECTS["spec"]
    record = Record(EventKind.AVAILABLE, 0, queue=1, readable=260, readable_bytes=bytes(100)).pack()
    words = np.frombuffer(record + bytes(-len(record) % 4), "<u4")
    sizes = np.array([len(record)], np.uint32)
    batch = messages_of(events_of(words, 0, np.zeros(1, np.int64), np.zeros(1, np.int64), sizes), dialect)
    assert (batch.size.tolist(), batch.kept.tolist(), batch.whole.tolist()) == ([260], [100], [False])
    assert batch.word("private_size").tolist() == [0]


def test_layout_without_a_fixed_place_is_refused() -> None:
    from construct import BytesInteger

    with pytest.raises(TypeError):
        dtype_of(BytesInteger(3))
