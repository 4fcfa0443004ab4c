"""virtio-fs: directories by name, texts of requests, bits by name, notices of the device."""

from pathlib import Path
from struct import pack

from tests.plugins.test_fs import ENTRY, REQUESTS, answer, ask, told
from vdmabuf_inspect.testing import Exchange

RENAME, SYMLINK, SETXATTR, READDIR, READDIRPLUS, STATX = 12, 6, 21, 28, 44, 52
READ = pack("<QQIIQII", 5, 0, 4096, 0, 0, 0, 0)
NOTIFICATION, NOTICES = 1, 1


def name(ino: int, text: bytes, kind: int) -> bytes:
    entry = pack("<QQII", ino, ino + 1, len(text), kind) + text
    return entry + bytes(-len(entry) % 8)


def test_directories_by_name(tmp_path: Path) -> None:
    mount = told()
    listed = name(1, b".", 4) + name(7, b"greeting", 8) + name(9, b"a", 10)
    mount.both(ask(READDIR, 4, READ), answer(4, listed), queue=REQUESTS)
    mount.both(ask(READDIRPLUS, 6, READ), answer(6, ENTRY + name(7, b"greeting", 8)), queue=REQUESTS)
    seen = mount.inspect(tmp_path)
    plain, plus = seen.fields[3], seen.fields[5]
    assert [plain[f"entries[{i}].name"] for i in range(3)] == [".", "greeting", "a"]
    assert [plain[f"entries[{i}].type"] for i in range(3)] == ["DIR", "REG", "LNK"]
    assert (plus["entries[0].name"], plus["entries[0].entry.attr.size"]) == ("greeting", 4096)
    assert not seen.findings


def test_texts_of_requests(tmp_path: Path) -> None:
    mount = told()
    mount.both(ask(RENAME, 4, pack("<Q", 9) + b"old\0new\0"), answer(4), queue=REQUESTS)
    mount.both(ask(SYMLINK, 6, b"link\0/a/target\0"), answer(6, ENTRY), queue=REQUESTS)
    mount.both(ask(SETXATTR, 8, pack("<II", 5, 1) + b"user.a\0value"), answer(8), queue=REQUESTS)
    fields = mount.inspect(tmp_path).fields
    assert (fields[2]["name"], fields[2]["new_name"], fields[2]["newdir"]) == ("old", "new", 9)
    assert (fields[4]["name"], fields[4]["target"]) == ("link", "/a/target")
    assert (fields[6]["name"], fields[6]["value"], fields[6]["flags"]) == ("user.a", "value", ["CREATE"])


def test_bits_by_name(tmp_path: Path) -> None:
    mount = told()
    times = b"".join(pack("<qIi", 100 + i, 0, 0) for i in range(4))
    numbers = pack("<IIQIIIHHQQQQ", 0x7FF, 4096, 0, 2, 10, 11, 0o644, 0, 7, 99, 8, 0)
    statx = numbers + times + pack("<4I", 0, 0, 8, 1) + bytes(112)
    mount.both(
        ask(STATX, 4, pack("<IIQII", 1, 0, 5, 0, 0x201)), answer(4, pack("<QII", 1, 0, 0) + bytes(16) + statx),
        queue=REQUESTS,
    )  # fmt: skip
    fields = mount.inspect(tmp_path).fields
    assert fields[0]["flags"] == ["ASYNC_READ", "POSIX_LOCKS"]
    assert "flags2" in fields[0]
    assert (fields[2]["getattr_flags"], fields[2]["sx_mask"]) == (["FH"], ["TYPE", "SIZE"])
    assert (fields[3]["size"], fields[3]["btime.seconds"], fields[3]["dev_minor"]) == (99, 101, 1)


def test_notices_of_the_device(tmp_path: Path) -> None:
    mount = Exchange(26, "fs0", queues=3, features=1 << 32 | NOTIFICATION)

    def notice(code: int, body: bytes) -> None:
        mount.tell(mount.ask(room=200, queue=NOTICES), pack("<IiQ", 16 + len(body), code, 0) + body, queue=NOTICES)

    notice(2, pack("<Qqq", 7, -1, 0))
    notice(3, pack("<QII", 1, 5, 0) + b"hello\0")
    notice(4, pack("<QQII", 7, 4096, 4, 0) + b"data")
    notice(9, pack("<IIQ", 2, 0, 0) + pack("<QQ", 7, 8))
    notice(99, b"")
    seen = mount.inspect(tmp_path)
    assert seen.commands == ["NOTIFY_INVAL_INODE", "NOTIFY_INVAL_ENTRY", "NOTIFY_STORE", "NOTIFY_PRUNE", "NOTIFY"]
    first, second, third, fourth, _ = seen.fields
    assert (first["ino"], first["off"], first["code"]) == (7, -1, "INVAL_INODE")
    assert (second["parent"], second["name"]) == (1, "hello")
    assert (third["offset"], third["size"]) == (4096, 4)
    assert (fourth["nodes[0].nodeid"], fourth["nodes[1].nodeid"]) == (7, 8)
    assert not seen.findings
