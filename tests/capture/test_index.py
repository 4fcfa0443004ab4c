"""The bulk index says what walking says, whatever lies in the payload, and random bytes never harm it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vdmabuf_inspect.capture.index import Piece, bulk, plain

from . import foreign, samples

WORDS = st.sampled_from([6, 6, 6, 12, 16, 20, 32, 0, 1, 0x0A0D0D0A, 0xFFFFFFFF])


def same(a: Piece, b: Piece) -> bool:
    return a.starts.tolist() == b.starts.tolist() and (a.stop, a.fault) == (b.stop, b.fault)


@given(samples.files(), st.integers(0, 40))
def test_bulk_is_plain_on_files(data: bytes, cut: int) -> None:
    words = np.frombuffer(data[: len(data) // 4 * 4 - cut * 4], "<u4")
    for view in (words, words.view(">u4")):
        for start in (0, 7, 16):
            if start <= len(view):
                assert same(bulk(view, start, len(view)), plain(view, start, len(view)))


@given(st.lists(st.one_of(WORDS, st.integers(0, 2**32 - 1)), max_size=120), st.integers(0, 5))
def test_bulk_is_plain_on_words(values: list[int], start: int) -> None:
    words = np.array(values, "<u4")
    start = min(start, len(words))
    assert same(bulk(words, start, len(words)), plain(words, start, len(words)))


def test_a_run_is_cut_where_a_section_or_damage_stands() -> None:
    packet = foreign.packet("<", 0, 1, bytes(48))
    for tail, fault in ((foreign.section("<"), False), (bytes(32), True), (packet[:-4] + b"\1\0\0\0", True)):
        words = np.frombuffer(packet * 3 + tail + packet, "<u4")
        piece = bulk(words, 0, len(words))
        assert len(piece.starts) == 3
        assert piece.stop == 3 * len(packet) // 4
        assert (piece.fault is not None) == fault
