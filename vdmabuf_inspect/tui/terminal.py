"""Textual's driver, which also asks the terminal what it can show pictures with, and writes them."""

import os
import select
import struct
import termios
import time
import tty
from codecs import getincrementaldecoder
from fcntl import ioctl
from itertools import count
from typing import Any

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from vdmabuf_inspect.picture.means import QUESTIONS, Hearing, Means, answers

_PATIENCE_S = 5.0
"""For an answer from far away; keys are heard meanwhile."""
_LOOK_S = 0.1


class Terminal(LinuxDriver):
    """The terminal. The questions go out before any of Textual's, so that whatever follows the last answer is not ours:
    up to there input is read byte by byte.
    """

    _means = Means()
    _asking = True
    _numbers = count(1 + (os.getpid() << 8 & 0x7FFFFFFF))

    @property
    def means(self) -> Means:
        """What can be shown, with the size of a cell as it is now; no graphics where that is not known."""
        cell = self._cell() or self._means.cell
        return Means(self._means.graphics if all(cell) else "", cell)

    def image_number(self) -> int:
        """A number that no other image of ours has."""
        return next(self._numbers)

    def draw(self, x: int, y: int, drawing: str) -> None:
        """Write what draws at the cell (x, y); Textual's cursor stays where it is."""
        self.write(f"\x1b7\x1b[{y + 1};{x + 1}H{drawing}\x1b8")
        self.flush()

    def start_application_mode(self) -> None:
        """Ask first, with no echo."""
        self._asking = self._asking and self.input_tty and answers(os.environ) and not self._app.no_color
        before = self._ask() if self._asking else None
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self.attrs_before = before or self.attrs_before

    def run_input_thread(self) -> None:
        """Hear the answers, then what is typed."""
        if self._asking:
            self._asking = False
            self._hear(XTermParser())
        super().run_input_thread()

    def _ask(self) -> list[Any] | None:
        try:
            before = termios.tcgetattr(self.fileno)
            tty.setcbreak(self.fileno, termios.TCSANOW)
        except termios.error:
            self._asking = False
            return None
        assert self._file is not None
        self._file.write(QUESTIONS)
        self._file.flush()
        return before

    def _hear(self, parser: XTermParser) -> None:
        hearing, end, decode = (
            Hearing(),
            time.monotonic() + _PATIENCE_S,
            getincrementaldecoder("utf-8")("replace").decode,
        )
        while not hearing.done and not self.exit_event.is_set():
            came = bool(select.select([self.fileno], [], [], _LOOK_S)[0])
            data = os.read(self.fileno, 1) if came else b""
            if came and not data:
                break
            typed = hearing.take(decode(data)) if came else hearing.leave()
            for message in (*(parser.feed(typed) if typed else ()), *parser.tick()):
                self.process_message(message)
            if not came and time.monotonic() >= end:  # between two keys: none is cut in two
                break
        self._means = hearing.heard

    def _cell(self) -> tuple[int, int] | None:
        """As the kernel says, None where it does not know."""
        assert self._file is not None
        try:
            rows, columns, width, height = struct.unpack(
                "HHHH", ioctl(self._file.fileno(), termios.TIOCGWINSZ, bytes(8))
            )
        except OSError:
            return None
        return (width // columns, height // rows) if rows and columns and width and height else None


def terminal_of(app: App[object]) -> Terminal | None:
    """The terminal on which an application is shown, None for another driver."""
    driver = app._driver
    return driver if isinstance(driver, Terminal) else None
