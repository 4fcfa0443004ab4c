"""What fields mean and in what they are counted, said beside their declarations."""

from collections.abc import Iterable
from typing import Any

from construct import Construct, Renamed, Subconstruct

from vdmabuf_inspect.model.amounts import size

_SCALES = {"bytes": 1, "sectors": 512, "KiB": 1 << 10}
"""Units of which many are easier to read as bytes."""
_FILLER = "means nothing: it keeps what follows in its place"
_FILLERS = ("padding", "reserved", "unused")

Said = str | tuple[str, str]
"""A sentence, or a sentence and the unit of the field's number."""


class Counted(Subconstruct):  # type: ignore[misc]
    """A number of something: parsed and built as the integer that it is."""

    def __init__(self, subcon: Construct, unit: str) -> None:
        super().__init__(subcon)
        self.unit = unit


def explained(source: str, fields: Iterable[Any], **said: Said) -> tuple[Any, ...]:
    """The same fields with what each means, by name, and where that is said; `flags[2]` has what `flags` has.

    Padding and reserved fields need no sentence. Raises ValueError for a sentence about a field that is not there.
    """
    fields = tuple(fields)
    unknown = set(said) - {_stem(field) for field in fields}
    if unknown:
        raise ValueError(f"no field is called {' or '.join(sorted(unknown))}")
    return tuple(_explained(field, said.get(_stem(field)), source) for field in fields)


def docs_of(layout: Any, path: str) -> str:
    """What a layout says about the field at a dotted path: of the innermost part that says something."""
    found = ""
    for name in path.split("."):
        layout = next((sub for sub in getattr(layout, "subcons", ()) if sub.name == name), None)
        found = str(getattr(layout, "docs", "") or "") or found
    return found if layout is not None else ""


def counted(value: int, unit: str) -> str:
    """The number in words: `512 bytes`, `8192 (8.0 KiB)`, `20 us`."""
    scale = _SCALES.get(unit, 0)
    return f"{value} ({size(value * scale)})" if value * scale >= 1 << 10 else f"{value} {unit}"


def _stem(field: Any) -> str:
    return str(field.name).partition("[")[0]


def _explained(field: Any, said: Said | None, source: str) -> Any:
    if said is None:
        return field * f"{_FILLER} ({source})" if field.name.startswith(_FILLERS) and not field.docs else field
    sentence, unit = (said, "") if isinstance(said, str) else said
    layout = Counted(field.subcon, unit) if unit else field.subcon
    return Renamed(layout, newname=field.name, newdocs=f"{sentence} ({source})")
