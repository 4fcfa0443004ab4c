"""The fields of findings; a place counts findings in event order."""

from collections.abc import Callable

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.evidence import evidence
from vdmabuf_inspect.views.filter.fields import Field, Table, by_name, lifted
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.kinds.quantities import Number
from vdmabuf_inspect.views.filter.rows import Rows
from vdmabuf_inspect.views.filter.tables.events import placed
from vdmabuf_inspect.views.filter.tables.identity import NAME, PARTS, to_buffers
from vdmabuf_inspect.views.filter.tables.judgement import JUDGED


def _column(name: str) -> Callable[[Rows], Array]:
    return lambda rows: np.asarray(getattr(rows.session.findings, name)[rows.index])


def _rows(session: Session, start: int, stop: int, seq: int) -> Rows:
    return Rows(session, evidence(session).order[start:stop], seq)


_BUFFERS = to_buffers(_column("object"))
FINDINGS = Table(
    "findings",
    _rows,
    by_name(
        *placed(_column("row"), _column("qid")),
        *JUDGED,
        Field("count", Number(), "how often a standing condition held", lambda r: Values(_column("count")(r))),
        *lifted((NAME,), _BUFFERS),
        *lifted(PARTS, _BUFFERS, "buffer."),
    ),
    {"time_ns": "time", "id": "buffer.id", "key": "buffer.key"},
)
