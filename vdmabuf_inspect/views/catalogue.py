"""Views and exporters that come from plugins, by name."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.formats.table import Listing

MakeRows = Callable[[Session, int], Iterable[Row]]
"""Rows of a view as of a sequence number, each with every column by name."""
Export = Callable[[Session, Array, Path], int]
"""Writes the messages with these rows (int64[n], of the message log) to a path; how many things it wrote."""


@dataclass(frozen=True)
class ExtraView:
    """A table that a plugin makes of a session."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: MakeRows


@dataclass(frozen=True)
class Exporter:
    """A file format that a plugin writes; `suffix` (`.pcap`) chooses it."""

    name: str
    title: str
    suffix: str
    write: Export


VIEWS: dict[str, ExtraView] = {}
EXPORTERS: dict[str, Exporter] = {}


def listing(view: ExtraView, session: Session, seq: int | None = None) -> Listing:
    """A plugin's view as of a moment, in memory."""
    return Listing(view.name, view.columns, list(view.rows(session, session.seq if seq is None else seq)))
