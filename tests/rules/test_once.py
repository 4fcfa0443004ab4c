"""One fault is one finding: what follows from it is held against nobody else."""

from pathlib import Path

import pytest

from tests.rules.stories_vdmabuf import begun
from tests.stories import codes, findings
from vdmabuf_inspect.protocols.vdmabuf.layout import Op


def test_a_release_by_the_driver_releases_nothing(tmp_path: Path) -> None:
    story = begun()
    story.export(1)
    story.request(story.named(Op.DMABUF_REL, 1))
    story.release(1)
    story.stop()
    assert codes(story.session(tmp_path)) == {"VM303"}


def test_an_export_by_the_device_shares_nothing(tmp_path: Path) -> None:
    story = begun()
    story.answer(story.export_message(1))
    story.stop()
    assert codes(story.session(tmp_path)) == {"VM303"}


@pytest.mark.parametrize("size", [100, 256, 264])
def test_an_export_of_the_wrong_size_that_the_device_takes(size: int, tmp_path: Path) -> None:
    story = begun()
    story.request(story.export_message(1).ljust(size, b"\0")[:size])
    story.release(1)
    story.stop()
    assert codes(story.session(tmp_path)) == {"VM301"}


@pytest.mark.parametrize("end", [(1 << 31) - 1, (1 << 32) - 1])
def test_a_counter_that_begins_again(end: int, tmp_path: Path) -> None:
    story = begun()
    for counter in (end, 0, 1):
        story.export(counter)
        story.release(counter)
    story.stop()
    assert codes(story.session(tmp_path)) == set()


def test_a_release_under_another_key_says_so(tmp_path: Path) -> None:
    story = begun()
    story.export(1)
    story.release(1, key=(1, 2))
    (found,) = findings(story.session(tmp_path))
    assert found.sentence == "buffer 7:1b was never exported: what was has the same ID, but another key"
