"""The transient line for a filter or an event number: it says at once whether what is typed makes sense."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from vdmabuf_inspect.errors import FilterError, UsageError

Check = Callable[[str], None]
Complete = Callable[[str, int], list[str]]
_LABEL = 10
_OFFERED = 12


@dataclass
class Question:
    """What is asked for. `check` raises UsageError for text that makes no sense; `complete` offers whole texts;
    `answer` does what was asked for, and may raise InspectError. `kept`: the name its history is remembered by.
    """

    label: str
    hint: str
    check: Check
    complete: Complete = lambda text, at: []
    answer: Check = lambda text: None
    kept: str = ""
    history: list[str] = field(default_factory=list)


class Prompt(Vertical):
    """Shown while a question is asked; Enter answers, Esc gives up, up and down recall, Tab completes."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"prompt--good", "prompt--bad", "prompt--quiet"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "answer", "Apply", id="prompt.answer"),
        Binding("escape", "give_up", "Back", id="prompt.back"),
        Binding("up", "recall(-1)", "Earlier", id="prompt.earlier"),
        Binding("down", "recall(1)", "Later", id="prompt.later"),
        Binding("tab", "complete", "Complete", id="prompt.complete", priority=True),
    ]

    class Answered(Message):
        """The user answered a question with text that makes sense."""

        def __init__(self, question: Question, text: str) -> None:
            super().__init__()
            self.question, self.text = question, text

    class Closed(Message):
        """The prompt is gone."""

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self.question = Question("", "", lambda text: None)
        self._recalled = 0

    def compose(self) -> ComposeResult:
        """The label, the input and what is said of it."""
        yield Static("", id="prompt-label", markup=False)
        yield Input(id="prompt-input", compact=True, select_on_focus=False)
        yield Static("", id="prompt-verdict", markup=False)

    @property
    def input(self) -> Input:
        """Where the text is typed."""
        return self.query_one("#prompt-input", Input)

    @property
    def asking(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-asking")

    def ask(self, question: Question, text: str = "") -> None:
        """Show the prompt with a question."""
        self.question, self._recalled = question, len(question.history)
        self.query_one("#prompt-label", Static).update(f" {question.label} ▸"[:_LABEL].ljust(_LABEL))
        self.add_class("-asking")
        self.input.value = text
        self.input.cursor_position = len(text)
        self.input.focus()
        self._judge(text)

    def close(self) -> None:
        """Hide it."""
        self.remove_class("-asking")
        self.post_message(self.Closed())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._judge(event.value)

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.action_answer()

    def action_answer(self) -> None:
        """Take what is typed, if it makes sense."""
        text = self.input.value.strip()
        if not self._judge(text):
            self.app.bell()
            return
        if text and text not in self.question.history[-1:]:
            self.question.history.append(text)
        self.close()
        self.post_message(self.Answered(self.question, text))

    def action_give_up(self) -> None:
        """Close without an answer."""
        self.close()

    def action_recall(self, step: int) -> None:
        """An earlier or later answer."""
        history = self.question.history
        self._recalled = max(0, min(self._recalled + step, len(history)))
        text = history[self._recalled] if self._recalled < len(history) else ""
        self.input.value = text
        self.input.cursor_position = len(text)

    def action_complete(self) -> None:
        """Take the first completion; again, the next."""
        text, at = self.input.value, self.input.cursor_position
        offers = self.question.complete(text, at)
        if not offers:
            return
        self.input.value = offers[0]
        self.input.cursor_position = len(offers[0])

    def _judge(self, text: str) -> bool:
        """Say whether the text makes sense; whether it does."""
        try:
            self.question.check(text)
        except UsageError as error:
            self._say(text, error)
            return False
        self.set_class(False, "-bad")
        self._verdict(Text(f"✔ {self.question.hint}", self.get_component_rich_style("prompt--quiet", partial=True)))
        return True

    def _say(self, text: str, error: UsageError) -> None:
        self.set_class(True, "-bad")
        column = error.column if isinstance(error, FilterError) else 1
        message = error.message if isinstance(error, FilterError) else str(error)
        style = self.get_component_rich_style("prompt--bad", partial=True)
        self._verdict(Text(pointed(message, _LABEL + column - 1, self.size.width), style))

    def _verdict(self, text: Text) -> None:
        self.query_one("#prompt-verdict", Static).update(text)


def pointed(message: str, column: int, width: int) -> str:
    """A line with an arrow below screen column `column` and the message beside it, on the side where there is room."""
    if column + 4 + len(message) <= width:
        return f"{' ' * column}↑ ✖ {message}"
    if len(message) + 3 <= column < width:
        return f"{f'✖ {message} ':>{column}}↑"
    return f"✖ {message}"
