"""The colours: few, told apart by people who see red and green alike, always with a glyph beside them."""

from typing import Any

from rich.style import Style
from textual.app import App
from textual.theme import Theme

VARIABLES = {
    "quiet": "#7f8792",
    "driver": "#87afff",
    "device": "#d7a0ff",
    "busy": "#ffd75f",
    "cursor": "#26405c",
    "cursor-away": "#232a33",
    "lit": "#4a3d12",
    "buffer0": "#9ecbff", "buffer1": "#f2c879", "buffer2": "#a8d8b9", "buffer3": "#e3a6c0", "buffer4": "#c3b9f0",
    "buffer5": "#d8d8a0",
}  # fmt: skip
"""Colours that Textual's own themes do not have; they hold under every theme."""

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

_COLOURS = {
    "error": "error", "warning": "warning", "note": "primary", "good": "success", "quiet": "quiet",
    "accent": "accent", "driver": "driver", "device": "device", "busy": "busy",
    **{f"buffer{number}": f"buffer{number}" for number in range(6)},
}  # fmt: skip
"""The colour variable of each ink."""


def ink_styles(app: App[Any]) -> dict[str, Style]:
    """The style of every ink (palette.INKS) under the present theme, the empty name included."""
    variables = app.theme_variables
    return {"": Style.null()} | {ink: Style(color=variables[name]) for ink, name in _COLOURS.items()}
