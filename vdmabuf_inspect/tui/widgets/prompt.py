"""The transient line for a filter or an event number: it says at once whether what is typed makes sense."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input, Static

from vdmabuf_inspect.errors import FilterError, UsageError

Check = Callable[[str], None]


class Offers(NamedTuple):
    """Words that may stand in the place of the text from `begin` to `end`."""

    begin: int = 0
    end: int = 0
    words: list[str] = []  # noqa: RUF012  no caller changes it


Complete = Callable[[str, int], Offers]


@dataclass
class Question:
    """What is asked for. `check` raises UsageError for text that makes no sense; `complete` says what may stand at
    the cursor; `answer` does what was asked for, and may raise InspectError. `kept`: the name its history is
    remembered by.
    """

    label: str
    hint: str
    check: Check
    complete: Complete | None = None
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
        self._offers = Offers()
        self._taken = -1
        """Which of the offers stands in the line, -1 for what was typed."""
        self._completed = ""

    def compose(self) -> ComposeResult:
        """The label, the input and what is said of it."""
        yield Static("", id="prompt-label", markup=False)
        yield Input(id="prompt-input", compact=True, select_on_focus=False)
        yield Static("", id="prompt-verdict", markup=False)
        yield Static("", id="prompt-offers", markup=False)

    @property
    def input(self) -> Input:
        """Where the text is typed."""
        return self.query_one("#prompt-input", Input)

    @property
    def _label(self) -> str:
        return f" {self.question.label} ▸ "

    @property
    def asking(self) -> bool:
        """Whether it is shown."""
        return self.has_class("-asking")

    def ask(self, question: Question, text: str = "") -> None:
        """Show the prompt with a question."""
        self.question, self._recalled = question, len(question.history)
        self.query_one("#prompt-label", Static).update(self._label)
        self.styles.grid_columns = f"{len(self._label)} 1fr"
        self.set_class(question.complete is not None, "-offering")
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is completed where nothing is offered."""
        return action != "complete" or self.question.complete is not None

    def action_complete(self) -> None:
        """Take the first completion; again, the next."""
        text, at = self.input.value, self.input.cursor_position
        if self.question.complete is not None and not self._going_through(text, at):
            self._taken, self._offers = -1, self.question.complete(text, at)
        begin, end, words = self._offers
        if not words:
            return
        tail = text[end if self._taken < 0 else at :]
        self._taken = (self._taken + 1) % len(words)
        self._completed = f"{text[:begin]}{words[self._taken]}{tail}"
        self.input.value = self._completed
        self.input.cursor_position = begin + len(words[self._taken])

    def _going_through(self, text: str, at: int) -> bool:
        """Whether the line is as the last completion left it."""
        begin, _, words = self._offers
        return self._taken >= 0 and text == self._completed and at == begin + len(words[self._taken])

    def _judge(self, text: str) -> bool:
        """Say whether the text makes sense, and what could be written; whether it does."""
        self._offer(text)
        try:
            self.question.check(text)
        except UsageError as error:
            if text:
                self._say(text, error)
            else:
                self._hint("")
            return False
        self._hint("✔ " if text else "")
        return True

    def _hint(self, sign: str) -> None:
        self.set_class(False, "-bad")
        style = self.get_component_rich_style("prompt--quiet", partial=True)
        self._verdict(Text(f"{sign}{self.question.hint}", style))

    def _offer(self, text: str) -> None:
        """The words that may stand at the cursor; the same ones while they are gone through."""
        if self.question.complete is None:
            self._offers = Offers()
            return
        if self._taken < 0 or text != self._completed:
            self._taken, self._offers = -1, self.question.complete(text, self.input.cursor_position)
        self.query_one("#prompt-offers", Static).update(self._offered())

    def _offered(self) -> Text:
        """As many of the words as there is room for, the one that was taken among them."""
        quiet = self.get_component_rich_style("prompt--quiet", partial=True)
        bold = self.get_component_rich_style("prompt--good", partial=True)
        begin, end, words = self._offers
        line = Text(
            "" if words in ([], [self.input.value[begin:end]]) else "tab ▸ ", quiet, no_wrap=True, overflow="ellipsis"
        )
        for at, word in enumerate(words if line else ()):
            if at >= self._taken - 2:
                line.append(f"{word} ", bold if at == self._taken else quiet)
        return line

    def _say(self, text: str, error: UsageError) -> None:
        self.set_class(True, "-bad")
        column = error.column if isinstance(error, FilterError) else 1
        message = error.message if isinstance(error, FilterError) else str(error)
        style = self.get_component_rich_style("prompt--bad", partial=True)
        self._verdict(Text(pointed(message, len(self._label) + column - 1, self.size.width), style))

    def _verdict(self, text: Text) -> None:
        self.query_one("#prompt-verdict", Static).update(text)


def pointed(message: str, column: int, width: int) -> str:
    """A line with an arrow below screen column `column` and the message beside it, on the side where there is room."""
    if column + 4 + len(message) <= width:
        return f"{' ' * column}↑ ✖ {message}"
    if len(message) + 3 <= column < width:
        return f"{f'✖ {message} ':>{column}}↑"
    return f"✖ {message}"
