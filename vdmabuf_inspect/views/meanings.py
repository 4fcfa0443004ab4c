"""What the specification says about a field or a fact of an event, in a sentence, and where it says so."""

from vdmabuf_inspect.protocols.declared.decode import meaning as declared_meaning
from vdmabuf_inspect.protocols.explained import docs_of
from vdmabuf_inspect.protocols.vdmabuf.meanings import meaning as vdmabuf_meaning
from vdmabuf_inspect.protocols.vdmabuf.private import decoder_of
from vdmabuf_inspect.session.session import FROM_DEVICE, Session
from vdmabuf_inspect.views.decode import PRIVATE, message_op
from vdmabuf_inspect.views.detail import Detail
from vdmabuf_inspect.views.reading import declared_device, dialect_of

_VIRTIO = "virtio 1.2"
_FACTS = {
    "head": ("number of the chain's first descriptor; on a packed ring its buffer ID", f"{_VIRTIO}, 2.7.6, 2.8.3"),
    "ring index": ("which entry of its ring it is; indices run on and wrap at 65536", f"{_VIRTIO}, 2.7.6, 2.7.8"),
    "ring slot": (
        "where it stands in the ring; on a packed ring with the wrap counter of that lap",
        f"{_VIRTIO}, 2.7.6, 2.8.1",
    ),
    "used length": ("bytes that the device says it wrote, from the start of the writable part", f"{_VIRTIO}, 2.7.8"),
    "bytes": ("what the device may read, then what it may write: in this order in every chain", f"{_VIRTIO}, 2.7.4"),
    "chain": ("when the driver offered the chain, and when the device returned it", f"{_VIRTIO}, 2.7.13, 2.7.14"),
}
_PIECES = {
    "descriptor": ("a buffer of the chain; NEXT links it to another descriptor of the table", f"{_VIRTIO}, 2.7.5"),
    "slot": ("a buffer of the chain; the chain goes on in the next slot where NEXT is set", f"{_VIRTIO}, 2.8.6"),
    "indirect": ("an entry of the indirect table that a descriptor of the ring refers to", f"{_VIRTIO}, 2.7.5.3"),
}


def meaning(session: Session, shown: Detail, path: str) -> str:
    """The sentence with its source; empty where there is nothing to say."""
    found = _FACTS.get(path) or _PIECES.get(path.partition(" ")[0])
    return f"{found[0]} ({found[1]})" if found else _field(session, shown, path)


def _field(session: Session, shown: Detail, path: str) -> str:
    if shown.number < 0:
        return ""
    row = shown.seq - 1
    device = declared_device(session, row)
    if device is None:
        said = vdmabuf_meaning(message_op(dialect_of(session, row), shown.data), path)
        return _private(shown, path) or (f"{said[0]} ({said[1]})" if said else "")
    command = device.protocol.command(int(session.messages.op[shown.number]))
    from_device = bool(session.messages.flags[shown.number] & FROM_DEVICE)
    return declared_meaning(command, shown.data, from_device, path) if command else ""


def _private(shown: Detail, path: str) -> str:
    """What the decoder of an export's private data says about a field of it."""
    fields = {field.path: field for field in shown.fields}
    whole, size = fields.get(PRIVATE), fields.get(f"{PRIVATE}_size")
    if whole is None or size is None or not path.startswith("private."):
        return ""
    decoder = decoder_of(shown.data[whole.offset : whole.offset + min(whole.size, int(size.value))])
    return docs_of(decoder.layout, path.removeprefix("private.")) if decoder else ""
