"""What a tour is made of: a source, and steps that press keys, wait for words and take pictures."""

from dataclasses import dataclass

from textual.binding import Binding

from docs.tour.terminal import TourError
from vdmabuf_inspect.tui.screens.broken import Broken
from vdmabuf_inspect.tui.screens.buffer import BufferScreen
from vdmabuf_inspect.tui.screens.help import groups
from vdmabuf_inspect.tui.widgets.bars import key_name

STANDARD = (120, 36)
"""Columns and lines."""


@dataclass(frozen=True)
class Press:
    """Press the key of a binding, named by its id, so many times; `said` in the place of what the binding says."""

    id: str
    times: int = 1
    said: str = ""
    rest_s: float = 0.0


@dataclass(frozen=True)
class Write:
    """Type text into the prompt, and Enter."""

    text: str


@dataclass(frozen=True)
class Wait:
    """Until the words are on the screen, then a while."""

    words: tuple[str, ...] = ()
    rest_s: float = 0.0
    said: str = ""


@dataclass(frozen=True)
class Shot:
    """A picture, which must show the words: `docs/NAME.svg`."""

    name: str
    title: str
    words: tuple[str, ...]


Step = Press | Write | Wait | Shot


@dataclass(frozen=True)
class Scene:
    """One run of the program. `source` names who makes what it opens; `film`: the name of what is made of all of it."""

    source: str
    steps: tuple[Step, ...]
    size: tuple[int, int] = STANDARD
    film: str = ""
    title: str = ""

    @property
    def shots(self) -> tuple[Shot, ...]:
        """Its pictures."""
        return tuple(step for step in self.steps if isinstance(step, Shot))


def bindings() -> dict[str, Binding]:
    """Every binding of the screens that a tour visits, by its id."""
    lists = [*(found for _, found in groups()), Broken.BINDINGS, BufferScreen.BINDINGS]
    every = [binding for found in lists for binding in found if isinstance(binding, Binding)]
    return {binding.id: binding for binding in every if binding.id}


def key_of(id: str) -> tuple[str, str, str]:
    """(what is pressed, what the key is called, what it does). Raises TourError for a binding that is gone."""
    binding = bindings().get(id)
    if binding is None:
        raise TourError(f"no key is bound to {id!r}; the tour must go another way")
    name = binding.key.partition(",")[0]
    sign = key_name(name)
    pressed = sign if len(sign) == 1 and sign.isascii() else name
    return pressed, sign, binding.tooltip or binding.description
