"""Readers of a log that somebody writes."""

from threading import Thread

import numpy as np
import pytest

from vdmabuf_inspect.model.columns import Array, Log

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


def test_what_was_written_to_logs_beside_each_other_is_published_at_one_instant() -> None:
    events = Log(1, chain=np.int64)
    chains = Log(1, beside=events, event=np.int64)
    for row in range(3):
        assert chains.write(1, event=row) == row
        assert (len(events), len(chains)) == (row, row), "nobody sees it yet"
        events.append(1, chain=row)
        assert (len(events), len(chains)) == (row + 1, row + 1)
    assert chains.event.tolist() == events.chain.tolist() == [0, 1, 2]


def test_a_column_that_grows_while_it_is_taken_ends_where_it_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    log = Log(2, row=np.int64)
    log.append(1, row=7)

    class Columns(dict[str, Array]):
        """Somebody appends, more than there is room for, when a column was found and not taken yet."""

        def __getitem__(self, name: str) -> Array:
            found = super().__getitem__(name)
            monkeypatch.setattr(log, "_columns", dict(self))
            log.append(9, row=8)
            return found

    monkeypatch.setattr(log, "_columns", Columns(log._columns))
    assert log.row.tolist() == [7]
    assert len(log) == 10
