"""Lists in messages: entries of any length, one list behind another, texts that end in zero bytes."""

from struct import pack

from construct import Enum, Int8ul, Int16ul, Struct
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect import api
from vdmabuf_inspect.protocols.declared.decode import decode, json_fields

HEAD = Struct("count" / Int16ul)
NAMED = api.Entries("names", Struct("length" / Int8ul, "mode" / Int8ul), tail="length", data="name", text=True, align=4)
TWO = api.Command(
    "TWO", request=HEAD,
    entries=api.Entries("first", Struct("a" / Int16ul), "count", then=api.Entries(
        "", Struct("mask" / Int8ul), then=api.Entries("second", Struct("b" / Int16ul), "mask", more=1))),
)  # fmt: skip
KINDS = api.Entries(
    "kinds", Struct("type" / Enum(Int8ul, BYTE=1, WORD=2), "size" / Int8ul), tail="size", whole=True,
    kinds={"BYTE": Struct("byte" / Int8ul), "WORD": Struct("word" / Int16ul)},
)  # fmt: skip


def values(command: api.Command, data: bytes) -> dict[str, object]:
    return json_fields(decode(command, data, False))


def test_entries_with_names_are_padded() -> None:
    command = api.Command("LIST", request=HEAD, entries=NAMED)
    data = pack("<HBB", 9, 3, 1) + b"abc" + bytes(3) + pack("<BB", 6, 2) + b"longer"
    fields = decode(command, data, False)
    assert json_fields(fields) == {
        "count": 9, "names[0].length": 3, "names[0].mode": 1, "names[0].name": "abc", "names[1].length": 6,
        "names[1].mode": 2, "names[1].name": "longer",
    }  # fmt: skip
    assert [(f.offset, f.size) for f in fields if f.name == "name"] == [(4, 3), (12, 6)]


def test_one_list_behind_another() -> None:
    found = values(TWO, pack("<HHHBHH", 2, 7, 8, 1, 5, 6) + b"rest")
    assert found == {"count": 2, "first[0].a": 7, "first[1].a": 8, "mask": 1, "second[0].b": 5, "second[1].b": 6}
    long = values(TWO, pack("<H", 300) + bytes(600) + pack("<BH", 0, 9))
    assert long["second[0].b"] == 9, "more entries than are shown"
    assert values(TWO, pack("<HH", 2, 7)) == {"count": 2, "first[0].a": 7}


def test_what_follows_an_entry_has_the_layout_of_its_kind() -> None:
    command = api.Command("LIST", entries=KINDS)
    assert values(command, pack("<BBBBBHBB", 1, 3, 7, 2, 4, 500, 9, 2)) == {
        "kinds[0].type": "BYTE", "kinds[0].size": 3, "kinds[0].byte": 7, "kinds[1].type": "WORD", "kinds[1].size": 4,
        "kinds[1].word": 500, "kinds[2].type": 9, "kinds[2].size": 2,
    }  # fmt: skip


def test_texts_end_in_zero_bytes() -> None:
    command = api.Command("RENAME", request=HEAD, text=True, payload="old new")
    assert values(command, pack("<H", 1) + b"one\0two\0") == {"count": 1, "old": "one", "new": "two"}
    assert values(command, pack("<H", 1) + b"one") == {"count": 1, "old": "one"}


@given(st.binary(max_size=200), st.sampled_from([NAMED, KINDS, TWO.entries]))
def test_any_bytes_can_be_decoded(data: bytes, entries: api.Entries) -> None:
    fields = decode(api.Command("ANY", request=HEAD, entries=entries), data, False)
    assert all(0 <= f.offset <= f.offset + f.size <= len(data) for f in fields)
    assert [f.offset for f in fields] == sorted(f.offset for f in fields)
