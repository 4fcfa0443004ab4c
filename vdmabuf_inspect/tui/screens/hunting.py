"""Finding things: search, marks with notes, filters from what is under the cursor, filters that have a name."""

from functools import partial
from typing import TYPE_CHECKING

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.tui.screens.menu import Entry, Menu
from vdmabuf_inspect.tui.screens.replaying import Replaying
from vdmabuf_inspect.tui.widgets.prompt import Question
from vdmabuf_inspect.views.detail import message_number

if TYPE_CHECKING:
    from vdmabuf_inspect.views.search import Search

_NAMED = "named filters"
_MARKED = "marked"
"""The note of a mark that was given none."""
_IS = " = "


def check_name(text: str) -> None:
    """Raises UsageError for a name that could not be read back."""
    if _IS.strip() in text:
        raise UsageError("a name without =, please")


def check_search(text: str) -> None:
    """Raises UsageError for nothing."""
    from vdmabuf_inspect.views.search import search

    search(text)


class Hunting(Replaying):
    """A screen that finds things again."""

    _wanted: "Search | None" = None
    _noted = 0

    def __init__(self, *args: object) -> None:
        super().__init__(*args)
        hint = "a text in fields and bytes, or bytes as 58 52 32 34; then n the next, N the one before"
        self.search_question = Question("search", hint, check_search, answer=self._search, kept="search")
        self.note_question = Question(
            "note", "what there is about this event; an empty line takes the mark away", lambda text: None,
            answer=self._note,
        )  # fmt: skip
        self.name_question = Question("name", "the filter's name", check_name, answer=self._name_filter)

    # search

    def action_search(self) -> None:
        """Ask what to search for."""
        self.ask(self.search_question, self._wanted.text if self._wanted else "")

    def _search(self, text: str) -> None:
        from vdmabuf_inspect.views.search import search

        self._wanted = search(text)
        self.action_hit(1)

    def action_hit(self, step: int) -> None:
        """Go to the next or previous event in which the search finds something; after the last one, to the first."""
        if self._wanted is None:
            self.action_search()
            return
        self.seek(self._wanted, self.board.cursor.seq, step, f"{self._wanted.text}: nowhere in this recording")

    # marks

    def action_mark(self) -> None:
        """Mark the event with a note; an empty one takes the mark away."""
        seq = self.board.event
        if not seq:
            return
        self._noted = seq
        note = self.board.marks().get(seq)
        self.ask(self.note_question, note or _MARKED)
        if note is None:
            self.prompt.input.select_all()  # the first letter takes its place

    def _note(self, text: str) -> None:
        self.board.mark(self._noted, text)
        self.changed()

    def action_next_mark(self) -> None:
        """Go to the next mark; after the last one, to the first."""
        marks = list(self.board.marks())
        after = [seq for seq in marks if seq > self.board.cursor.seq]
        self.travel(next(iter(after or marks), None), "nothing is marked: m marks an event")

    def action_marks(self) -> None:
        """Choose among the marks."""
        marks = self.board.marks()
        if not marks:
            self.notify("nothing is marked: m marks an event", timeout=2)
            return
        entries = [Entry(f"#{seq:,}", partial(self.travel, seq, ""), note) for seq, note in marks.items()]
        self.app.push_screen(Menu("marks", entries))

    # filters from what is under the cursor

    def action_only_buffer(self) -> None:
        """Show only messages about the chosen buffer, or again all."""
        from vdmabuf_inspect.views.narrowing import only_buffer

        self._narrow(only_buffer(self.board.session, self.board.chosen_buffer()), "no buffer is chosen")

    def action_only_chain(self) -> None:
        """Show only messages of this chain, or again all."""
        from vdmabuf_inspect.views.narrowing import only_chain

        self._narrow(only_chain(self.board.session, self.board.event - 1), "this event is of no chain")

    def action_hide_command(self) -> None:
        """Hide all messages with this one's command, or show them again."""
        from vdmabuf_inspect.views.narrowing import hide_command

        self._narrow(hide_command(self.board.session, self.board.event - 1), "this event is no message")

    def _narrow(self, piece: str, nothing: str) -> None:
        from vdmabuf_inspect.views.narrowing import toggled

        if not self.board.event or not piece:
            self.notify(nothing, timeout=2)
            return
        chosen = self.board.selection
        old = chosen.text if chosen is not None and self.board.filter_on else ""
        self.apply_filter(toggled(old, piece))

    def action_narrow(self) -> None:
        """Choose a filter that is made from the message and the field under the cursor."""
        from vdmabuf_inspect.views.narrowing import pieces

        row = self.board.event - 1
        if row < 0 or message_number(self.board.session, row) < 0:
            self.notify("this event is no message", timeout=2)
            return
        made = pieces(self.board.session, row, self.chosen_field())
        entries = [Entry(text, partial(self._narrow, text, "")) for text in made]
        self.app.push_screen(Menu("show only", entries))

    def chosen_field(self) -> Field | None:
        """The field under the cursor of the fields, None where they are not looked at."""
        raise NotImplementedError

    # filters with names

    def action_filters(self) -> None:
        """Choose a filter that has a name, give the present one a name, or forget one."""
        named = [word.partition(_IS) for word in self.remembered.get(_NAMED)]
        entries = [Entry(name, partial(self.tried, partial(self.apply_filter, text)), text) for name, _, text in named]
        if self.board.selection is not None:
            entries.append(Entry("give the present filter a name", partial(self.ask, self.name_question)))
        entries += [Entry(f"forget {name}", partial(self._forget, name)) for name, _, _ in named]
        if not entries:
            self.notify("no filter has a name yet: set one with /, then give it a name here", timeout=3)
            return
        self.app.push_screen(Menu("filters", entries))

    def _name_filter(self, name: str) -> None:
        chosen = self.board.selection
        if name and chosen is not None:
            self._forget(name)
            self.remembered.add(_NAMED, f"{name}{_IS}{chosen.text}")
            self.notify(f"the filter is called {name}", timeout=2, markup=False)

    def _forget(self, name: str) -> None:
        kept = [word for word in self.remembered.get(_NAMED) if word.partition(_IS)[0] != name]
        self.remembered.put(_NAMED, kept)
