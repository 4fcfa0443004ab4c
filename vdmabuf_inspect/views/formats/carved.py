"""Rings that were found in memory by their looks, as a table."""

from collections.abc import Iterable

from vdmabuf_inspect.sources.carved import Carved, queue_text
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.features import feature_names, features_of_id
from vdmabuf_inspect.views.formats.table import Listing

COLUMNS = (
    Column("score", "score", 5, right=True),
    Column("queue", "queue", 18),
    Column("kind", "kind", 6),
    Column("size", "size", 5, right=True),
    Column("desc", "desc", 12),
    Column("avail", "avail", 12),
    Column("used", "used", 12),
    Column("avail_idx", "avail idx", 9, right=True),
    Column("used_idx", "used idx", 9, right=True),
    Column("type", "known by", 28),
    Column("reasons", "reasons", 80, text="; ".join),
    *(Column(name, name, 12, shown=False) for name in ("device", "index", "features", "device_id", "option")),
)


def carved_table(found: Iterable[Carved]) -> Listing:
    """A row a ring, the best first; as JSON it is what `--rings` reads."""
    rows = [_row(each) for each in found]
    return Listing("carved", COLUMNS, sorted(rows, key=lambda row: -row["score"]))


def _row(found: Carved) -> Row:
    candidate, layout = found.candidate, found.layout
    return {
        "score": candidate.score,
        "queue": layout.name,
        "kind": "packed" if layout.packed else "split",
        "size": layout.size,
        "desc": hex(layout.desc),
        "avail": hex(layout.avail),
        "used": hex(layout.used),
        "avail_idx": None if layout.packed else candidate.avail_idx,
        "used_idx": None if layout.packed else candidate.used_idx,
        "type": found.why,
        "reasons": [reason.text for reason in candidate.reasons],
        "device": layout.name.rpartition("/")[0],
        "index": layout.index,
        "features": feature_names(layout.features, features_of_id(layout.device_id)),
        "device_id": layout.device_id,
        "option": queue_text(layout),
    }
