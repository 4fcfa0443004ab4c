"""What the prompt asks for on the workbench: a filter, or where to go."""

from textual.binding import Binding

from vdmabuf_inspect.errors import FilterError, UsageError
from vdmabuf_inspect.tui.keys import KEYS
from vdmabuf_inspect.tui.screens.travel import Travel
from vdmabuf_inspect.tui.widgets.prompt import Prompt, Question
from vdmabuf_inspect.views.names import find_buffer

_LETTERS = {binding.action.partition("(")[0] for binding in KEYS if isinstance(binding, Binding)}


def check_filter(text: str) -> None:
    """Raises FilterError for text that is no filter of the messages; empty text is one."""
    from vdmabuf_inspect.views.filter import compile_filter

    if text.strip():
        compile_filter(text, "messages")


def complete_filter(text: str, at: int) -> list[str]:
    """The text with each of the words that may stand before the cursor."""
    from vdmabuf_inspect.views.filter import complete, word_at

    begin, end = word_at(text, at)
    return [f"{text[:begin]}{word}{text[end:]}" for word in complete(text, at, "messages")]


class Asking(Travel):
    """A screen with a prompt."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.filter_question = Question(
            "filter", "Enter shows the messages that match, an empty line all", check_filter, complete_filter
        )
        self.goto_question = Question("go to", "an event number, or a buffer such as 7:42", self.check_place)

    @property
    def prompt(self) -> Prompt:
        """The prompt."""
        return self.query_one(Prompt)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, keys are letters."""
        return None if self.prompt.asking and action in _LETTERS else True

    def action_filter(self) -> None:
        """Ask for a filter."""
        chosen = self.board.selection
        self.prompt.ask(self.filter_question, chosen.text if chosen else "")

    def action_toggle_filter(self) -> None:
        """Show all messages, or again only those that match."""
        self.board.filter_on = not self.board.filter_on
        self.changed()

    def action_goto(self) -> None:
        """Ask where to go."""
        self.prompt.ask(self.goto_question)

    def on_prompt_answered(self, event: Prompt.Answered) -> None:
        """Do what was asked for."""
        if event.question is self.goto_question:
            self.travel(self.place(event.text), "")
            return
        try:
            self.board.set_filter(event.text)
        except FilterError as error:
            self.notify(str(error), severity="error", markup=False)
        self.changed()

    def check_place(self, text: str) -> None:
        """Raises UsageError for text that names no event and no buffer."""
        if text.strip():
            self.place(text)

    def place(self, text: str) -> int | None:
        """The event that the text names: its number, or a buffer's first event. Raises UsageError."""
        text = text.strip().removeprefix("#").replace(",", "")
        if text.isdecimal():
            return self._number(int(text))
        if not text:
            return None
        found = find_buffer(self.board.session, text)
        if not found:
            raise UsageError(f"no event and no buffer is called {text!r}")
        return int(self.board.session.objects.first[found[0]]) + 1

    def _number(self, seq: int) -> int:
        end = self.board.cursor.end
        if not 1 <= seq <= end:
            raise UsageError(f"events are 1 to {end:,}")
        return seq
