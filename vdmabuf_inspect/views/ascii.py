"""Every sign that is drawn with as one of ASCII, for terminals and fonts that have no other."""

from collections.abc import Mapping

_SAME = {
    "─━┈╌╍┄┅╴╶═": "-", "│┃║▏▎▍▕": "|", "┌┐└┘├┤┬┴┼╭╮╰╯┏┓┗┛╔╗╚╝": "+", "✖×": "x", "▲△": "!", "→▶▷▸›": ">", "←◀◁◂‹": "<",
    "↑": "^", "↓▼▾": "v", "●■◉█▓▇": "#", "◐◑▒▆▅": "=", "○◌░": "o", "·∙•": ".", "…": "~", "‖": "|", "◆": "*", "✔": "+",
    "∅": "0", "⧗": "%", "▌▐": "|", "▁": "_", "▂▃▄": ":", "▪": "*", "▊▋▉": "|", "╱": "/", "╲": "\\", "╳": "x", "—–": "-",
    "┊": ":", "µ": "u",
}  # fmt: skip
TABLE: Mapping[int, str] = {ord(sign): plain for signs, plain in _SAME.items() for sign in signs}
"""What is drawn with, and what stands for it: as wide, and still told apart by its neighbours."""
