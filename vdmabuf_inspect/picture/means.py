"""What a terminal says that it can show pictures with: the questions to it, and its answers among what is typed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_KITTY = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
_CELL = "\x1b[16t"
_DEVICE = "\x1b[c"
QUESTIONS = _KITTY + _CELL + _DEVICE
"""Every terminal answers the last (DA1), so that no answer to the others comes after that."""

_ANSWER = re.compile(r"\x1b_G[^\x1b]*\x1b\\|\x1b\[6;(?P<height>\d+);(?P<width>\d+)t|\x1b\[\?(?P<device>[\d;]*)c")
_BEGUN = re.compile(r"\x1b(_(G[^\x1b]*\x1b?)?|\[(\?[\d;]*|6?[\d;]*)?)?\Z")
_SIXEL = "4"
_DEAF = frozenset({"linux", "dumb", ""})
"""Values of TERM whose terminals would print the questions."""
_THROUGH = ("screen", "tmux")


@dataclass(frozen=True)
class Means:
    """`graphics` is "kitty", "sixel" or empty for neither; `cell` the (width, height) of one in pixels, or zeros."""

    graphics: str = ""
    cell: tuple[int, int] = (0, 0)


def answers(environment: Mapping[str, str]) -> bool:
    """Whether a terminal with this environment is one to ask: none, where graphics do not come through unharmed."""
    term = environment.get("TERM", "")
    through = environment.get("TMUX") or environment.get("STY") or term.startswith(_THROUGH)
    return not (through or term in _DEAF or environment.get("TERM_PROGRAM") == "Apple_Terminal")


class Hearing:
    """Takes the answers out of what comes from a terminal; `heard` is what they say, `done` when the last has come."""

    def __init__(self) -> None:
        self.heard = Means()
        self.done = False
        self._kept = ""

    def take(self, text: str) -> str:
        """What of it is no answer; an answer that has only begun is kept back."""
        text, self._kept = self._kept + text, ""
        while found := _ANSWER.search(text):
            self._hear(found)
            text = text[: found.start()] + text[found.end() :]
        begun = _BEGUN.search(text)
        if begun is not None and not self.done:
            text, self._kept = text[: begun.start()], begun.group()
        return text

    def leave(self) -> str:
        """What was kept back and is no answer after all."""
        text, self._kept = self._kept, ""
        return text

    def _hear(self, found: re.Match[str]) -> None:
        graphics, cell = self.heard.graphics, self.heard.cell
        if found["width"]:
            cell = int(found["width"]), int(found["height"])
        elif found["device"] is None:
            graphics = "kitty" if ";OK" in found.group() else graphics
        else:
            self.done = True
            graphics = graphics or ("sixel" if _SIXEL in found["device"].split(";")[1:] else "")
        self.heard = Means(graphics, cell)
