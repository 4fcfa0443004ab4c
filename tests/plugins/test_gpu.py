"""virtio-gpu: what commands and responses say, and each rule."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from struct import pack

import pytest

from vdmabuf_inspect.model.event import EventFlag, EventKind
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.rules.registry import RULES
from vdmabuf_inspect.testing import Exchange

VIRGL, EDID, UUID, BLOB, CONTEXT = (1 << bit for bit in range(5))
ALL = VIRGL | EDID | UUID | BLOB | CONTEXT
FENCE, RING_IDX = 1, 2
OK, ERR = 0x1100, 0x1203
CURSOR = 1


def header(kind: int, flags: int = 0, fence: int = 0, context: int = 0, ring: int = 0) -> bytes:
    return pack("<IIQIB3x", kind, flags, fence, context, ring)


def card(features: int = ALL) -> Exchange:
    return Exchange(16, "gpu0", queues=2, features=1 << 32 | features)


class Console:
    """A driver and a device that say what they should unless told otherwise."""

    def __init__(self, features: int = ALL) -> None:
        self.told = card(features)

    def do(self, kind: int, body: bytes = b"", answer: int = OK, **hdr: int) -> "Console":
        self.told.both(header(kind, **hdr) + body, header(answer, hdr.get("flags", 0) & FENCE, hdr.get("fence", 0)))
        return self

    def create(self, number: int = 1, width: int = 64, height: int = 64, form: int = 2, answer: int = OK) -> "Console":
        return self.do(0x101, pack("<IIII", number, form, width, height), answer)

    def attach(self, number: int = 1, *entries: tuple[int, int], count: int | None = None) -> "Console":
        listed = entries or ((number << 20, 64 * 64 * 4),)
        parts = b"".join(pack("<QII", *entry, 0) for entry in listed)
        return self.do(0x106, pack("<II", number, len(listed) if count is None else count) + parts)

    def detach(self, number: int = 1) -> "Console":
        return self.do(0x107, pack("<II", number, 0))

    def unref(self, number: int = 1) -> "Console":
        return self.do(0x102, pack("<II", number, 0))

    def show(self, number: int = 1, width: int = 64, height: int = 64, scanout: int = 0) -> "Console":
        return self.do(0x103, pack("<IIIIII", 0, 0, width, height, scanout, number))

    def flush(self, number: int = 1, width: int = 64, height: int = 64) -> "Console":
        return self.do(0x104, pack("<IIIIII", 0, 0, width, height, number, 0))

    def transfer(self, number: int = 1, y: int = 0, height: int = 64, offset: int = 0) -> "Console":
        return self.do(0x105, pack("<IIIIQII", 0, y, 64, height, offset, number, 0), flags=FENCE, fence=7)

    def blob(self, number: int = 1, size: int = 16384, memory: int = 1, flags: int = 0) -> "Console":
        body = pack("<IIIIQQ", number, memory, flags, 1, 0, size) + pack("<QII", number << 20, size, 0)
        return self.do(0x10C, body)

    def show_blob(self, number: int = 1, height: int = 64, form: int = 2) -> "Console":
        body = pack("<IIIIIIIIII", 0, 0, 64, height, 0, number, 64, height, form, 0)
        return self.do(0x10D, body + pack("<4I4I", 256, 0, 0, 0, 0, 0, 0, 0))

    def cursor(self, number: int, kind: int = 0x300) -> "Console":
        self.told.both(header(kind) + pack("<IIIIIIII", 0, 5, 6, 0, number, 1, 2, 0), queue=CURSOR)
        return self

    def ready(self) -> "Console":
        """Resource 1 with backing."""
        return self.create().attach()


def test_a_console_is_followed(tmp_path: Path) -> None:
    console = Console().ready().show().transfer().flush().create(2).attach(2).detach(2).unref(2).cursor(1)
    seen = console.told.inspect(tmp_path)
    assert seen.objects == {"res 1": "flushed", "res 2": "unreferenced"}
    assert not seen.findings
    fields = seen.fields
    assert fields[0]["format"] == "B8G8R8X8"
    assert fields[1]["hdr.type"] == "OK_NODATA"
    assert fields[2]["entries[0].addr"] == "0x100000"
    assert fields[2]["entries[0].length"] == 16384
    assert fields[6]["hdr.flags"] == fields[7]["hdr.flags"] == ["FENCE"]
    assert fields[7]["hdr.fence_id"] == 7
    assert seen.commands[-1] == "UPDATE_CURSOR"
    assert (fields[-1]["pos.x"], fields[-1]["hot_y"]) == (5, 2)


def test_answers_have_the_layout_that_they_say(tmp_path: Path) -> None:
    told = card()
    modes = pack("<IIIIII", 0, 0, 1280, 800, 1, 0) + bytes(24 * 15)
    told.both(header(0x100), header(0x1101) + modes)
    block = bytes.fromhex("00ffffffffffff0049143412000000002a18")
    told.both(header(0x10A) + pack("<II", 0, 0), header(0x1104) + pack("<II", 128, 0) + block.ljust(1024, b"\0"))
    told.both(header(0x108) + pack("<II", 0, 0), header(0x1102) + pack("<IIII", 2, 1, 308, 0))
    told.both(header(0x10B) + pack("<II", 1, 0), header(0x1105) + bytes(range(16)))
    told.both(header(0x10B) + pack("<II", 1, 0), header(ERR))
    seen = told.inspect(tmp_path)
    fields = seen.fields
    assert (fields[1]["pmodes[0].r.width"], fields[1]["pmodes[0].enabled"]) == (1280, 1)
    assert (fields[3]["size"], fields[3]["edid.manufacturer"], fields[3]["edid.product"]) == (128, 0x4914, 0x1234)
    assert (fields[5]["capset_id"], fields[5]["capset_max_size"]) == ("VIRGL2", 308)
    assert fields[7]["uuid"] == bytes(range(16)).hex()
    assert fields[9]["hdr.type"] == "ERR_INVALID_RESOURCE_ID"
    assert "VG807" not in seen.findings


def test_contexts_and_resources_have_numbers_of_their_own(tmp_path: Path) -> None:
    console = Console().create(3).do(0x200, pack("<II64s", 4, 0, b"glxg"), context=3)
    console.do(0x202, pack("<II", 3, 0), context=3).do(0x207, pack("<II", 4, 0) + b"....", context=3)
    seen = console.do(0x201, context=3).told.inspect(tmp_path)
    assert seen.objects == {"res 3": "created", "ctx 3": "destroyed"}
    assert not seen.findings


def test_blobs_are_clean(tmp_path: Path) -> None:
    assert not Console().blob().show_blob().flush().show(0).unref().told.inspect(tmp_path).findings


BROKEN: dict[str, Callable[[], Console]] = {
    "VG801": lambda: Console().ready().do(0x102, b"\1\0\0\0"),
    "VG802": lambda: Console().do(0x1F0),
    "VG803": lambda: Console().do(0x301, bytes(32)),
    "VG804": lambda: Console(0).do(0x10A, bytes(8), 0x1200),
    "VG806": lambda: Console().do(0x100),
    "VG810": lambda: Console().create(answer=0x1201),
    "VG811": lambda: Console().create().attach(1, (0x100000, 16384), count=2),
    "VG812": lambda: Console().ready().show(scanout=16),
    "VG821": lambda: Console().flush(9),
    "VG822": lambda: Console().ready().unref().flush(),
    "VG823": lambda: Console().create().create(),
    "VG824": lambda: Console().create(0),
    "VG825": lambda: Console().ready().attach(1, (0x900000, 16384)),
    "VG826": lambda: Console().ready().create(2).attach(2, (0x102000, 16384)),
    "VG827": lambda: Console().ready().detach().detach(),
    "VG828": lambda: Console().create().transfer(),
    "VG829": lambda: Console().ready().show().unref(),
    "VG830": lambda: Console().create(3).do(0x202, pack("<II", 3, 0), context=3),
    "VG841": lambda: Console().ready().flush(width=65),
    "VG842": lambda: Console().ready().transfer(height=32, offset=8448),
    "VG843": lambda: Console().create().attach(1, (0x100000, 16380)),
    "VG844": lambda: Console().create(form=5),
    "VG845": lambda: Console().create(width=0),
    "VG846": lambda: Console().create(width=128).cursor(1),
    "VG847": lambda: Console(BLOB).blob(memory=2),
    "VG848": lambda: Console().blob().transfer(),
    "VG849": lambda: Console().blob(size=16383).show_blob(),
}


@pytest.mark.parametrize("code", BROKEN)
def test_rule_fires(code: str, tmp_path: Path) -> None:
    assert code in BROKEN[code]().told.inspect(tmp_path).findings


def test_ring_index_takes_its_feature(tmp_path: Path) -> None:
    for features, found in ((VIRGL, ["VG804"]), (CONTEXT, [])):
        console = Console(features).create().do(0x102, pack("<II", 1, 0), flags=RING_IDX, ring=1)
        assert console.told.inspect(tmp_path).findings == found


def test_response_that_nobody_asked_for(tmp_path: Path) -> None:
    told = card()
    told.both(b"", header(OK))
    assert told.inspect(tmp_path).findings == ["VG805"]


@pytest.mark.parametrize(("answer", "short"), [(header(0x1101), True), (b"\0\x11\0\0", True), (header(0x1200), False)])
def test_response_too_short(answer: bytes, short: bool, tmp_path: Path) -> None:
    told = card()
    told.tell(told.ask(header(0x100), 408), answer)
    assert ("VG807" in told.inspect(tmp_path).findings) is short


def test_no_room_for_the_response(tmp_path: Path) -> None:
    told = card()
    told.both(header(0x100), header(0x1200))
    assert "VG808" in told.inspect(tmp_path).findings


@pytest.mark.parametrize(("flags", "fence"), [(0, 7), (FENCE, 8)])
def test_fence_must_come_back(flags: int, fence: int, tmp_path: Path) -> None:
    told = card()
    asked = [told.ask(header(0x104, FENCE, number) + bytes(24), 24) for number in (7, 9)]
    told.tell(asked[1], header(OK, FENCE, 9))
    told.tell(asked[0], header(OK, flags, fence))
    assert told.inspect(tmp_path).findings.count("VG809") == 1


def test_what_failed_is_not_relied_on(tmp_path: Path) -> None:
    console = Console().ready().do(0x107, pack("<II", 1, 0), ERR)
    assert console.transfer().told.inspect(tmp_path).findings == ["VG810"]


def test_pages_given_back_may_back_another(tmp_path: Path) -> None:
    console = Console().ready().detach().create(2).attach(2, (0x100000, 16384)).unref(2).attach(1)
    assert not console.told.inspect(tmp_path).findings


def test_any_bytes_are_read(tmp_path: Path) -> None:
    told = card()
    for number, kind in enumerate([*range(0x100, 0x10E), *range(0x200, 0x20A)]):
        told.both(header(kind) + b"\xff" * (4 * number), b"\xff" * number)
    assert "VX910" not in told.inspect(tmp_path).findings


def late(console: Console, kind: EventKind, place: int) -> Console:
    """The same, but one message's bytes were read too late."""
    records = console.told.records
    at = [i for i, record in enumerate(records) if record.kind is kind][place]
    records[at] = replace(records[at], flags=records[at].flags | EventFlag.STALE)
    return console


