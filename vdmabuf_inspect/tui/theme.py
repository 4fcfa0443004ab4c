"""The colours: few, told apart by people who see red and green alike, always with a glyph beside them."""

from textual.theme import Theme

INK = {
    "quiet": "#7f8792",
    "driver": "#87afff",
    "device": "#d7a0ff",
    "busy": "#ffd75f",
    "cursor": "#26405c",
    "cursor-away": "#232a33",
    "lit": "#4a3d12",
}
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
