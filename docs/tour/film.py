"""Moving pictures of a terminal: an asciinema recording, and SVG that moves by itself."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from docs.tour.screen import GROUND, INK
from docs.tour.terminal import Terminal
from vdmabuf_inspect.tui.svg import CELL, Line, Look, drawing, framed

_LEAST_S = 0.3
"""Between two frames: more of them make the file large and nobody sees it."""
_LONGEST_S = 2.5
"""How long a frame is shown; what rests longer rests shorter in the film."""
_LAST_S = 3.0
_BEGIN = "\x1b[?25l\x1b[2J"
_KEY, _SAID = Look(GROUND, "#d7af5f", "b"), Look(INK, "#22272e")
Frame = tuple[Line, ...]


@dataclass
class Film:
    """What a terminal shows, as it changes. `caption` is what its audience is told: the key, and what it does."""

    terminal: Terminal
    caption: tuple[str, str] = ("", "")
    frames: list[tuple[float, Frame]] = field(default_factory=list)

    def look(self, now: bool = False) -> None:
        """Keep what is shown if it is another, and not just after the frame before; `now`: at once."""
        at = self.terminal.now
        if self.frames and at - self.frames[-1][0] < _LEAST_S and not now:
            return
        frame = (*self.terminal.screen.runs(), self._told())
        if not self.frames or frame != self.frames[-1][1]:
            self.frames.append((at, frame))

    def cast(self, title: str) -> str:
        """The film for a player of asciicasts: what changed from frame to frame."""
        return "\n".join(_cast(self, title)) + "\n"

    def _told(self) -> Line:
        key, said = self.caption
        text = f" {said} "
        left = self.terminal.screen.columns - len(text) - (len(key) + 2 if key else 0)
        return (*(((f" {key} ", _KEY),) if key else ()), (text + " " * left, _SAID))

    def svg(self, title: str) -> str:
        """The film as a picture that moves without a script; it stands still where motion is not wanted."""
        columns, lines = self.terminal.screen.columns, self.terminal.screen.lines + 1
        return framed(columns, lines, GROUND, title, *_strip(self.frames, columns))


def _strip(frames: Sequence[tuple[float, Frame]], columns: int) -> tuple[str, str]:
    """(all frames side by side, the rules that move them past); a line that is in several frames is drawn once."""
    width, names = columns * CELL[0], dict[Line, str]()
    placed = []
    for number, (_, frame) in enumerate(frames):
        ids = [names.setdefault(line, f"l{len(names)}") for line in frame]
        uses = "".join(f'<use href="#{name}" y="{CELL[1] * at}"/>' for at, name in enumerate(ids))
        placed.append(f'<g transform="translate({number * width} 0)">{uses}</g>')
    drawn = "\n".join(f'<g id="{name}">{drawing(line, GROUND)}</g>' for line, name in names.items())
    whole = f'<defs>\n{drawn}\n</defs>\n<g class="film">\n' + "\n".join(placed) + "\n</g>"
    return whole, _motion([at for at, _ in frames], width)


def _motion(times: Sequence[float], width: int) -> str:
    shown = [min(after - at, _LONGEST_S) for at, after in zip(times, times[1:], strict=False)] + [_LAST_S]
    length, stops, at = sum(shown), [], 0.0
    for number, seconds in enumerate(shown):
        stops.append(f"{100 * at / length:.3f}%{{transform:translateX({-number * width}px)}}")
        at += seconds
    return (
        f".film{{animation:film {length:.2f}s steps(1,end) infinite}}@keyframes film{{{''.join(stops)}}}"
        "@media (prefers-reduced-motion:reduce){.film{animation:none}}"
    )


def _cast(film: Film, title: str) -> Iterator[str]:
    """The lines of an asciicast of version 2."""
    screen, began = film.terminal.screen, film.frames[0][0]
    yield json.dumps({"version": 2, "width": screen.columns, "height": screen.lines + 1, "title": title,
                      "env": {"TERM": "xterm-256color"}, "idle_time_limit": _LONGEST_S})  # fmt: skip
    shown: Frame = ()
    for at, frame in film.frames:
        before = shown or (None,) * len(frame)
        told = (_painted(y, line) for y, (line, old) in enumerate(zip(frame, before, strict=True)) if line != old)
        yield json.dumps([round(at - began, 2), "o", ("" if shown else _BEGIN) + "".join(told)], ensure_ascii=False)
        shown = frame


def _painted(y: int, line: Line) -> str:
    return f"\x1b[{y + 1};1H" + "".join(f"\x1b[{_rendition(look)}m{text}" for text, look in line)


def _rendition(look: Look) -> str:
    colours = (f"{kind};2;{int(c[1:3], 16)};{int(c[3:5], 16)};{int(c[5:7], 16)}"
               for kind, c in ((38, look.ink), (48, look.ground)))  # fmt: skip
    return ";".join(("0", *("1" if w == "b" else "3" if w == "i" else "4" for w in look.weights), *colours))
