"""A compiled filter: masks and row numbers of one table."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter.binding import Binder
from vdmabuf_inspect.views.filter.fields import Table
from vdmabuf_inspect.views.filter.parser import parse
from vdmabuf_inspect.views.filter.questions import Test
from vdmabuf_inspect.views.filter.tables import TABLES

CHUNK = 1 << 20
Progress = Callable[[float], None]


@dataclass(frozen=True)
class Filter:
    """A filter for one table. Rows are the places that a view of that table counts.

    Comparisons with a value that is not there are false, != too: `pages != 1` leaves out what has no pages.
    """

    text: str
    table: Table
    test: Test

    def mask(self, session: Session, start: int, stop: int, seq: int | None = None) -> Array:
        """bool[stop - start]: which rows match as of `seq`, None for all that is known."""
        rows = self.table.rows(session, start, max(start, stop), session.seq if seq is None else seq)
        return self.test.mask(rows)

    def matches(self, session: Session, start: int, stop: int, seq: int | None = None) -> Array:
        """int64[k]: the matching rows from `start` to `stop`, ascending; of a table that grew, ask for the new rows.

        Findings go on being sorted into event order, and buffers change: of those ask for all rows again.
        """
        return np.flatnonzero(self.mask(session, start, stop, seq)) + start

    def select(
        self,
        session: Session,
        total: int,
        seq: int | None = None,
        chunk: int = CHUNK,
        progress: Progress | None = None,
        cancelled: Callable[[], bool] | None = None,
    ) -> Array:
        """int64[k]: the matching ones of the first `total` rows, ascending.

        Looks at `chunk` rows at a time; `progress` hears 0 to 1 after each, and once `cancelled` says so, what was
        found up to there is the result.
        """
        found = [np.empty(0, np.int64)]
        for start in range(0, total, chunk):
            if cancelled is not None and cancelled():
                break
            stop = min(total, start + chunk)
            found.append(self.matches(session, start, stop, seq))
            if progress is not None:
                progress(stop / total)
        return np.concatenate(found)


def compile_filter(text: str, table: str) -> Filter:
    """The filter that `text` says for a table (messages, chains, buffers, rings, control, findings).

    Raises FilterError, which knows the column, and UsageError for a table that cannot be filtered.
    """
    if table not in TABLES:
        raise UsageError(f"{table} cannot be filtered; {', '.join(TABLES)} can")
    chosen = TABLES[table]
    return Filter(text, chosen, Binder(text, chosen).bind(parse(text)))


def fields_help(table: str) -> list[tuple[str, str, str]]:
    """(name, kind, what it is) of every field of a table. Raises UsageError as `compile_filter` does."""
    if table not in TABLES:
        raise UsageError(f"{table} cannot be filtered; {', '.join(TABLES)} can")
    return [(f.name, f.kind.name, f.doc) for f in TABLES[table].fields.values()]
