"""The colours: few, told apart by people who see red and green alike, always with a glyph beside them."""

from functools import lru_cache
from typing import Any

from rich.style import Style
from textual.app import App
from textual.theme import Theme

VARIABLES = {
    "quiet": "#7f8792",
    "driver": "#87afff",
    "device": "#d7a0ff",
    "busy": "#ffd75f",
    "edge": "#42484f",
    "cursor": "#26405c",
    "cursor-away": "#232a33",
    "lit": "#4a3d12",
    "buffer0": "#9ecbff", "buffer1": "#f2c879", "buffer2": "#a8d8b9", "buffer3": "#e3a6c0", "buffer4": "#c3b9f0",
    "buffer5": "#d8d8a0",
}  # fmt: skip
"""Colours that Textual's own themes do not have; they hold under every theme that does not say its own."""

THEME = Theme(
    name="vdmabuf",
    primary="#5fafd7",
    secondary="#8787af",
    accent="#d7af5f",
    foreground="#d0d0d0",
    background="#121417",
    surface="#16191d",
    panel="#22272e",
    success="#5fd7af",
    warning="#ffaf00",
    error="#ff6f61",
    dark=True,
)

LIGHT = Theme(
    name="vdmabuf-light",
    primary="#1f5f99",
    secondary="#5f5f87",
    accent="#8a5a00",
    foreground="#24292f",
    background="#fbfbf9",
    surface="#f2f2ee",
    panel="#e4e4de",
    success="#00695c",
    warning="#8f5600",
    error="#b3261e",
    dark=False,
    variables={
        "quiet": "#6a707a", "driver": "#1d4ed8", "device": "#7b2fa8", "busy": "#7a5a00", "cursor": "#cfe3f7",
        "cursor-away": "#e6ebf0", "lit": "#ffeec2", "edge": "#a8a8a0", "buffer0": "#1a5fb4", "buffer1": "#8a5a00",
        "buffer2": "#1f6f43", "buffer3": "#a0305f", "buffer4": "#5b3fb0", "buffer5": "#61611a",
    },
)  # fmt: skip
"""For bright rooms and projectors."""

SAFE = Theme(
    name="vdmabuf-safe",
    primary="#56b4e9",
    secondary="#999999",
    accent="#f0e442",
    foreground="#e6e6e6",
    background="#000000",
    surface="#101010",
    panel="#262626",
    success="#56b4e9",
    warning="#e69f00",
    error="#ff7f2a",
    dark=True,
    variables={
        "quiet": "#9a9a9a", "driver": "#56b4e9", "device": "#f0e442", "busy": "#e69f00", "cursor": "#003a5c",
        "cursor-away": "#2a2a2a", "lit": "#4d4700", "edge": "#5a5a5a", "buffer0": "#56b4e9", "buffer1": "#e69f00",
        "buffer2": "#ffffff", "buffer3": "#cc79a7", "buffer4": "#9ecae9", "buffer5": "#f0e442",
    },
)  # fmt: skip
"""Blue, orange and yellow only, on black: told apart with any colour blindness, and by lightness alone."""

THEMES = (THEME, LIGHT, SAFE)
"""Our own; Textual's can be chosen too."""

_COLOURS = {
    "error": "error", "warning": "warning", "note": "primary", "good": "success", "quiet": "quiet",
    "accent": "accent", "driver": "driver", "device": "device", "busy": "busy",
    **{f"buffer{number}": f"buffer{number}" for number in range(6)},
}  # fmt: skip
"""The colour variable of each ink."""


def ink_styles(app: App[Any]) -> dict[str, Style]:
    """The style of every ink (palette.INKS) under the present theme, the empty name included."""
    variables = app.theme_variables
    return _styles(tuple(variables[name] for name in _COLOURS.values()))


@lru_cache(maxsize=8)
def _styles(colours: tuple[str, ...]) -> dict[str, Style]:
    return {"": Style.null()} | {ink: Style(color=colour) for ink, colour in zip(_COLOURS, colours, strict=True)}
