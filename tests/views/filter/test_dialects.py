"""Fields in the message bytes are found in every dialect, in requests that are answered in place too."""

from pathlib import Path

import pytest

from tests.peers.stories import COUNTER, KEY, PAGES, VMID, life
from vdmabuf_inspect.capture.writer import CaptureWriter
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.views.filter import compile_filter, fields_help
from vdmabuf_inspect.views.filter.tables import TABLES


@pytest.mark.parametrize("name", DIALECTS)
def test_an_export_is_found_by_its_bytes(name: str, tmp_path: Path) -> None:
    dialect = DIALECTS[name]
    path = tmp_path / "life.pcapng"
    with CaptureWriter(path) as writer:
        writer.write_many(life(dialect).records)
    session = inspect(str(path), settings=Settings(dialect=name))
    exports = (session.messages.op == 2).nonzero()[0].tolist()
    assert len(exports) == 1
    for text in (
        f"pages == {PAGES}", "private.size == 8", 'private contains "XR24abcd"', "reference == 0x123456000",
        f"bytes == {PAGES * 4096}", f"cmd == EXPORT and size == {dialect.size}", "cmd == EXPORT and whole",
        f"cmd == EXPORT and buffer == {VMID}:{COUNTER}", f"key == {KEY.hex()} and cmd == EXPORT",
        f"buffer.vmid == {VMID} and pages > 1",
    ):  # fmt: skip
        assert compile_filter(text, "messages").select(session, len(session.messages)).tolist() == exports, text


def test_a_session_without_events() -> None:
    for table in TABLES:
        for name, _, _ in fields_help(table):
            assert compile_filter(name, table).mask(Session("empty"), 0, 0).tolist() == []
