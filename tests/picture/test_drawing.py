"""Cells, Kitty graphics and Sixel show the same pixels, read back here by other code."""

import re
from base64 import standard_b64decode

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.picture.decoding import decode_png, decode_sixel
from vdmabuf_inspect.picture.blocks import cells, colour_lines, fitted, plain_lines, shrunk
from vdmabuf_inspect.picture.graphics import kitty, sixel
from vdmabuf_inspect.picture.means import Hearing, Means, answers

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def picture(*lines: list[tuple[int, int, int]]) -> NDArray[np.uint8]:
    return np.array(lines, np.uint8)


def test_upper_and_lower_half_of_a_cell() -> None:
    pairs = cells(picture([RED, RED], [BLUE, WHITE]), 10, 10)
    assert pairs.tolist() == [[[list(RED), list(BLUE)], [list(RED), list(WHITE)]]]
    (line,) = colour_lines(pairs)
    assert line == "\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[38;2;255;0;0;48;2;255;255;255m▀\x1b[0m"


def test_signs_rise_with_light_and_have_no_colour() -> None:
    (line,) = plain_lines(cells(picture([(0, 0, 0), (128, 128, 128), WHITE]), 10, 10))
    assert line[0] == " " and line[2] == "@" and line[1] not in " @"


def test_shape_is_kept() -> None:
    assert fitted(1920, 1080, 80, 24) == (80, 45)
    assert fitted(100, 1000, 80, 24) == (4, 48)
    assert fitted(3, 2, 80, 24) == (3, 2)


def test_shrinking_is_the_mean() -> None:
    rgb = np.zeros((4, 4, 3), np.uint8)
    rgb[:2, :2] = 100
    rgb[0, 0] = 20
    assert shrunk(rgb, 2, 2)[..., 0].tolist() == [[80, 0], [0, 0]]
    assert shrunk(rgb, 2, 2, fast=True)[0, 0, 0] == 20


def test_any_shape_fits_its_cells() -> None:
    for height, width in ((1, 1), (7, 3), (200, 320), (321, 17)):
        pairs = cells(np.full((height, width, 3), 9, np.uint8), 40, 12)
        assert pairs.shape[0] <= 12 and pairs.shape[1] <= 40 and (pairs == 9).all()


def test_kitty_carries_a_whole_png() -> None:
    rgb = np.random.default_rng(2).integers(0, 256, (40, 60, 3), np.uint8)
    chunks = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", kitty(rgb))
    assert [c[0][-1] for c in chunks] == ["1"] * (len(chunks) - 1) + ["0"] and len(chunks) > 1
    assert all(len(c[1]) <= 4096 for c in chunks)
    assert (decode_png(standard_b64decode("".join(c[1] for c in chunks))) == rgb).all()


def test_sixel_is_read_back() -> None:
    rgb = np.zeros((8, 5, 3), np.uint8)
    rgb[2:7, 1:4] = (255, 51, 204)
    rgb[7, 4] = WHITE
    assert (decode_sixel(sixel(rgb)) == rgb).all()


@pytest.mark.parametrize(
    ("text", "means"),
    [
        ("\x1b_Gi=31;OK\x1b\\\x1b[6;20;10t\x1b[?62;c", Means("kitty", (10, 20))),
        ("\x1b_Gi=31;OK\x1b\\\x1b[?62;4c", Means("kitty")),
        ("\x1b_Gi=31;EINVAL\x1b\\\x1b[?62;4;22c", Means("sixel")),
        ("\x1b[?62;4;22c", Means("sixel")),
        ("\x1b[?4c", Means()),
    ],
)
def test_what_terminals_answer(text: str, means: Means) -> None:
    """Also byte by byte, and between keys that somebody presses."""
    hearing, typed = Hearing(), ""
    for sign in "j" + text + "\x1b[A":
        typed += hearing.take(sign)
    assert hearing.done and hearing.heard == means
    assert typed == "j\x1b[A"


def test_a_key_that_begins_like_an_answer_is_a_key() -> None:
    hearing = Hearing()
    assert hearing.take("x\x1b") == "x"
    assert hearing.leave() == "\x1b"
    assert hearing.take("\x1b[?2026;2$y") == "\x1b[?2026;2$y" and not hearing.done


@pytest.mark.parametrize(
    "environment", [{"TERM": "xterm", "TMUX": "/tmp/x"}, {"TERM": "screen.xterm"}, {"TERM": "linux"}, {}]
)
def test_who_is_not_asked(environment: dict[str, str]) -> None:
    assert not answers(environment) and answers({"TERM": "xterm-256color"})
