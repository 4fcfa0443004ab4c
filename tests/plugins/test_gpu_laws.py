"""Laws of virtio-gpu's decoding: whatever is said, in batches of any size, nothing raises and the logs are the same."""

from collections.abc import Callable
from pathlib import Path
from struct import pack

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.plugins.test_gpu import Console, header
from tests.session.test_batches import FINDING, LOGS, table
from vdmabuf_inspect.capture.reader import CaptureFile
from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.rules.registry import On, numbered
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.writer import Writer
from vdmabuf_inspect.views.contents import contents, device_of

STEPS: dict[str, Callable[[Console, int], object]] = {
    "create": lambda console, number: console.create(number),
    "create and fail": lambda console, number: console.create(number, answer=0x1201),
    "attach": lambda console, number: console.attach(number),
    "attach elsewhere": lambda console, number: console.attach(number, (0x100000, 12288), (0x204000, 4096)),
    "cut": lambda console, number: console.attach(number, count=9),
    "detach": lambda console, number: console.detach(number),
    "transfer": lambda console, number: console.transfer(number),
    "flush": lambda console, number: console.flush(number),
    "show": lambda console, number: console.show(number, scanout=number % 2),
    "unref": lambda console, number: console.unref(number),
    "blob": lambda console, number: console.blob(number),
    "show blob": lambda console, number: console.show_blob(number),
    "context": lambda console, number: console.do(0x200, pack("<II64s", 1, 0, b"x"), context=number),
    "end context": lambda console, number: console.do(0x201, context=number),
    "join context": lambda console, number: console.do(0x202, pack("<II", number, 0), context=number),
    "cursor": lambda console, number: console.cursor(number),
    "unfenced": lambda console, number: console.told.both(header(0x104, 1, number) + bytes(24), header(0x1100)),
    "nonsense": lambda console, number: console.told.both(b"\6\1\0\0" + b"\xff" * number * 9, b"\1\x11"),
}
SAID = st.lists(st.tuples(st.sampled_from(list(STEPS)), st.integers(0, 3)), max_size=40)


def in_batches(path: Path, sizes: list[int]) -> Session:
    session = Session("live")
    writer = Writer(session)
    with CaptureFile(path) as capture:
        turn = 0
        while (batch := capture.read(sizes[turn % len(sizes)])) is not None:
            writer.consume(batch)
            turn += 1
    writer.finish()
    return session


def found(session: Session) -> list[tuple[int, ...]]:
    rows = zip(*(getattr(session.findings, name).tolist() for name in FINDING), strict=True)
    return sorted(row for row in rows if numbered()[row[0]].on is On.MESSAGES)


@settings(max_examples=30, deadline=None)
@given(said=SAID, sizes=st.lists(st.integers(1, 20), min_size=1, max_size=4))
def test_batches_of_any_size_leave_the_same(
    said: list[tuple[str, int]], sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    console = Console()
    for step, number in said:
        STEPS[step](console, number)
    path = console.told.capture(tmp_path_factory.mktemp("gpu") / "said.pcapng")
    door = Door(user=False)
    door.seek(16)
    try:
        whole, parts = inspect(str(path)), in_batches(path, sizes)
        for name in LOGS:
            assert table(getattr(parts, name)) == table(getattr(whole, name)), name
        assert found(parts) == found(whole)
        assert not whole.tool.failed
        _contents_agree(whole, console)
    finally:
        door.close()


def _contents_agree(session: Session, console: Console) -> None:
    for number in range(len(session.objects)):
        if device_of(session, number) is not None:
            held, _ = contents(session, number, session.seq, console.told.memory)
            assert bool(held.runs and held.layout) >= (not held.missing)
