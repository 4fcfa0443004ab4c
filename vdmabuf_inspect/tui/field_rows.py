"""One event's detail as rows: what is wrong with it, its field tree, its facts, its descriptors."""

from collections.abc import Iterable
from textwrap import wrap
from typing import Any, NamedTuple

from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.tui.palette import GLYPHS
from vdmabuf_inspect.tui.printable import printable
from vdmabuf_inspect.tui.rows import ListRows
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.detail import Detail, Judgement
from vdmabuf_inspect.views.pieces import Piece

_ADDRESSES = ("reference", "addr", "address")
"""How fields are called whose value, in hex, is an address of guest memory."""
COLUMNS = (Column("name", "field", 18), Column("text", "value", 24), Column("place", "bytes", 7, right=True))


class Lit(NamedTuple):
    """Bytes to light up; `size` 0 is none."""

    offset: int = 0
    size: int = 0


def field_rows(detail: Detail | None, room: int = 60) -> ListRows:
    """Rows with `kind`, `path`, `name`, `text`, `place` and `lit`; none for no event. Findings wrap at `room` cells."""
    if detail is None:
        return ListRows(COLUMNS)
    rows = [row for judgement in detail.judgements for row in _judgement(judgement, room)]
    rows += _tree(detail.fields)
    rows += [_plain("fact", name, text) for name, text in detail.facts]
    rows += [_piece(piece, place) for place, piece in enumerate(detail.pieces)]
    return ListRows(COLUMNS, rows)


def row_of_byte(rows: ListRows, offset: int) -> int | None:
    """The smallest field that holds the byte at `offset`; None when no field does."""
    holding = [
        (row["lit"].size, i)
        for i, row in enumerate(rows.rows)
        if row["lit"].offset <= offset < row["lit"].offset + row["lit"].size
    ]
    return min(holding)[1] if holding else None


def row_of_path(rows: ListRows, path: str) -> int:
    """The row with this path, the first field when there is none."""
    paths = [row["path"] for row in rows.rows]
    if path in paths:
        return paths.index(path)
    return next((i for i, row in enumerate(rows.rows) if row["kind"] == "field"), 0)


def _tree(fields: tuple[Field, ...]) -> Iterable[Row]:
    """Fields under headings for the groups that they are in; the message's own body (`op`) needs none."""
    rows: list[Row] = []
    seen: set[str] = set()
    for field in fields:
        path = field.path.removeprefix("op.")
        group, _, name = path.rpartition(".")
        whole = path in {f.path.removeprefix("op.").rpartition(".")[0] for f in fields}
        if group and group not in seen and group not in {f.path.removeprefix("op.") for f in fields}:
            rows.append(_field(group, f"▾ {group}", "", _extent(fields, group)))
        seen.add(group)
        indent = "▾ " if whole else "    " if group else "  "
        found = _field(path, f"{indent}{name}", field.text, Lit(field.offset, field.size))
        rows.append({**found, "address": int(str(field.value), 16)} if name.endswith(_ADDRESSES) else found)
    return rows


def _extent(fields: tuple[Field, ...], group: str) -> Lit:
    mine = [f for f in fields if f.path.removeprefix("op.").startswith(f"{group}.")]
    first = min(f.offset for f in mine)
    return Lit(first, max(f.offset + f.size for f in mine) - first)


def _field(path: str, name: str, text: str, lit: Lit) -> Row:
    return {
        "kind": "field", "path": path, "name": name, "text": text, "place": f"{lit.offset}+{lit.size}", "lit": lit,
    }  # fmt: skip


def _plain(kind: str, name: str, text: str) -> dict[str, Any]:
    return {"kind": kind, "path": name, "name": f"  {name}", "text": text, "place": "", "lit": Lit()}


def _judgement(judgement: Judgement, room: int) -> Iterable[Row]:
    doubt = "" if judgement.confidence == "certain" else " (possible)"
    lines = wrap(f"{printable(judgement.sentence)}{doubt}", max(room, 16)) or [""]
    for line in lines:
        name = f"{GLYPHS[judgement.severity]} {judgement.code}" if line is lines[0] else ""
        yield _plain(judgement.severity, judgement.code, line) | {"name": name}


def _piece(piece: Piece, place: int) -> Row:
    """A descriptor of the chain; it leads to its memory. Its path is the same in a chain of other descriptors."""
    lit = Lit(piece.offset, piece.size)
    shown = f"{lit.offset}+{lit.size}" if lit.size else ""
    indent = "    " if piece.descriptor.table else "  "
    path = f"{piece.name.partition(' ')[0]} {place}"
    found = _plain("fact", path, piece.text)
    return {**found, "name": indent + piece.name, "place": shown, "lit": lit, "address": piece.descriptor.addr}
