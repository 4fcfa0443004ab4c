"""A payload decoded by its form: fields with their values, words and bytes. Any bytes can be decoded."""

import re
from collections.abc import Iterator
from dataclasses import fields as members
from functools import cache
from struct import Struct, calcsize
from typing import Any

from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.vhost_user.forms import Form, form_of
from vdmabuf_inspect.vhost_user.meanings import Meaning, number
from vdmabuf_inspect.vhost_user.payload import Fixed

_CODE = re.compile(r"(\d*)([a-zA-Z])")
_SHOWN = 64
"""Entries of a repeated structure that are shown; a peer may claim four thousand million."""


def decode(request: int, reply: bool, channel: bool, payload: bytes) -> list[Field]:
    """The fields of a message's payload, as far as it is there; bytes that no form explains come last as `data`."""
    form = form_of(request, reply, channel)
    found: list[Field] = list(_form(form, payload)) if form is not None else []
    end = max((f.offset + f.size for f in found), default=0)
    padded = form is not None and len(payload) in form.right_sizes(payload) and not any(payload[end:])
    return found if end >= len(payload) or padded else [*found, _bytes("data", payload, end, len(payload))]


def json_fields(request: int, reply: bool, channel: bool, payload: bytes) -> dict[str, Any]:
    """The same by name, as JSON values; repeated structures are lists of objects."""
    result: dict[str, Any] = {}
    for field in decode(request, reply, channel, payload):
        group, _, name = field.path.rpartition(".")
        if not group:
            result[name] = field.value
            continue
        listed = result.setdefault(group.partition("[")[0], [])
        place = int(group.partition("[")[2].rstrip("]"))
        if place == len(listed):
            listed.append({})
        listed[place][name] = field.value
    return result


def _form(form: Form, payload: bytes) -> Iterator[Field]:
    if form.layout is None:
        return
    known = list(_fixed(form, payload, form.offset, ""))
    yield from known
    value = form.layout.parse(payload, form.offset)
    if value is None:
        return
    if form.data:
        end = min(len(payload), form.size + int(getattr(value, form.data)))
        if end > form.size:
            yield _bytes("bytes", payload, form.size, end)
    if form.repeated is not None:
        yield from _entries(form, payload, int(getattr(value, members(value)[0].name)))  # type: ignore[arg-type]


def _entries(form: Form, payload: bytes, count: int) -> Iterator[Field]:
    """The structures behind the fixed part; their stride is the one at which the payload has the right size."""
    assert form.repeated is not None
    stride = next((s for s in form.strides if form.size + count * s == len(payload)), form.strides[0])
    for i in range(min(count, _SHOWN, (len(payload) - form.size) // stride)):
        yield from _fixed(form.repeated, payload, form.size + i * stride, f"regions[{i}].")


def _fixed(form: Form, payload: bytes, start: int, prefix: str) -> Iterator[Field]:
    assert form.layout is not None
    for name, place in places(form.layout).items():  # type: ignore[arg-type]
        at = start + place[0]
        if at + place[1].size > len(payload):
            return
        meaning: Meaning = form.meanings.get(name) or number(name)
        for said in meaning(int(place[1].unpack_from(payload, at)[0])):
            yield Field(prefix + said.name, said.value, said.text, at, place[1].size)


@cache
def places(layout: type[Fixed]) -> dict[str, tuple[int, Struct]]:
    """(offset, form) of each of a structure's fields, by name: what its Struct and its names say together."""
    form = layout.LAYOUT.format
    found, at = [], 0
    for repeat, code in _CODE.findall(form):
        if code == "x":
            at += int(repeat or 1)
            continue
        found.append((at, Struct(form[0] + code)))
        at += calcsize(form[0] + code)
    names = (member.name for member in members(layout))  # type: ignore[arg-type]
    return dict(zip(names, found, strict=True))


def _bytes(path: str, payload: bytes, start: int, end: int) -> Field:
    data = payload[start:end]
    text = data[:24].hex(" ") + (" ..." if len(data) > 24 else "")
    return Field(path, data.hex(), text, start, len(data))
