"""T-Head's dialect: detected where nothing else fits, forced by name, buffers and their pages, each rule."""

from pathlib import Path
from struct import pack

import pytest

from tests.cli.running import spawn
from vdmabuf_inspect.testing import Exchange

RECV, SEND = 0, 1
VMID_REQ, VMID_REPLY, IMPORT_REQ, IMPORT_REPLY, REL_NOTIFY = range(5)
ROOM = 18480


def message(command: int, buffer: int = 0, pages: int = 0, heap: int = 1, head: int = 0, said: int = -1) -> bytes:
    listed = b"".join(pack("<QQII", 0, 0x4000_0000 + 4096 * page, 4096, 0) for page in range(pages))
    return pack("<QQ8I", head, head, command, 7, buffer, heap, 0, 1, pages if said < 0 else said, 0) + listed


class Board:
    """A guest and a host that share buffers."""

    def __init__(self) -> None:
        self.told = Exchange(37, "vdmabuf0", queues=2)

    def driver(self, *args: int, **fields: int) -> None:
        self.told.both(message(*args, **fields), queue=SEND)

    def device(self, *args: int, room: int = ROOM, **fields: int) -> None:
        self.told.tell(self.told.ask(room=room, queue=RECV), message(*args, **fields), queue=RECV)


def session() -> Board:
    board = Board()
    board.driver(VMID_REQ)
    board.device(VMID_REPLY)
    board.driver(IMPORT_REQ, 5)
    board.device(IMPORT_REPLY, 5, 3)
    board.device(IMPORT_REQ, 9)
    board.driver(IMPORT_REPLY, 9, 2)
    board.driver(REL_NOTIFY, 5)
    return board


def test_it_is_detected_where_nothing_else_fits(tmp_path: Path) -> None:
    seen = session().told.inspect(tmp_path)
    assert seen.commands == [
        "VMID_REQ", "VMID_REPLY", "IMPORT_REQ", "IMPORT_REPLY", "IMPORT_REQ", "IMPORT_REPLY", "REL_NOTIFY"
    ]  # fmt: skip
    assert seen.objects == {"buffer 5": "released", "buffer 9": "shared"}
    reply = seen.fields[3]
    assert (reply["vmid"], reply["heap"], reply["flags"], reply["pages"]) == (7, "SYSTEM", ["NONCACHED"], 3)
    assert (reply["page[2].address"], reply["page[2].size"]) == ("0x40002000", 4096)
    assert not seen.findings


def test_it_is_forced_by_its_name(tmp_path: Path) -> None:
    path = session().told.capture(tmp_path / "board.pcapng")
    done = spawn("messages", path, "--dialect", "thead", "--format", "csv")
    assert "IMPORT_REPLY" in done.stdout
    unknown = spawn("messages", path, "--dialect", "nobody")
    assert unknown.returncode == 2
    assert "thead" in unknown.stderr
    assert "thead" in spawn("dialects").stdout


def test_messages_of_the_specification_stay_the_specifications(tmp_path: Path) -> None:
    board = Exchange(37, "vdmabuf0", queues=2)
    board.both(pack("<I", 1) + bytes(256), queue=SEND)
    board.both(message(VMID_REQ), queue=SEND)
    assert board.inspect(tmp_path).session.vdmabuf[0].dialect


@pytest.mark.parametrize(
    ("code", "args", "fields"),
    [
        ("VT801", (IMPORT_REPLY, 5, 2), {"said": 3}),
        ("VT802", (9,), {}),
        ("VT803", (IMPORT_REPLY, 5), {}),
        ("VT803", (IMPORT_REPLY, 5), {"said": 900}),
        ("VT804", (IMPORT_REPLY, 6, 1), {}),
        ("VT805", (REL_NOTIFY, 6), {}),
        ("VT806", (IMPORT_REQ, 6), {"heap": 8}),
        ("VT807", (IMPORT_REQ, 6), {"room": 48}),
        ("VT808", (IMPORT_REPLY, 5, 1), {"room": 96, "said": 1}),
        ("VT809", (IMPORT_REQ, 6), {"head": 0xFFFF_8880_1234_5678}),
    ],
)
def test_rule_fires(code: str, args: tuple[int, ...], fields: dict[str, int], tmp_path: Path) -> None:
    board = session()
    room = fields.pop("room", ROOM)
    data = message(*args, **fields)
    if code == "VT808":
        data = data.ljust(room, b"\0")
    board.told.tell(board.told.ask(room=room, queue=RECV), data, queue=RECV)
    assert code in board.told.inspect(tmp_path).findings
