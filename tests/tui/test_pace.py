"""What a key's answer does not wait for: the beat of painting, the garbage collector, what stays as it is."""

import gc
import itertools
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from textual._xterm_parser import XTermParser
from textual.scrollbar import ScrollBar

from tests.tui.screen import opened
from vdmabuf_inspect.tui import terminal
from vdmabuf_inspect.tui.screens.workbench import Workbench
from vdmabuf_inspect.tui.terminal import Terminal
from vdmabuf_inspect.tui.tidy import Tidy


@pytest.mark.parametrize(("asked", "beats"), [(None, "250"), ("30", "30")])
def test_the_screen_is_painted_on_a_quick_beat_unless_the_user_wants_another(asked: str | None, beats: str) -> None:
    told = "import vdmabuf_inspect.tui.app, textual.constants; print(textual.constants.MAX_FPS)"
    environment = {name: value for name, value in os.environ.items() if name != "TEXTUAL_FPS"}
    environment |= {"TEXTUAL_FPS": asked} if asked else {}
    done = subprocess.run([sys.executable, "-c", told], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == beats


def test_garbage_is_collected_in_a_rest_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, collected = [100.0], []
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(gc, "collect", lambda: collected.append(clock[0]))
    it = Tidy()
    for clock[0] in (101.0, 101.1, 101.2):
        it.pressed()
        it.rest()
    assert not collected, "keys are pressed"
    for clock[0] in (101.3, 101.6, 101.7, 110.0):
        it.rest()
    assert collected == [101.6]
    it.pressed()
    clock[0] = 111.0
    it.rest()
    assert collected == [101.6, 111.0]


def test_a_key_is_whole_that_comes_as_the_terminals_answers_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    pressed: list[str] = []
    seconds = itertools.count()
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(seconds))
    monkeypatch.setattr(terminal, "_PATIENCE_S", 2)
    it = Terminal.__new__(Terminal)
    it.fileno, it.exit_event = reader, threading.Event()
    monkeypatch.setattr(it, "process_message", lambda message: pressed.append(message.key), raising=False)
    os.write(writer, b"\x1b[5~k")
    it._hear(XTermParser())
    os.close(reader)
    os.close(writer)
    assert pressed == ["pageup", "k"]


async def test_keys_are_heard_of(story: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(story) as it:
        before = it.app._tidy._pressed
        await it.press("j")
        assert it.app._tidy._pressed > before


async def test_scroll_bars_that_stay_as_they_are_are_not_painted_with_every_layout(
    story: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(story) as it:
        painted: list[str | None] = []
        refresh = ScrollBar.refresh

        def noted(bar: ScrollBar, *args: object, **kwargs: object) -> ScrollBar:
            painted.append(bar.parent.id if bar.parent is not None else None)
            return refresh(bar, *args, **kwargs)  # type: ignore[arg-type]

        monkeypatch.setattr(ScrollBar, "refresh", noted)
        it.app.screen.refresh(layout=True)
        await it.pilot.pause()
        assert not painted
        await it.press("g")
        assert "messages" in painted


async def test_a_screen_that_is_drawn_anew_between_two_keys_takes_none_back(story: Path) -> None:
    async with opened(story) as it:
        await it.press("k")
        screen, seqs = it.app.screen, [it.seq]
        assert isinstance(screen, Workbench)
        for _ in range(3):
            screen.bench.messages.action_move(-1)
            screen.changed()
            seqs.append(it.seq)
        assert seqs == sorted(set(seqs), reverse=True)
