"""Plays a scene: opens its source in the program, takes the steps, writes the pictures."""

import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from docs.tour.film import Film
from docs.tour.screen import GROUND
from docs.tour.sources import opened
from docs.tour.steps import Press, Scene, Shot, Step, Wait, Write, key_of
from docs.tour.terminal import Terminal, TourError
from vdmabuf_inspect.tui.svg import svg

TRIES = 3
"""A busy machine can make a live session miss what the tour waits for."""


def play(scene: Scene, out: Path) -> list[Path]:
    """The files that were written into `out`. Raises TourError when the program does not show what it should."""
    out.mkdir(parents=True, exist_ok=True)
    for _ in range(TRIES - 1):
        with suppress(TourError):
            return _play(scene, out)
    return _play(scene, out)


def _play(scene: Scene, out: Path) -> list[Path]:
    with tempfile.TemporaryDirectory(prefix="tour-") as name:
        folder = Path(name)
        with opened(scene.source, folder) as source, Terminal(source.words, scene.size, folder / "state") as terminal:
            stage = Stage(scene, terminal, out)
            source.begin()
            for step in scene.steps:
                stage.take(step)
            return [*stage.made, *stage.wrapped()]


class Stage:
    """The program as a scene goes on."""

    def __init__(self, scene: Scene, terminal: Terminal, out: Path) -> None:
        self.made: list[Path] = []
        self._scene, self._terminal, self._out = scene, terminal, out
        self._film = Film(terminal)
        self._takes: dict[type, Callable[[Any], None]] = {
            Press: self._press, Write: self._write, Wait: self._wait, Shot: self._shoot,
        }  # fmt: skip

    def take(self, step: Step) -> None:
        """One step. Raises TourError."""
        self._takes[type(step)](step)

    def wrapped(self) -> list[Path]:
        """The film, where there is one: as SVG, and as a recording for a player."""
        if not self._scene.film:
            return []
        title = self._scene.title
        return [self._put(f"{self._scene.film}.svg", self._film.svg(title)),
                self._put(f"{self._scene.film}.cast", self._film.cast(title))]  # fmt: skip

    def _press(self, step: Press) -> None:
        pressed, sign, does = key_of(step.id)
        self._film.caption = sign, step.said or does
        for _ in range(step.times):
            self._terminal.press(pressed)
        self._terminal.rest(step.rest_s)
        self._film.look(now=bool(self._scene.film))

    def _write(self, step: Write) -> None:
        self._terminal.write(step.text)
        self._terminal.rest(0.3)
        self._terminal.press("enter")

    def _wait(self, step: Wait) -> None:
        self._terminal.until(*step.words)
        if step.said:
            self._film.caption = "", step.said
        if self._scene.film:  # from the first screen on that shows something
            self._terminal.watch = self._film.look
            self._film.look(now=True)
        self._terminal.rest(step.rest_s)

    def _shoot(self, shot: Shot) -> None:
        self._terminal.until(*shot.words)
        self._terminal.rest(1.0, calm=True)
        runs, columns = self._terminal.screen.runs(), self._terminal.screen.columns
        self.made.append(self._put(f"{shot.name}.svg", svg(runs, columns, GROUND, shot.title)))

    def _put(self, name: str, text: str) -> Path:
        path = self._out / name
        path.write_text(text, encoding="utf-8")
        return path


__all__ = ["TourError", "play"]
