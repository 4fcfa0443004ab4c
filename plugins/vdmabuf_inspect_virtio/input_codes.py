"""Event types and codes of input devices by name, as Linux numbers them (include/uapi/linux/input-event-codes.h)."""

TYPES = {
    "SYN": 0, "KEY": 1, "REL": 2, "ABS": 3, "MSC": 4, "SW": 5, "LED": 0x11, "SND": 0x12, "REP": 0x14, "FF": 0x15,
    "PWR": 0x16,
}  # fmt: skip

_ROW = """
RESERVED ESC 1 2 3 4 5 6 7 8 9 0 MINUS EQUAL BACKSPACE TAB Q W E R T Y U I O P LEFTBRACE RIGHTBRACE ENTER
LEFTCTRL A S D F G H J K L SEMICOLON APOSTROPHE GRAVE LEFTSHIFT BACKSLASH Z X C V B N M COMMA DOT SLASH
RIGHTSHIFT KPASTERISK LEFTALT SPACE CAPSLOCK F1 F2 F3 F4 F5 F6 F7 F8 F9 F10 NUMLOCK SCROLLLOCK KP7 KP8 KP9
KPMINUS KP4 KP5 KP6 KPPLUS KP1 KP2 KP3 KP0 KPDOT
"""
"""Keys 0 to 83 in a row."""

_MORE = {
    85: "ZENKAKUHANKAKU", 86: "102ND", 87: "F11", 88: "F12", 89: "RO", 90: "KATAKANA", 91: "HIRAGANA",
    92: "HENKAN", 93: "KATAKANAHIRAGANA", 94: "MUHENKAN", 95: "KPJPCOMMA", 96: "KPENTER", 97: "RIGHTCTRL",
    98: "KPSLASH", 99: "SYSRQ", 100: "RIGHTALT", 101: "LINEFEED", 102: "HOME", 103: "UP", 104: "PAGEUP",
    105: "LEFT", 106: "RIGHT", 107: "END", 108: "DOWN", 109: "PAGEDOWN", 110: "INSERT", 111: "DELETE",
    112: "MACRO", 113: "MUTE", 114: "VOLUMEDOWN", 115: "VOLUMEUP", 116: "POWER", 117: "KPEQUAL",
    118: "KPPLUSMINUS", 119: "PAUSE", 120: "SCALE", 121: "KPCOMMA", 122: "HANGEUL", 123: "HANJA", 124: "YEN",
    125: "LEFTMETA", 126: "RIGHTMETA", 127: "COMPOSE", 128: "STOP", 129: "AGAIN", 130: "PROPS", 131: "UNDO",
    132: "FRONT", 133: "COPY", 134: "OPEN", 135: "PASTE", 136: "FIND", 137: "CUT", 138: "HELP", 139: "MENU",
    140: "CALC", 142: "SLEEP", 143: "WAKEUP", 155: "MAIL", 156: "BOOKMARKS", 157: "COMPUTER", 158: "BACK",
    159: "FORWARD", 163: "NEXTSONG", 164: "PLAYPAUSE", 165: "PREVIOUSSONG", 166: "STOPCD", 172: "HOMEPAGE",
    173: "REFRESH", 183: "F13", 184: "F14", 185: "F15", 186: "F16", 187: "F17", 188: "F18", 189: "F19",
    190: "F20", 191: "F21", 192: "F22", 193: "F23", 194: "F24", 210: "PRINT", 217: "SEARCH",
    224: "BRIGHTNESSDOWN", 225: "BRIGHTNESSUP", 240: "UNKNOWN",
}  # fmt: skip
_BUTTONS = {
    0x110: "BTN_LEFT", 0x111: "BTN_RIGHT", 0x112: "BTN_MIDDLE", 0x113: "BTN_SIDE", 0x114: "BTN_EXTRA",
    0x115: "BTN_FORWARD", 0x116: "BTN_BACK", 0x117: "BTN_TASK", 0x140: "BTN_TOOL_PEN",
    0x141: "BTN_TOOL_RUBBER", 0x145: "BTN_TOOL_FINGER", 0x146: "BTN_TOOL_MOUSE", 0x14a: "BTN_TOUCH",
    0x14b: "BTN_STYLUS", 0x14c: "BTN_STYLUS2", 0x14d: "BTN_TOOL_DOUBLETAP", 0x14e: "BTN_TOOL_TRIPLETAP",
    0x150: "BTN_GEAR_DOWN", 0x151: "BTN_GEAR_UP",
}  # fmt: skip

CODES: dict[str, dict[str, int]] = {
    "SYN": {"REPORT": 0, "CONFIG": 1, "MT_REPORT": 2, "DROPPED": 3},
    "KEY": {f"KEY_{name}": code for code, name in [*enumerate(_ROW.split()), *_MORE.items()]}
    | {name: code for code, name in _BUTTONS.items()},
    "REL": {"X": 0, "Y": 1, "Z": 2, "RX": 3, "RY": 4, "RZ": 5, "HWHEEL": 6, "DIAL": 7, "WHEEL": 8, "MISC": 9,
            "WHEEL_HI_RES": 11, "HWHEEL_HI_RES": 12},
    "ABS": {"X": 0, "Y": 1, "Z": 2, "RX": 3, "RY": 4, "RZ": 5, "WHEEL": 8, "PRESSURE": 0x18, "DISTANCE": 0x19,
            "TILT_X": 0x1A, "TILT_Y": 0x1B, "MT_SLOT": 0x2F, "MT_POSITION_X": 0x35, "MT_POSITION_Y": 0x36,
            "MT_TRACKING_ID": 0x39, "MT_PRESSURE": 0x3A},
    "MSC": {"SERIAL": 0, "PULSELED": 1, "GESTURE": 2, "RAW": 3, "SCAN": 4, "TIMESTAMP": 5},
    "SW": {"LID": 0, "TABLET_MODE": 1, "HEADPHONE_INSERT": 2},
    "LED": {"NUML": 0, "CAPSL": 1, "SCROLLL": 2, "COMPOSE": 3, "KANA": 4, "SLEEP": 5, "SUSPEND": 6, "MUTE": 7},
    "SND": {"CLICK": 0, "BELL": 1, "TONE": 2},
    "REP": {"DELAY": 0, "PERIOD": 1},
}  # fmt: skip
"""Codes by type; a type that is not here has numbers."""
