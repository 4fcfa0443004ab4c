"""Pages of a buffer in a dump that left some out: shown as absent, said when saved, a checkerboard in the picture."""

from pathlib import Path

import pytest

from tests.cli.running import run
from tests.picture.decoding import decode_png
from tests.rules.stories_pages import begun, pages_of, put_table
from vdmabuf_inspect.reference.picture import Format, paint

FORM = Format.of(64, 48)  # three pages
HOLE = pages_of(1)[1]


@pytest.fixture
def source(tmp_path: Path) -> list[str]:
    """Two pieces of memory with a page between them missing."""
    story = begun()
    story.export(1, pages=3, reference=put_table(story, 1, pages_of(1)), private=FORM.pack())
    for place, page in enumerate(pages_of(1)):
        story.guest.write(page, paint(FORM, 3)[4096 * place : 4096 * (place + 1)])
    low, high = tmp_path / "low", tmp_path / "high"
    low.write_bytes(bytes(story.guest.ram[:HOLE]))
    high.write_bytes(bytes(story.guest.ram[HOLE + 4096 :]))
    options = [f"--queue={r.layout.name}={r.layout.desc},{r.layout.avail},{r.layout.used},16" for r in story.rings]
    return [f"raw:{low}@0,{high}@{HOLE + 4096}", "--device", "vdmabuf", *options]


def test_page_map_says_what_is_absent(source: list[str]) -> None:
    outcome = run("buffer", source[0], "7:1", *source[1:])
    assert outcome.code == 0, outcome.err
    assert f"1  {HOLE:#x}  1 page  (absent)" in outcome.out and "1 page absent" in outcome.out
    assert "VP605" not in outcome.out


def test_saved_bytes(source: list[str], tmp_path: Path) -> None:
    target = tmp_path / "bytes"
    outcome = run("buffer", source[0], "7:1", *source[1:], "--save", target)
    painted = paint(FORM, 3)
    assert target.read_bytes() == painted[:4096] + bytes(4096) + painted[8192:]
    assert "4096 bytes are not in the memory at hand" in outcome.err


def test_hex_of_a_page(source: list[str]) -> None:
    outcome = run("buffer", source[0], "7:1", *source[1:], "--page", 2)
    assert outcome.out.startswith("  0000  ") and outcome.out.endswith("  1000\n")
    assert run("buffer", source[0], "7:1", *source[1:], "--page", 1).code == 2
    assert "pages 0 to 2" in run("buffer", source[0], "7:1", *source[1:], "--page", 3).err


def test_picture_with_a_hole(source: list[str], tmp_path: Path) -> None:
    target = tmp_path / "p.png"
    outcome = run("picture", source[0], "7:1", *source[1:], "-o", target)
    rgb = decode_png(target.read_bytes())
    assert "4096 bytes of the picture could not be read" in outcome.err
    assert set(rgb[16:32].flatten().tolist()) == {0x60, 0x90}, "the 16 lines of the absent page"
    assert not {0x60, 0x90} & set(rgb[:16].flatten().tolist())


def test_another_modifier_is_said(source: list[str], tmp_path: Path) -> None:
    outcome = run("picture", source[0], "7:1", *source[1:], "-o", tmp_path / "p", "--modifier", "0x100000000000001")
    assert outcome.code == 2 and "not linear" in outcome.err and not (tmp_path / "p").exists()
