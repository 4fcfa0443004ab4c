"""Expressions over the messages of the story (tests/views/filter/story.py), by sequence number."""

import pytest

from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter import compile_filter
from vdmabuf_inspect.views.messages import MessagesView

EXPORTS = [19, 21, 23, 25, 28, 33, 35, 36, 38]
RELEASES = [27, 30, 31, 32]
ASKED = [7, 9, 16, 18]

CASES = {
    "cmd == EXPORT": EXPORTS,
    "command == export": EXPORTS,
    "cmd == RELEASE": RELEASES,
    "cmd == REL": RELEASES,
    "cmd == dmabuf_rel": RELEASES,
    "cmd in {NEED_VMID, REL}": sorted(ASKED + RELEASES),
    "cmd != EXPORT": sorted(ASKED + RELEASES),
    "cmd == *EXPORT": EXPORTS,
    "cmd.number == 0x10": [23, 36, 38],
    "cmd == EXPORT && buffer.vmid == 7 && pages >= 64": [21, 25, 28],
    "cmd == EXPORT and not pages > 64": [19, 21, 33, 35, 36, 38],
    "queue == send": [7, 16, *EXPORTS],
    "queue == vdmabuf1/send": [16, 23, 36, 38],
    "queue == vdmabuf1/*": [16, 18, 23, 30, 36, 38],
    "device == vdmabuf1": [16, 18, 23, 30, 36, 38],
    "device == 1": [16, 18, 23, 30, 36, 38],
    "direction == to-driver": [9, 18, *RELEASES],
    "buffer == 7:42": [21, 27],
    "buffer == 7:42b": [28],
    "buffer == 7:42*": [21, 27, 28],
    "buffer == *:42": [21, 23, 27, 30],
    "buffer == 7:*": [19, 21, 25, 27, 28, 31, 32, 35],
    "buffer != 7:*": [23, 30, 36, 38],
    "buffer contains 42": [21, 23, 27, 28, 30],
    "buffer matches '^9:'": [23, 30, 36, 38],
    "buffer.counter in 43..44": [25, 31, 32, 35, 36, 38],
    "buffer.vmid == 9": [23, 30, 36, 38],
    "key == 2b030201d0c0b0a0": [25, 31, 32, 36, 38],
    "key == 0x2B030201D0C0B0A0": [25, 31, 32, 36, 38],
    "key == 2b*": [25, 31, 32, 36, 38],
    "buffer.id == 070000002a0000002a030201d0c0b0a0": [21, 27, 28],
    "state == released": RELEASES,
    "state == exporting": [19, 21, 23, 25, 28, 35, 36, 38],
    "exports": [19, 21, 23, 25, 27, 28, 30, 31, 32, 35, 36, 38],
    "exports > 1": [38],
    "pages in 64..100": [21, 23, 28],
    "pages in {1, 64..99, 200}": [19, 21, 25, 28],
    "bytes == 84": [19],
    "bytes > 256K": [23, 25, 28],
    "reference == 0x70000002a000": [21, 23, 28],
    "first_offset == 16 and last_length == 100": [19, 21, 23, 25, 28, 35, 36, 38],
    "private": [21, 23, 25],
    "private.size == 5": [21],
    'private contains "hello"': [21],
    'private.fourcc == "XR24"': [23, 25],
    "private.width == 640 and private.height == 480": [23, 25],
    "private.modifier == 0": [23, 25],
    "private.modifier": [],
    "size != 260": [16, 18, 23, 30, 33, 36, 38],
    "size < 0x104": [33],
    "whole == no": [33],
    "stale": [],
    "vmid": [9, 18],
    "vmid == 9": [18],
    "head == 6": [35],
    "kind == used": [9, 18, *RELEASES],
    "rule == VL5*": [28, 32],
    "rule == double-release": [32],
    "rule == double_release": [32],
    "rule != VL507": [16, 18, 32, 33, 38],
    "slug contains release": [28, 32],
    "severity >= warning": [28, 32, 33],
    "severity == error and culprit == driver": [33],
    "culprit == device": [18, 32],
    "confidence == certain and severity == note": [16, 18, 38],
    "finding": [16, 18, 28, 32, 33, 38],
    "not finding and cmd == EXPORT": [19, 21, 23, 25, 35, 36],
    "latency == 1ms and cmd == EXPORT": [19, 21, 23, 25, 28, 33, 36, 38],
    "latency": [7, 9, 16, 18, 19, 21, 23, 25, 27, 28, 30, 31, 32, 33, 36, 38],
    "time in 6ms..0.01s": [7, 9],
    "time >= 34ms": [35, 36, 38],
    "time == 2023-11-14T22:13:20.006Z": [7],
    "time < 2023-11-14T23:13:20.006+01:00": [],
    "time <= 2023-11-14T23:13:20.006000000+01:00": [7],
    "seq in {7, 9, 30..31}": [7, 9, 30, 31],
    "7:42b": [28],
    "7:42": [21, 27, 28],
    '"vdmabuf1"': [16, 18, 23, 30, 36, 38],
    "starved": [28],
    "VL50*": [28, 32],
    "need_vmid": ASKED,
    "2b030201d0": [25, 31, 32, 36, 38],
    "'cmd'": [],
    "!(cmd == EXPORT || cmd == NEED_VMID)": RELEASES,
    "cmd == EXPORT or cmd == REL and buffer == 9:42": sorted([*EXPORTS, 30]),
    "not cmd == EXPORT and not cmd == REL": ASKED,
}


@pytest.mark.parametrize("text", CASES)
def test_selects(session: Session, text: str) -> None:
    assert seqs(session, text) == CASES[text]


def test_as_of_a_moment(session: Session) -> None:
    """What came after the moment is not known at it."""
    assert seqs(session, "latency and cmd == EXPORT", at=21) == [19]
    assert seqs(session, "finding", at=20) == [16, 18]


def test_selection_can_be_cancelled_and_tells_how_far_it_is(session: Session) -> None:
    heard: list[float] = []
    chosen = compile_filter("seq", "messages").select(
        session, 15, chunk=4, progress=heard.append, cancelled=lambda: len(heard) == 2
    )
    assert chosen.tolist() == list(range(8)) and heard == [4 / 15, 8 / 15]


def seqs(session: Session, text: str, at: int | None = None) -> list[int]:
    view = MessagesView(session, at)
    chosen = compile_filter(text, "messages").select(session, view.total(), at)
    return [view.row_seq(int(i)) for i in chosen]
