"""Rows of a source that grows, printed as they come."""

from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.cli.printing import heading, lines

if TYPE_CHECKING:
    from vdmabuf_inspect.model.columns import Array
    from vdmabuf_inspect.session.session import Session
    from vdmabuf_inspect.views.base import View

STREAMED = ("messages", "control", "findings")
"""Views whose rows are printed as they come: those of events of which all is known, up to what only the end tells."""


class Stream:
    """Prints what is new in a view each time it is polled; at most `--limit` rows."""

    def __init__(self, args: Namespace, session: "Session", kind: "type[View]") -> None:
        """Raises FilterError."""
        self._args = args
        self._session = session
        self._kind = kind
        self._done = 0
        self._left = args.limit
        self._titled = False
        self._filter = None
        if args.filter is not None:
            from vdmabuf_inspect.views.filter import compile_filter

            self._filter = compile_filter(args.filter, kind.name)

    def poll(self) -> bool:
        """Print the rows that came since; whether these were all that are wanted. Raises ClosedError."""
        write(self._lines())
        return self._left is not None and not self._left

    def _lines(self) -> Iterator[str]:
        view = self._kind(self._session, None if self._kind.name == "findings" else self._session.whole)
        rows = self._new(view)
        if not self._titled and self._session.seq:
            self._titled = True
            yield from heading(self._args, view, source=self._args.source, live=True)
        if self._left is not None:
            rows = rows[: self._left]
            self._left -= len(rows)
        if len(rows):
            yield from lines(self._args, self._kind(self._session, None, rows), 0, len(rows))

    def _new(self, view: "View") -> "Array":
        """int64[k]: the view's rows that were not there the last time and pass the filter, ascending."""
        import numpy as np

        total = view.total()
        if view.name == "findings":
            order = view.session.findings.row.argsort(kind="stable")[:total]
            rows = np.flatnonzero(order >= self._done)
        else:
            rows = np.arange(self._done, total)
        self._done = total
        if self._filter is None or not len(rows):
            return rows
        first = int(rows[0])
        return rows[self._filter.mask(self._session, first, int(rows[-1]) + 1)[rows - first]]
