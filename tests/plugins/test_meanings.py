"""Every field of every structure of every protocol says what it means, and where that is said."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from construct import Int8ul, Int16ul, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.protocols.declared.decode import decode, meaning
from vdmabuf_inspect.protocols.declared.protocol import Command
from vdmabuf_inspect.protocols.explained import counted, docs_of
from vdmabuf_inspect.protocols.known import PROTOCOLS
from vdmabuf_inspect.protocols.layout import dtype_of, spans_of
from vdmabuf_inspect.protocols.vdmabuf.private import DECODERS

NAMES = ("blk", "console", "fs", "gpu", "input", "net", "rng", "thead", "vsock")
SURFACES = ("weston-surface", "weston-surface-bpp", "weston-frame")
SENTENCE = re.compile(r"[^ ].{3,} \((virtio 1\.[23], 5\.\d+\.\d|Linux |IEEE |RFC |VESA |T-Head|Weston )[^()]*\)")
TOY = Struct(*api.explained("a paper", ("size" / Int16ul, "padding" / Int8ul), size=("of everything", "bytes")))


@pytest.fixture(autouse=True, scope="module")
def loaded() -> Iterator[None]:
    """The plugins that come with the program."""
    door = Door(user=False)
    door.open_wide()
    yield
    door.close()


def layouts(command: Command) -> Iterator[Any]:
    yield from filter(None, (command.request, command.answer, command.trailer))
    for entries in (each for listed in (command.entries, command.answer_entries) for each in listed or ()):
        yield from (entries.layout, *entries.kinds.values())
    yield from command.answers.layouts.values() if command.answers else ()


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_explained(name: str) -> None:
    for command in PROTOCOLS[name].commands:
        for layout in layouts(command):
            for span in spans_of(layout):
                said = docs_of(layout, span.path)
                assert SENTENCE.fullmatch(said), (command.name, span.path, said)


@pytest.mark.parametrize("name", SURFACES)
def test_private_data_is_explained(name: str) -> None:
    for span in spans_of(DECODERS[name].layout):
        assert SENTENCE.fullmatch(docs_of(DECODERS[name].layout, span.path)), span.path


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("from_device", [False, True])
def test_every_field_that_is_shown_has_its_meaning(name: str, from_device: bool) -> None:
    for command in PROTOCOLS[name].commands:
        for field in decode(command, bytes(4096), from_device):
            assert meaning(command, bytes(4096), from_device, field.path), (command.name, field.path)


def test_what_is_counted_is_still_a_number() -> None:
    assert dtype_of(TOY).itemsize == TOY.sizeof() == 3
    assert TOY.parse(TOY.build({"size": 300, "padding": 0})).size == 300
    assert docs_of(TOY, "size") == "of everything (a paper)"
    assert docs_of(TOY, "padding").endswith("(a paper)") and not docs_of(TOY, "nothing")
    (size, _) = decode(Command("TOY", request=TOY), b"\x00\x20\0", False)
    assert (size.value, size.text) == (8192, "8192 (8.0 KiB)")
    assert (
        counted(20, "us") == "20 us" and counted(16, "sectors") == "16 (8.0 KiB)" and counted(0, "bytes") == "0 bytes"
    )


def test_a_sentence_about_no_field_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="no field is called sise"):
        api.explained("a paper", ("size" / Int16ul,), sise="how much")
