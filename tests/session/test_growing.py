"""Readers of a log that somebody writes."""

from threading import Thread

import numpy as np
import pytest

from vdmabuf_inspect.model.columns import Log

ROWS = 20_000


def test_columns_that_are_compared_with_each_other_stand_still() -> None:
    log = Log(1, first=np.int64, second=np.int64)
    writer = Thread(target=lambda: [log.append(1, first=row, second=-row) for row in range(ROWS)])
    writer.start()
    while writer.is_alive():
        still = log.still()
        assert len(np.flatnonzero((still.first >= 0) & (still.second <= 0))) == len(still)
    assert len(log) == ROWS
    with pytest.raises(AttributeError):
        _ = log.still().third