def test_a_request_read_too_late_may_have_been_anything(tmp_path: Path) -> None:
    console = late(Console().create(2).attach(2).flush(1), EventKind.AVAILABLE, 0)
    assert not [code for code in console.told.inspect(tmp_path).findings if code.startswith("VG")]


def test_an_answer_that_decides_nothing_may_be_read_too_late(tmp_path: Path) -> None:
    console = late(Console().ready().flush().flush(9), EventKind.USED, 2)
    assert "VG821" in console.told.inspect(tmp_path).findings


def test_an_answer_that_decides_may_not(tmp_path: Path) -> None:
    console = late(Console().ready().flush().flush(9), EventKind.USED, 0)
    assert "VG821" not in console.told.inspect(tmp_path).findings


def test_all_of_it_is_loaded_again() -> None:
    door = Door(user=False)
    door.seek(16)
    plugin = next(each for each in door.plugins if each.candidate.name == "gpu")
    rules = sorted(plugin.brought["rule"])
    assert {path.stem for path in plugin.files} >= {"layouts", "geometry", "protocol"}
    assert door.reload(plugin) and sorted(plugin.brought["rule"]) == rules
    door.close()
    assert len(rules) == len(BROKEN) + 4  # those of responses and of room have tests of their own


@pytest.mark.parametrize("code", [*BROKEN, "VG805", "VG807", "VG808", "VG809"])
def test_every_rule_has_a_page(code: str, tmp_path: Path) -> None:
    door = Door(user=False)
    door.seek(16)
    page = RULES[code].page
    door.close()
    assert list(page) == ["What it does", "Why it is bad", "Example"]
    assert all(len(part) > 15 and part.endswith(".") for part in page.values())
