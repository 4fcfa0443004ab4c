"""The findings by rule or by culprit, what the rule under the cursor says, and where it was broken."""

from dataclasses import replace
from typing import ClassVar

from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, VerticalScroll
from textual.screen import Screen
from textual.widgets import Static

from vdmabuf_inspect.rules.registry import RULES, Rule
from vdmabuf_inspect.tui.board import Board
from vdmabuf_inspect.tui.keys import HELP
from vdmabuf_inspect.tui.palette import GLYPHS
from vdmabuf_inspect.tui.printable import printable
from vdmabuf_inspect.tui.rows import ListRows
from vdmabuf_inspect.tui.widgets.bars import KeyBar
from vdmabuf_inspect.tui.widgets.row_table import RowTable
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.formats.rule_page import clause_text
from vdmabuf_inspect.views.grouping import COLUMNS, GROUPINGS, Group, groups

_LOOKS_A_SECOND = 4
_CLOSE = "escape,q,r"


class Groups(RowTable):
    """The groups; the worst severity in its colour."""

    def __init__(self) -> None:
        keep = ("severity", "name", "count", "slug", "first", "last")
        super().__init__(ListRows(COLUMNS), keep=keep, stretch="slug", least=20, empty="no finding", id="groups")

    def ink(self, column: Column, row: Row) -> str:
        """Severity and count stand out."""
        return row["ink"] if column.name in ("severity", "name") else ""

    def show_by(self, by: str, rows: list[Row]) -> None:
        """Show groups under a heading of their own."""
        self._fit_width = -1  # the columns are chosen again
        self.show(ListRows(tuple(replace(c, title=by) if c.name == "name" else c for c in COLUMNS), rows))


class Instances(RowTable):
    """Where the group's rules were broken."""

    def __init__(self, board: Board) -> None:
        keep = ("seq", "message", "rule", "buffer", "queue", "confidence", "culprit")
        view = FindingsView(board.session)
        super().__init__(view, keep=keep, stretch="message", least=24, empty="no finding", id="instances")


class Broken(Screen[int | None]):
    """Dismissed with the sequence number to go to, None for none."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"broken--part", "broken--title"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(_CLOSE, "dismiss", "Back", id="broken.close", key_display="esc"),
        Binding("o", "group", "By rule or culprit", id="broken.group"),
        Binding("S", "silence", "Silence", id="broken.silence", tooltip="hear no more of this rule in this session"),
        Binding("u", "undo", "Hear again", id="broken.undo", tooltip="hear again of what was silenced last"),
        HELP,
        Binding("tab", "other(1)", "Other list, page", id="broken.other"),
        Binding("shift+tab", "other(-1)", "", show=False, id="broken.before", tooltip="the list before"),
    ]

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self.by = GROUPINGS[0]
        self.groups: list[Group] = []
        self._seen: tuple[object, ...] = ()

    def compose(self) -> ComposeResult:
        """Groups and instances above each other, the page beside them."""
        with Container(id="broken"):
            with Container(id="broken-lists"):
                yield Groups()
                yield Instances(self.board)
            with VerticalScroll(id="rule-page"):
                yield Static(id="rule-text", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Look now, and while more comes."""
        self.look()
        self.query_one(Groups).focus()
        self.set_interval(1 / _LOOKS_A_SECOND, self.look)

    def look(self) -> None:
        """Take up what is new."""
        session, end = self.board.session, self.board.cursor.end
        seen = (self.by, self.board.generation, len(session.findings), end)
        if seen == self._seen:
            return
        self._seen = seen
        self.groups = groups(session, self.by, end)
        table = self.query_one(Groups)
        table.show_by(self.by, [_row(group) for group in self.groups])
        silenced = evidence(session).silenced
        quiet = f" · {silenced:,} silenced, u to hear them" if silenced else ""
        table.border_title = f" {sum(len(g.places) for g in self.groups):,} findings by {self.by}{quiet} "
        self.tell()

    @property
    def group(self) -> Group | None:
        """The group under the cursor."""
        at = self.query_one(Groups).cursor
        return self.groups[at] if 0 <= at < len(self.groups) else None

    def tell(self) -> None:
        """Show the instances and the page of the group under the cursor."""
        group, table = self.group, self.query_one(Instances)
        places = group.places if group else evidence(self.board.session).order[:0]
        table.show(FindingsView(self.board.session, self.board.cursor.end, places))
        table.border_title = f" {group.name} {_times(len(places))} " if group else " nowhere "
        self._page(self._rule())

    @property
    def _finding(self) -> Row | None:
        """The finding under the cursor of the instances."""
        table = self.query_one(Instances)
        return table.rows.row(max(0, table.cursor)) if len(table.rows) else None

    def _rule(self) -> Rule | None:
        found = self._finding
        return RULES[found["rule"]] if found is not None else None

    def _page(self, rule: Rule | None) -> None:
        page = Text()
        if rule is not None:
            title = self.get_component_rich_style("broken--title", partial=True)
            page.append(f"{rule.code} {rule.slug}\n", title)
            page.append(f"{rule.severity.name.lower()} · {rule.culprit.value} · {clause_text(rule.clause)}\n")
            found = self._finding
            if found is not None:
                page.append(f"\nHere, at event {found['seq']:,}\n", self._part)
                unsure = "" if found["confidence"] == "certain" else f" ({found['confidence']})"
                page.append(f"{printable(found['message'])}{unsure}\n")
            for part, text in rule.page.items():
                page.append(f"\n{part}\n", self._part)
                page.append(f"{text}\n")
        self.query_one("#rule-text", Static).update(page)

    @property
    def _part(self) -> Style:
        return self.get_component_rich_style("broken--part", partial=True)

    def row_moved(self, table: RowTable, row: int, end: bool) -> None:
        """Another group: its instances and its page; another instance: its rule's page."""
        if isinstance(table, Groups):
            self.tell()
        else:
            self._page(self._rule())

    def on_row_table_chosen(self, event: RowTable.Chosen) -> None:
        """A group opens its instances, an instance is gone to."""
        event.stop()
        if isinstance(event.table, Groups):
            self.query_one(Instances).focus()
        else:
            self.dismiss(event.table.seq)

    def action_group(self) -> None:
        """By rule, or by culprit."""
        self.by = GROUPINGS[(GROUPINGS.index(self.by) + 1) % len(GROUPINGS)]
        self.look()

    def action_silence(self) -> None:
        """Hear no more of the rule."""
        rule = self._rule()
        if rule is not None:
            self.board.silence(rule.code)
            self.look()

    def action_undo(self) -> None:
        """Hear again of what was silenced last."""
        if self.board.silenced.names:
            self.board.silence(self.board.silenced.names[-1], heard=True)
            self.look()

    def action_other(self, step: int) -> None:
        """From the groups to the instances, to the page, and back."""
        panes = [self.query_one(name) for name in ("#groups", "#instances", "#rule-page")]
        at = panes.index(self.focused) if self.focused in panes else 0
        panes[(at + step) % len(panes)].focus()

    def action_dismiss(self, result: int | None = None) -> None:  # type: ignore[override]
        """Back to where it was."""
        self.dismiss(result)


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count:,} times"


def _row(group: Group) -> Row:
    severity = group.severity.name.lower()
    return {
        "severity": GLYPHS[severity], "ink": severity, "name": group.name, "count": len(group.places),
        "first": group.first, "last": group.last, "slug": group.slug, "seq": 0,
    }  # fmt: skip
