"""A filter follows a session that grows: asked for the new rows alone, it finds what it would have found at the end."""

from pathlib import Path

import pytest

from tests.views.filter.story import recorded
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.writer import Writer
from vdmabuf_inspect.views.filter import compile_filter

STEADY = ("cmd == EXPORT and pages > 1", "buffer == *:42", "state == released", "exports > 1", "device == 1", "key")


@pytest.mark.parametrize("step", [1, 3, 7])
def test_new_rows_alone(tmp_path: Path, step: int) -> None:
    whole = recorded(tmp_path / "story.pcapng")
    filters = [compile_filter(text, "messages") for text in STEADY]
    found: dict[str, list[int]] = {text: [] for text in STEADY}
    session, seen = Session("growing"), 0
    writer = Writer(session)
    with CaptureFile(tmp_path / "story.pcapng") as capture:
        batch = capture.read()
        assert batch is not None
        for start in range(0, len(batch), step):
            writer.consume(batch.part(start, min(start + step, len(batch))))
            for one in filters:
                found[one.text] += one.matches(session, seen, len(session.messages)).tolist()
            seen = len(session.messages)
    for queue in whole.queues.queues:
        session.queues.name(queue.device, queue.index, queue.name)
    for one in filters:
        assert found[one.text] == one.select(whole, len(whole.messages)).tolist(), one.text
