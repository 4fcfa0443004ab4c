"""What the fields of virtio-gpu's messages mean, by name: each means the same wherever it stands."""

from typing import Any

from construct import Int32ul, Struct

from vdmabuf_inspect import api

_VIRGL = "Linux virtio_gpu.h"
NO_FLAGS = "none are defined (virtio 1.2, 5.7.6.8)"
SURFACE_FLAGS = f"how the renderer is to lay the resource out: bit 0, the first line is at the top ({_VIRGL})"
_CONTEXT = "the rendering context that the command belongs to, 0 for none; commands of contexts need VIRGL"
_OFFSET = "where in the resource's backing, or in the visible memory for a mapped blob, the bytes are"

_SAID: dict[str, api.Said] = {
    "type": "which command it is, or which answer; from 0x1200 on it is an error",
    "flags": "FENCE: the answer comes only when the work is done; INFO_RING_IDX: ring_idx holds",
    "fence_id": "number that the answer repeats, so that the driver knows which work is done",
    "ctx_id": _CONTEXT,
    "ring_idx": "which timeline of the context the fence is on, with CONTEXT_INIT",
    "hdr": "what every command and answer begins with",
    "r": "a rectangle of the resource or of the scanout",
    "box": "a box of the resource",
    "pos": "where the cursor is",
    "x": ("how far from the left", "pixels"),
    "y": ("how far from the top", "pixels"),
    "z": "how deep the box begins: the layer of an array",
    "w": ("how wide the box is", "pixels"),
    "h": ("how high the box is", "pixels"),
    "d": "how deep the box is, in layers",
    "width": ("how wide it is", "pixels"),
    "height": ("how high it is", "pixels"),
    "scanout_id": "which of the device's outputs; there are at most 16",
    "scanout": "which of the device's outputs; there are at most 16",
    "enabled": "whether something is connected to the output",
    "pmodes": "one output: the size that it likes best, and whether it is there",
    "resource_id": "number that the driver gave the resource; 0 is none, and turns an output or the cursor off",
    "format": "the order of the four bytes of a pixel",
    "offset": (_OFFSET, "bytes"),
    "nr_entries": "how many stretches of guest memory follow",
    "addr": "guest-physical address at which the stretch begins",
    "length": ("how long the stretch is", "bytes"),
    "capset_index": "which of the device's sets of capabilities is asked for, counted from 0",
    "capset_id": "which set of capabilities: 1 and 2 are VIRGL's, 4 Venus",
    "capset_version": "which version of the set is asked for",
    "capset_max_version": "the latest version of the set that the device has",
    "capset_max_size": ("the most bytes that the set takes", "bytes"),
    "blob_mem": "whose memory it is: the guest's, the host's, or both",
    "blob_flags": "what will be done with it: mapped into the guest, shared within it, shared with other devices",
    "blob_id": "which of the context's own blobs it is; 0 for memory of the guest",
    "size": ("how many bytes it has", "bytes"),
    "strides": ("bytes from one line of a plane to the next", "bytes"),
    "offsets": ("where a plane begins", "bytes"),
    "nlen": ("length of the name", "bytes"),
    "context_init": "low byte: which set of capabilities the context speaks, with CONTEXT_INIT",
    "debug_name": "a name for people, cut at nlen",
    "target": "what kind of texture it is, as Gallium numbers them: 2 is a picture",
    "bind": "what it will be used for: bits of Gallium's",
    "depth": "layers of depth",
    "array_size": "members of an array",
    "last_level": "the smallest of its levels of detail",
    "nr_samples": "samples a pixel, 0 for one",
    "level": "which level of detail",
    "stride": ("bytes from one line to the next, 0 for what the format takes", "bytes"),
    "layer_stride": ("bytes from one layer to the next, 0 for what the format takes", "bytes"),
    "hot_x": ("which point of the cursor points, from its left", "pixels"),
    "hot_y": ("which point of the cursor points, from its top", "pixels"),
    "uuid": "name of the resource that other devices know, too",
    "map_info": "how the guest is to cache the memory",
    "edid": "what the monitor says of itself",
    "magic": "how every such block begins: 00 ff ff ff ff ff ff 00",
    "manufacturer": "three letters of five bits each",
    "product": "the maker's number of the model",
    "serial": "the maker's number of the piece",
    "week": "week of making, 255 where the year is the model's",
    "year": "years since 1990",
    "version": "of the format, before the point",
    "revision": "of the format, behind the point",
    "rest": "its sizes, colours and modes, a checksum, and further blocks",
}


def explained(source: str, *fields: Any) -> Struct:
    """A layout whose fields say what they mean; `source` is a clause of the specification or another's name."""
    said = {name: _SAID[name] for name in map(_stem, fields) if name in _SAID}
    told = {_stem(field) for field in fields if field.docs}
    where = f"virtio 1.2, {source}" if source[0].isdigit() else source
    return Struct(*api.explained(where, fields, **{name: said[name] for name in set(said) - told}))


def numbers(*names: str) -> tuple[Any, ...]:
    """32-bit fields."""
    return tuple(name / Int32ul for name in names)


def _stem(field: Any) -> str:
    return str(field.name).partition("[")[0]
