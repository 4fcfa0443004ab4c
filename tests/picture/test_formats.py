"""Known colours written by hand in each format are read back; what cannot be shown is said."""

import numpy as np
import pytest

from tests.picture.decoding import decode_png
from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.picture import FORMATS, Layout, PictureError, fourcc_name, fourcc_number, picture_of, png
from vdmabuf_inspect.picture.picture import INVALID

WORDS = {
    "XR24": 0x00112233, "AR24": 0xFF112233, "XB24": 0x00332211, "AB24": 0xFF332211,
    "RX24": 0x11223300, "RA24": 0x112233FF, "BX24": 0x33221100, "BA24": 0x332211FF,
}  # fmt: skip
RED16 = {"RG16": 0xF800, "BG16": 0x001F, "XR15": 0x7C00, "AR15": 0xFC00, "XB15": 0x001F, "AB15": 0x801F,
         "XR12": 0x0F00, "AR12": 0xFF00, "XB12": 0x000F, "RX12": 0xF000, "BX12": 0x00F0}  # fmt: skip
RED30 = {"XR30": 0x3FF00000, "AR30": 0xFFF00000, "XB30": 0x3FF, "AB30": 0xC00003FF, "RX30": 0xFFC00000, "BX30": 0xFFC}


def show(name: str, data: bytes, width: int = 1, height: int = 1, stride: int = 0) -> list[list[list[int]]]:
    picture = picture_of(Layout.named(name, width, height, stride), lambda at, size: data[at : at + size])
    return picture.rgb.tolist()


@pytest.mark.parametrize(("name", "word"), WORDS.items())
def test_32_bits(name: str, word: int) -> None:
    assert show(name, word.to_bytes(4, "little")) == [[[0x11, 0x22, 0x33]]]


@pytest.mark.parametrize(("name", "word"), RED16.items())
def test_16_bits_of_red_are_full_red(name: str, word: int) -> None:
    assert show(name, word.to_bytes(2, "little")) == [[[255, 0, 0]]]


@pytest.mark.parametrize(("name", "word"), RED30.items())
def test_10_bits_of_red_are_full_red(name: str, word: int) -> None:
    assert show(name, word.to_bytes(4, "little")) == [[[255, 0, 0]]]


def test_24_bits() -> None:
    assert show("RG24", b"\x33\x22\x11") == show("BG24", b"\x11\x22\x33") == [[[0x11, 0x22, 0x33]]]


def test_green_of_565_has_six_bits() -> None:
    assert show("RG16", (32 << 5).to_bytes(2, "little")) == [[[0, 130, 0]]]


WHITE, RED = (235, 128, 128), (81, 90, 240)  # luma, blue and red difference, BT.601


@pytest.mark.parametrize(("name", "order"), [("YUYV", "0u1v"), ("YVYU", "0v1u"), ("UYVY", "u0v1"), ("VYUY", "v0u1")])
def test_interleaved(name: str, order: str) -> None:
    place = {"0": RED[0], "1": RED[0], "u": RED[1], "v": RED[2]}
    row = show(name, bytes(place[c] for c in order), width=2)[0]
    assert np.abs(np.array(row) - (254, 0, 0)).max() <= 2


@pytest.mark.parametrize(("name", "pair"), [("NV12", (RED[1], RED[2])), ("NV21", (RED[2], RED[1]))])
def test_semi_planar_of_odd_size(name: str, pair: tuple[int, int]) -> None:
    luma, stride = bytes([RED[0]] * 3 + [0] * 5), 8
    data = luma * 3 + (bytes(pair) * 2 + bytes(4)) * 2
    picture = np.array(show(name, data, 3, 3, stride))
    assert picture.shape == (3, 3, 3)
    assert np.abs(picture - (254, 0, 0)).max() <= 2


def test_white_and_black_of_yuv_are_exact() -> None:
    assert show("YUYV", bytes((235, 128, 16, 128)), width=2) == [[[255, 255, 255], [0, 0, 0]]]


def test_padding_between_lines_is_skipped() -> None:
    assert show("R8", b"\1\2pp\3\4pp", 2, 2, 4) == [[[1] * 3, [2] * 3], [[3] * 3, [4] * 3]]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_takes_any_bytes_and_any_size(name: str) -> None:
    for width, height in ((1, 1), (3, 5), (8, 2)):
        picture = picture_of(Layout.named(name, width, height), lambda at, size: bytes(i & 255 for i in range(size)))
        assert picture.rgb.shape == (height, width, 3)
        assert picture.absent == 0


def test_absent_lines_are_a_checkerboard_and_counted() -> None:
    def read(at: int, size: int) -> bytes:
        if at == 8:
            raise FaultError(0x1000, size)
        return b"\xff" * (size if at < 16 else 2)

    picture = picture_of(Layout.named("XR24", 2, 3), read)
    assert picture.absent == 8 + 6
    assert picture.rgb[0].tolist() == [[255] * 3] * 2
    assert set(picture.rgb[1:].flatten().tolist()) <= {0x60, 0x90}


@pytest.mark.parametrize(
    ("layout", "why"),
    [
        (Layout(fourcc_number("XYZ1"), 1, 1), "format XYZ1"),
        (Layout(7, 1, 1), "format 0x7"),
        (Layout(fourcc_number("XR24"), 1, 1, modifier=0x0100000000000001), "not linear"),
        (Layout.named("XR24", 0, 4), "0 × 4 pixels"),
        (Layout.named("XR24", 1 << 14, 1 << 14), "at most"),
        (Layout.named("XR24", 8, 8, 31), "stride 31"),
        (Layout.named("XR24", 8, 8, 1 << 30), "stride"),
    ],
)
def test_what_cannot_be_shown_is_said(layout: Layout, why: str) -> None:
    with pytest.raises(PictureError, match=why):
        picture_of(layout, lambda at, size: bytes(size))


def test_invalid_modifier_is_read_as_linear() -> None:
    picture_of(Layout(fourcc_number("XR24"), 1, 1, modifier=INVALID), lambda at, size: bytes(size))


def test_png_is_read_back() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (7, 5, 3), np.uint8)
    assert (decode_png(png(rgb)) == rgb).all()


def test_names_and_numbers() -> None:
    assert fourcc_name(fourcc_number("R8")) == "R8"
    assert fourcc_name(fourcc_number("NV12")) == "NV12"
    assert fourcc_name(fourcc_number("XR24") | 1 << 31).startswith("0x")
    with pytest.raises(ValueError, match="four"):
        fourcc_number("XRGB24")
