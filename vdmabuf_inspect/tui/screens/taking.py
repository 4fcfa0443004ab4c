"""Out of the screen: copies, captures, reports, pictures, and the editor on a plugin."""

import os
import shlex
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual.app import SuspendNotSupported

from vdmabuf_inspect.capture.extraction import spare
from vdmabuf_inspect.errors import InspectError, UsageError
from vdmabuf_inspect.sources.base import Mode
from vdmabuf_inspect.tui.clipboard import into_tmux
from vdmabuf_inspect.tui.errand import Errand, Work
from vdmabuf_inspect.tui.printable import printable
from vdmabuf_inspect.tui.saving import save
from vdmabuf_inspect.tui.screens.judging import Judging
from vdmabuf_inspect.tui.screens.menu import Entry, Menu
from vdmabuf_inspect.tui.widgets.prompt import Question
from vdmabuf_inspect.views.detail import detail

Write = Callable[[Path], None]


def check_path(text: str) -> None:
    """Raises UsageError for a place where no file can be made."""
    if not text.strip():
        raise UsageError("a file name, please")
    path = Path(text).expanduser()
    if path.is_dir():
        raise UsageError(f"{text} is a folder: name a file in it")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}")


class Taking(Judging):
    """A screen of which parts can be taken away."""

    _saved = False
    """The recording was written into a file, or the user was told that it is in none."""
    _problem = ""

    def losses(self) -> list[str]:
        """What leaving would lose, each said once."""
        board, inspection = self.board, self.board.inspection
        live = inspection.mode is Mode.LIVE and inspection.passing and inspection.precious
        found = ["marks"] * board.unsaved + ["the recording"] * (live and not self._saved and board.session.seq > 0)
        board.unsaved, self._saved = False, True
        return found

    def tell_problem(self) -> None:
        """Say once why reading or recording ended early; the status line has little room for it."""
        problem = self.board.session.problem
        if problem != self._problem:
            self._problem = problem
            self.notify(printable(problem), severity="error", timeout=10, markup=False)

    def action_copy(self) -> None:
        """Choose what of the event to copy."""
        from vdmabuf_inspect.views.formats.event_page import event_lines, event_value
        from vdmabuf_inspect.views.formats.json_lines import json_line

        if not self.board.event:
            return
        event, field = detail(self.board.session, self.board.event), self.chosen_field()
        texts = [(f"field {field.path}", f"{field.path} = {field.text}"), ("its value", field.text)] if field else []
        texts += [("the message as JSON", json_line(event_value(event))), ("its bytes as hex", event.data.hex(" ")),
                  ("the page as text", "\n".join(event_lines(event)))]  # fmt: skip
        entries = [Entry(name, partial(self._copy, text), printable(text)[:40]) for name, text in texts]
        entries += [
            Entry(f"{name}, into a file", partial(self._keep, text, f"event-{event.seq}.{suffix}"))
            for (name, text), suffix in zip(texts[-3:], ("json", "hex", "txt"), strict=True)
        ]
        self.app.push_screen(Menu("copy", entries))

    def _copy(self, text: str) -> None:
        self.app.copy_to_clipboard(text)
        where = " into tmux's buffer" if into_tmux(text) else ""
        self.notify(f"{len(text):,} characters copied{where}", timeout=2)

    def _keep(self, text: str, name: str) -> None:
        self.into_file("the text", name, partial(_write, text=f"{text}\n"))

    def action_save(self) -> None:
        """Save everything, with the marks, as a capture."""
        self.into_file("the recording", _name(self.board.session.name, "marked", ".pcapng"), self._save_all)

    def action_export(self) -> None:
        """Choose what to write into a file, or which plugin to edit."""
        source, seq = self.board.session.name, self.board.cursor.seq
        entries = []
        if self.board.chosen is not None:
            name = _name(source, "filtered", ".pcapng")
            entries.append(
                Entry("the filtered messages", partial(self.into_file, "them", name, self._save_chosen), "a capture")
            )
        report, picture = _name(source, "findings", ".html"), _name(source, f"event-{seq}", ".svg")
        entries += [
            Entry("everything, with the marks", self.action_save, "a capture"),
            Entry("the findings", partial(self.into_file, "the report", report, self._report), "an HTML page"),
            Entry("this screen", partial(self.into_file, "the picture", picture, self._picture), "SVG"),
        ]
        entries += [
            Entry(f"edit {'/'.join(path.parts[-2:])}", partial(self._edit, path), "plugin")
            for path in self.plugin_files()
        ]
        self.app.push_screen(Menu("export", entries))

    def into_file(self, what: str, name: str, write: Write) -> None:
        """Ask for a file, and write there."""

        def check(text: str) -> None:
            check_path(text)
            if write != self._save_all:
                spare(self.board.session.name, Path(text).expanduser())

        def answer(text: str) -> None:
            if text.strip():
                write(Path(text).expanduser())

        hint = f"where {what} goes; a file that is there is replaced"
        self.ask(Question("save to", hint, check, answer=answer), name)

    def _save_all(self, path: Path) -> None:
        board, session = self.board, self.board.session

        def work(errand: Errand) -> str:
            board.unsaved = False  # a mark that is set from now on is in no file
            try:
                count = save(session, path, errand=errand)
            except InspectError:
                board.unsaved = bool(session.remarks)
                raise
            self._saved = True
            return f"{count:,} events in {path}"

        self._begin_writing(path, work)

    def _save_chosen(self, path: Path) -> None:
        from vdmabuf_inspect.views.extract import extract

        board, session = self.board, self.board.session
        if board.chosen is None or board.selection is None:
            return
        chosen, why = board.chosen.copy(), f"part of {session.name}: {board.selection.text}"

        def work(errand: Errand) -> str:
            return f"{save(session, path, extract(session, chosen), why, errand):,} events in {path}"

        self._begin_writing(path, work)

    def _report(self, path: Path) -> None:
        from vdmabuf_inspect.views.formats.html import html_lines
        from vdmabuf_inspect.views.formats.judged import Judged

        session = self.board.session

        def work(_: Errand) -> str:
            _write(path, "\n".join(html_lines([Judged(session.name, session)])) + "\n")
            return f"the report is in {path}"

        self._begin_writing(path, work)

    def _begin_writing(self, path: Path, work: Work) -> None:
        self.begin(f"writing {path.name}", work, lambda told: self.notify(told, markup=False))

    def _picture(self, path: Path) -> None:
        def take() -> None:
            _write(path, self.app.export_screenshot(title=self.board.session.name))
            self.notify(f"the picture is in {path}", markup=False)

        self.call_after_refresh(lambda: self.tried(take))

    def plugin_files(self) -> list[Path]:
        """The source files of plugins that can be edited."""
        raise NotImplementedError

    def _edit(self, path: Path) -> None:
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
        try:
            with self.app.suspend():
                subprocess.run([*shlex.split(command), str(path)], check=False)
        except SuspendNotSupported:
            self.notify("this terminal cannot be lent to an editor; edit it beside: a saved plugin is loaded again")
        except (OSError, ValueError) as error:
            self.notify(f"{command}: {error}; set EDITOR to an editor", severity="error", markup=False)
        self.app.refresh()


def _name(source: str, what: str, suffix: str) -> str:
    """A file name beside the source where it is a file, in the present folder where it is none."""
    path = Path(source)
    return str(path.with_name(f"{path.stem}-{what}{suffix}")) if path.is_file() else f"{what}{suffix}"


def _write(path: Path, text: str) -> None:
    """Raises InspectError."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InspectError(f"{path} cannot be written: {error.strerror}; choose another place") from error
