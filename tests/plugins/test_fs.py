"""virtio-fs: requests by name with their arguments, answers and errors, nodes, each rule."""

from pathlib import Path
from struct import pack

import pytest

from tests.plugins.recorded import recorded
from vdmabuf_inspect.testing import Exchange

VERSION_1 = 1 << 32
HIGH, REQUESTS = 0, 1
LOOKUP, FORGET, GETATTR, OPEN, READ, WRITE, INIT, READDIR, CREATE, BATCH_FORGET = 1, 2, 3, 14, 15, 16, 26, 28, 35, 42
ATTR = pack("<6Q10I", 7, 4096, 8, 0, 0, 0, 0, 0, 0, 0o100644, 1, 0, 0, 0, 4096, 0)
ENTRY = pack("<4Q2I", 7, 1, 1, 1, 0, 0) + ATTR


def ask(opcode: int, unique: int, body: bytes = b"", node: int = 1, length: int = 0) -> bytes:
    return pack("<IIQQIIIHH", length or 40 + len(body), opcode, unique, node, 0, 0, 9, 0, 0) + body


def answer(unique: int, body: bytes = b"", error: int = 0, length: int = 0) -> bytes:
    return pack("<IiQ", length or 16 + len(body), error, unique) + body


INIT_REQUEST = ask(INIT, 2, pack("<IIII", 7, 38, 131072, 3) + bytes(48), 0)
INIT_ANSWER = answer(2, pack("<IIIIHHIIHHI", 7, 38, 131072, 3, 12, 9, 131072, 1, 32, 0, 0) + bytes(28))


def told() -> Exchange:
    mount = Exchange(26, "fs0", queues=2, features=VERSION_1)
    mount.both(INIT_REQUEST, INIT_ANSWER, queue=REQUESTS)
    return mount


def test_requests_by_name(tmp_path: Path) -> None:
    mount = told()
    mount.both(ask(LOOKUP, 4, b"hello.txt\0"), answer(4, ENTRY), queue=REQUESTS)
    mount.both(ask(LOOKUP, 6, b"nothing\0"), answer(6, error=-2), queue=REQUESTS)
    mount.both(ask(OPEN, 8, pack("<II", 0o100002, 0), 7), answer(8, pack("<QII", 5, 0, 0)), queue=REQUESTS)
    mount.both(ask(READ, 10, pack("<QQIIQII", 5, 64, 10, 0, 0, 0, 0), 7), answer(10, b"0123456789"), queue=REQUESTS)
    mount.both(
        ask(WRITE, 12, pack("<QQIIQII", 5, 0, 3, 0, 0, 0, 0) + b"abc", 7), answer(12, pack("<II", 3, 0)), queue=REQUESTS
    )
    mount.both(
        ask(CREATE, 14, pack("<IIII", 0, 0o644, 0o22, 0) + b"new\0"), answer(14, ENTRY + bytes(16)), queue=REQUESTS
    )
    mount.both(ask(FORGET, 16, pack("<Q", 1), 7), queue=HIGH)
    mount.both(ask(BATCH_FORGET, 18, pack("<IIQQ", 1, 0, 7, 1), 0), queue=HIGH)
    seen = mount.inspect(tmp_path)
    names = [name for name in ("INIT", "LOOKUP", "LOOKUP", "OPEN", "READ", "WRITE", "CREATE") for _ in range(2)]
    assert seen.commands == [*names, "FORGET", "BATCH_FORGET"]
    assert seen.fields[0]["minor"] == 38
    assert seen.fields[1]["max_background"] == 12
    assert (seen.fields[2]["opcode"], seen.fields[2]["name"]) == ("LOOKUP", "hello.txt")
    assert (seen.fields[3]["error"], seen.fields[3]["entry.nodeid"], seen.fields[3]["entry.attr.size"]) == (
        "OK",
        7,
        4096,
    )
    assert seen.fields[5] == {"len": 16, "error": "ENOENT", "unique": 6}
    assert seen.fields[6]["flags"] == ["RDWR", "LARGEFILE"]
    assert (seen.fields[8]["offset"], seen.fields[8]["size"]) == (64, 10)
    assert seen.fields[12]["name"] == "new"
    assert seen.fields[15]["nodes[0].nodeid"] == 7
    assert seen.objects == {"node 1": "known", "node 7": "forgotten"}
    assert not seen.findings


