"""A session written as a capture, with the marks, whole or in part."""

from pathlib import Path

import numpy as np

from vdmabuf_inspect.capture.extraction import write_capture
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.tui.errand import Errand
from vdmabuf_inspect.views.extract import records


def save(session: Session, path: Path, rows: Array | None = None, why: str = "", errand: Errand | None = None) -> int:
    """Write these event rows (int64[k], None for all); how many. `why` is noted at the first. Raises InspectError."""
    chosen = np.arange(session.seq) if rows is None else rows
    queues = {(queue.device, queue.index): queue.name for queue in session.queues.queues}
    told = (errand or Errand("saving")).counted(records(session, chosen, why), len(chosen))
    return write_capture(path, queues, told)
