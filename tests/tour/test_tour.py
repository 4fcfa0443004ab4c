"""The pictures in README.md and docs/ are those that the tour makes, and the tour presses keys that there are."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from docs.tour.film import Film
from docs.tour.screen import Screen
from docs.tour.steps import Press, Scene, Shot, bindings, key_of
from docs.tour.story import SCENES
from docs.tour.terminal import ROOT, TourError
from vdmabuf_inspect.tui.keys import KEYS
from vdmabuf_inspect.tui.svg import Look

PICTURES = ROOT / "docs" / "pictures"
TEXTS = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
SHOTS = {shot.name: shot for scene in SCENES for shot in scene.shots}
FILMS = {scene.film for scene in SCENES if scene.film}
_SVG = "{http://www.w3.org/2000/svg}"


def words_of(path: Path) -> str:
    """All text in a picture, a line of the screen a line."""
    groups = ElementTree.parse(path).iter(f"{_SVG}g")
    return "\n".join(" ".join(str(text.text) for text in group.iter(f"{_SVG}text")) for group in groups)


def test_every_picture_in_the_texts_is_one_of_the_tour() -> None:
    shown = {
        (text.parent / name).resolve()
        for text in TEXTS
        for name in re.findall(r"[\w./-]+\.(?:svg|cast|gif)", text.read_text())
    }
    made = {PICTURES / f"{name}.svg" for name in (*SHOTS, *FILMS)} | {PICTURES / f"{name}.cast" for name in FILMS}
    assert shown <= made
    assert {path for path in PICTURES.iterdir() if path.is_file()} == made, "none is missing, and none is left over"


@pytest.mark.parametrize("name", SHOTS)
def test_a_picture_shows_what_it_is_there_to_show(name: str) -> None:
    path = PICTURES / f"{name}.svg"
    drawn = words_of(path)
    parts = {part for word in SHOTS[name].words for part in re.findall(r"[\w.:/]{2,}", word)}
    assert [part for part in parts if part not in drawn] == []
    assert path.read_text().count("http") == 1, "the name space, and no host"


def test_the_film_moves_by_itself_and_is_small() -> None:
    for name in FILMS:
        text = (PICTURES / f"{name}.svg").read_text()
        assert len(text) < 1_500_000
        assert "@keyframes" in text and "prefers-reduced-motion" in text and "<script" not in text
        lines = [json.loads(line) for line in (PICTURES / f"{name}.cast").read_text().splitlines()]
        head, events = lines[0], lines[1:]
        screen = Screen(head["width"], head["height"])
        for at, kind, written in events:
            assert at >= 0 and kind == "o"
            screen.feed(written)
        assert head["version"] == 2 and len(events) > 20 and "● live" in screen.text


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.source)
def test_its_keys_are_bound(scene: Scene) -> None:
    presses = [step for step in scene.steps if isinstance(step, Press)]
    assert presses or scene.source == "hung"
    for press in presses:
        pressed, _, does = key_of(press.id)
        assert pressed and (press.said or does)


def test_a_key_that_is_gone_is_an_error() -> None:
    assert {key.id for key in KEYS} <= set(bindings())  # type: ignore[union-attr]
    with pytest.raises(TourError, match="no key is bound to 'gone'"):
        key_of("gone")


def test_a_screen_is_what_was_written() -> None:
    screen = Screen(8, 2)
    screen.feed("\x1b[2J\x1b[1;3Hab\x1b[7;1;38;2;1;2;3mc\x1b[0m\x1b[2;1H日x\x1b]22;default\x07\x1b[?25")
    screen.feed("l\x1b[48;5;196m!\x1b_Gi=31;AAAA\x1b\\")
    assert screen.text == "  abc\n日x!\n"
    assert ("c", Look("#121417", "#010203", "b")) in screen.runs()[0]
    assert ("!", Look("#d0d0d0", "#ff0000")) in screen.runs()[1]


def test_a_shot_is_named_once() -> None:
    shots = [step.name for scene in SCENES for step in scene.steps if isinstance(step, Shot)]
    assert len(shots) == len(set(shots)) and not set(shots) & FILMS
    assert Film.__doc__
