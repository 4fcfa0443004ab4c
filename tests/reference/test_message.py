"""Messages have each dialect's size, and their fields stand where its drivers put them."""

import pytest

from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.message import build, counter_name, export_body, halves_of, id_of, read_op, wire_id

SIZES = {"spec": 260, "rfc-v1": 268, "rfc-v3": 280, "rfc-v4": 280, "intel": 280, "mtk": 280}


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=list(DIALECTS))
def test_export(dialect: Dialect) -> None:
    halves = halves_of(dialect, 7, 42)
    body = export_body(halves, (1, 2), 3, 0, 4096, 0x1_2345_6000, b"private", 7)
    message = build(dialect, Op.EXPORT, body)
    assert len(message) == SIZES[dialect.name]
    assert read_op(dialect, message) is Op.EXPORT
    assert id_of(dialect, message) == wire_id(halves, (1, 2))
    assert counter_name(dialect, id_of(dialect, message)) == "7:42"
    assert int.from_bytes(message[dialect.op_offset + 28 : dialect.op_offset + 36], "little") == 0x1_2345_6000


def test_vm_half_is_first_only_in_the_specification() -> None:
    assert halves_of(DIALECTS["spec"], 7, 42) == (7, 42)
    assert halves_of(DIALECTS["rfc-v4"], 7, 42) == (42, 7)


def test_list_head_is_two_equal_kernel_pointers() -> None:
    message = build(DIALECTS["rfc-v4"], Op.NEED_VMID, b"", 5)
    assert message[:8] == message[8:16]
    assert int.from_bytes(message[:8], "little") >> 47 == (1 << 17) - 1
    assert not any(message[16:])
