"""What the rules found: by rule and culprit, and what the user does not want to hear of."""

from functools import partial

from vdmabuf_inspect.tui.screens.hunting import Hunting
from vdmabuf_inspect.tui.screens.menu import Entry, Menu
from vdmabuf_inspect.tui.widgets.panes import FindingTable
from vdmabuf_inspect.views.detail import judgements
from vdmabuf_inspect.views.names import buffer_name


class Judging(Hunting):
    """A screen whose findings can be grouped and silenced."""

    def action_rules(self) -> None:
        """The findings by rule or culprit, with the rule's page."""
        from vdmabuf_inspect.tui.screens.broken import Broken

        self.app.push_screen(Broken(self.board), self._judged)

    def _judged(self, seq: int | None) -> None:
        self.changed()
        if seq:
            self.travel(seq, "")
            self.board.cursor.stay()

    def action_silence(self) -> None:
        """Choose what to hear no more of: the rules at this event, its buffer; or what to hear of again."""
        board = self.board
        known, names = board.silenced.names, self._heard_here()
        entries = [Entry(f"silence {name}", partial(self._silence, name)) for name in names if name not in known]
        entries += [Entry(f"hear {name} again", partial(self._silence, name, True)) for name in reversed(known)]
        if len(known) > 1:
            entries.append(Entry("hear everything again", partial(self._silence, "")))
        if not entries:
            self.notify("there is nothing to silence here: go to a finding", timeout=2)
            return
        self.app.push_screen(Menu("for this session", entries))

    def _heard_here(self) -> list[str]:
        """Rules and buffer of the event, and before them those of the finding under the cursor, if it is looked at."""
        board, table = self.board, self.focused
        codes = [j.code for j in judgements(board.session, board.event - 1)] if board.event else []
        buffers = [buffer_name(board.session, board.chosen_buffer())]
        if isinstance(table, FindingTable) and table.cursor >= 0:
            row = table.rows.row(table.rows.index(table.cursor))
            codes, buffers = [row["rule"], *codes], [row["buffer"], *buffers]
        return list(dict.fromkeys(filter(None, [*codes, *buffers])))

    def _silence(self, name: str, heard: bool = False) -> None:
        self.board.silence(name, heard)
        self.changed()
