"""What the prompt asks for on the workbench: a filter, or where to go; and what takes a while to answer."""

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from vdmabuf_inspect.errors import InspectError, UsageError
from vdmabuf_inspect.tui.errand import EndedError, Errand, Work
from vdmabuf_inspect.tui.keys import KEYS
from vdmabuf_inspect.tui.remembered import Remembered
from vdmabuf_inspect.tui.screens.travel import Travel
from vdmabuf_inspect.tui.widgets.bars import StatusBar
from vdmabuf_inspect.tui.widgets.prompt import Offers, Prompt, Question

if TYPE_CHECKING:
    from vdmabuf_inspect.views.search import Search

_LETTERS = {binding.action.partition("(")[0] for binding in KEYS if isinstance(binding, Binding)}
_TOLD_S = 0.1
"""Between two looks at how far an errand is."""


def check_filter(text: str) -> None:
    """Raises FilterError for text that is no filter of the messages; empty text is one."""
    from vdmabuf_inspect.views.filter import compile_filter

    if text.strip():
        compile_filter(text, "messages")


def complete_filter(text: str, at: int) -> Offers:
    """The words that may stand before the cursor."""
    from vdmabuf_inspect.views.filter import complete, word_at

    return Offers(*word_at(text, at), complete(text, at, "messages"))


class Asking(Travel):
    """A screen with a prompt."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.filter_question = Question(
            "filter", "Enter shows the messages that match, an empty line all; ↑ earlier ones", check_filter,
            complete_filter, self.apply_filter, "filter",
        )  # fmt: skip
        self.goto_question = Question(
            "go to", "an event number, a time 1.25s, a buffer 7:42, an address 0x84000", self.check_place,
            answer=self._go_to,
        )  # fmt: skip

    @property
    def remembered(self) -> Remembered:
        """What is remembered from one run to the next."""
        return self.board.remembered

    @property
    def prompt(self) -> Prompt:
        """The prompt."""
        return self.query_one(Prompt)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While something is typed, keys are letters."""
        return None if self.prompt.asking and action in _LETTERS else True

    def ask(self, question: Question, text: str = "") -> None:
        """Ask a question, with what was answered to it in earlier runs."""
        if question.kept and not question.history:
            question.history[:] = self.remembered.get(question.kept)
        self.app.clear_notifications()
        self.prompt.ask(question, text)

    def on_prompt_answered(self, event: Prompt.Answered) -> None:
        """Do what was asked for."""
        if event.question.kept and event.text:
            self.remembered.add(event.question.kept, event.text)
        self.tried(lambda: event.question.answer(event.text))

    def tried(self, act: Callable[[], None]) -> None:
        """Do something; what prevents it is said in one line."""
        try:
            act()
        except InspectError as error:
            self.notify(str(error), severity="error", markup=False)

    def action_filter(self) -> None:
        """Ask for a filter."""
        chosen = self.board.selection
        self.ask(self.filter_question, chosen.text if chosen else "")

    def apply_filter(self, text: str) -> None:
        """Show the messages that match. Raises FilterError."""
        self.board.set_filter(text)
        self.changed()

    def action_toggle_filter(self) -> None:
        """Show all messages, or again only those that match."""
        self.board.filter_on = not self.board.filter_on
        self.changed()

    def action_goto(self) -> None:
        """Ask where to go."""
        self.ask(self.goto_question)

    def _go_to(self, text: str) -> None:
        from vdmabuf_inspect.views.search import search_address

        found = search_address(text.strip())
        if found is not None and self.place(text) is None:
            self.seek(found, 0, 1, f"no descriptor covers {text}")
        else:
            self.travel(self.place(text), "")

    def check_place(self, text: str) -> None:
        """Raises UsageError for text that names no event, no time, no buffer and no address."""
        from vdmabuf_inspect.views.search import search_address

        if text.strip() and search_address(text.strip()) is None and self.place(text) is None:
            raise UsageError(f"no event, time, buffer or address is called {text.strip()!r}")

    def place(self, text: str) -> int | None:
        """The event that the text names, None for none. Raises UsageError."""
        from vdmabuf_inspect.views.whereabouts import place_of

        return place_of(self.board.session, text, self.board.cursor.end)

    def seek(self, wanted: "Search", seq: int, step: int, nothing: str) -> None:
        """Go to the nearest event that fits, after or before `seq`, and then from the other end on; it is looked for
        beside the screen.
        """
        session, end = self.board.session, self.board.cursor.end

        def walk(errand: Errand) -> int | None:
            for begin, last in ((seq, end), (0, seq) if step > 0 else (end + 1, end)):
                for done, found in wanted.walk(session, begin, step, last):
                    errand.at(done)
                    if found is not None:
                        return found
            return None

        def arrive(found: int | None) -> None:
            self.travel(found, nothing)
            self.tell_round(found, seq, step)

        self.begin(f"searching {wanted.text}", walk, arrive)

    def begin(self, name: str, work: Work, then: Callable[[Any], None]) -> None:
        """Do `work` in a thread, then `then` with its value; Esc ends it. One at a time: a new one ends the old."""
        self.end_errand()
        errand = self.board.errand = Errand(name)
        told = self.set_interval(_TOLD_S, self.query_one(StatusBar).refresh)

        def over(act: Callable[[], None]) -> None:
            told.stop()
            if self.board.errand is errand:
                self.board.errand = None
            self.query_one(StatusBar).refresh()
            self.tried(act)

        self.run_worker(lambda: self.app.call_from_thread(over, _outcome(errand, work, then)), thread=True)

    def end_errand(self) -> bool:
        """End what runs beside the screen; whether anything did."""
        errand = self.board.errand
        if errand is not None:
            errand.end()
        return errand is not None


def _outcome(errand: Errand, work: Work, then: Callable[[Any], None]) -> Callable[[], None]:
    """In the thread: do the work; what is to be done about it on the screen."""

    def fail(error: InspectError) -> None:
        raise error

    try:
        value = work(errand)
    except EndedError:
        return lambda: None
    except InspectError as error:
        wrong = error
        return lambda: fail(wrong)
    except Exception as error:  # a bug of ours is told, and the screen goes on
        logging.getLogger(__name__).exception("%s", errand.name)
        bug = InspectError(f"{errand.name}: internal error: {type(error).__name__}: {error}; please report it")
        return lambda: fail(bug)
    return lambda: then(value)