@pytest.mark.parametrize(
    ("code", "request_", "reply"),
    [
        ("VF801", ask(OPEN, 4), answer(4, error=-22)),
        ("VF801", ask(OPEN, 4)[:20], b""),
        ("VF802", ask(99, 4), answer(4, error=-38)),
        ("VF803", ask(LOOKUP, 4, b"a\0", length=99), answer(4, error=-2)),
        ("VF806", ask(LOOKUP, 4, b"a\0"), b"12345678"),
        ("VF807", ask(FORGET, 4, bytes(8)), b""),
        ("VF808", ask(WRITE, 4, pack("<QQIIQII", 5, 0, 9, 0, 0, 0, 0) + b"abc"), answer(4, bytes(8))),
        ("VF811", ask(GETATTR, 4, bytes(16)), answer(4, bytes(8))),
        ("VF811", ask(GETATTR, 4, bytes(16)), bytes(8)),
        ("VF812", ask(LOOKUP, 4, b"a\0"), answer(5, error=-2)),
        ("VF813", ask(LOOKUP, 4, b"a\0"), answer(4, ENTRY, length=16)),
        ("VF814", ask(FORGET, 4, bytes(8)), answer(4)),
        ("VF815", ask(LOOKUP, 4, b"a\0"), answer(4, error=2)),
        ("VF815", ask(LOOKUP, 4, b"a\0"), answer(4, error=-512)),
        ("VF816", ask(READ, 4, pack("<QQIIQII", 5, 0, 2, 0, 0, 0, 0)), answer(4, b"abc")),
    ],
)
def test_rule_fires(code: str, request_: bytes, reply: bytes, tmp_path: Path) -> None:
    mount = told()
    mount.both(request_, reply, queue=REQUESTS)
    assert code in mount.inspect(tmp_path).findings


@pytest.mark.parametrize("batch", [1, 131072])
def test_a_unique_number_that_is_out(batch: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vdmabuf_inspect.session.reading._FIRST_BATCH", batch)
    monkeypatch.setattr("vdmabuf_inspect.session.reading._BATCH", batch)
    mount = told()
    first = mount.ask(ask(LOOKUP, 4, b"a\0"), 200, REQUESTS)
    second = mount.ask(ask(LOOKUP, 4, b"b\0"), 200, REQUESTS)
    for head in (first, second):
        mount.tell(head, answer(4, error=-2), REQUESTS)
    mount.both(ask(LOOKUP, 4, b"c\0"), answer(4, error=-2), queue=REQUESTS)
    assert mount.inspect(tmp_path).findings == ["VF804"]


def test_a_forget_whose_memory_was_freed_is_not_judged(tmp_path: Path) -> None:
    mount = told()
    queue = mount._queues[HIGH]
    for body in (bytes(8), b"\xff" * 48):
        head = queue.offer(ask(FORGET, 4, bytes(8), 7)[: 48 - len(body)] + body, 0)
        queue.give_back(head, b"")
        mount._look()
    seen = mount.inspect(tmp_path)
    assert len(seen.commands) == 4
    assert not seen.findings


@pytest.mark.parametrize(
    ("node", "states"), [(7, {"node 1": "known", "node 7": "forgotten"}), (9, {"node 1": "known"})]
)
def test_a_forget_that_was_freed_is_believed_about_known_nodes(
    node: int, states: dict[str, str], tmp_path: Path
) -> None:
    mount = told()
    mount.both(ask(LOOKUP, 4, b"a\0"), answer(4, ENTRY), queue=REQUESTS)
    queue = mount._queues[HIGH]
    queue.give_back(queue.offer(ask(FORGET, 6, pack("<Q", 1), node), 0), b"")
    mount._look()
    seen = mount.inspect(tmp_path)
    assert seen.commands[-1] == "FORGET"
    assert seen.objects == states
    assert not seen.findings


def test_before_init_and_on_the_wrong_queue(tmp_path: Path) -> None:
    mount = Exchange(26, "fs0", queues=2, features=VERSION_1)
    mount.both(ask(LOOKUP, 4, b"a\0"), answer(4, error=-2), queue=REQUESTS)
    mount.both(INIT_REQUEST, INIT_ANSWER, queue=HIGH)
    assert sorted(mount.inspect(tmp_path).findings) == ["VF805", "VF807"]


def test_a_recording_of_virtiofsd() -> None:
    seen = recorded("guest-fs")
    assert (seen.commands[0], seen.fields[0]["major"]) == ("INIT", 7)
    assert {"FORGET", "GETATTR", "RELEASEDIR"} <= set(seen.commands)
    assert {name.split()[0] for name in seen.objects} == {"node"}
    assert {code[:2] for code in seen.findings} <= {"VX"}
