"""What a filter sees is what the views show: every field against the view's own rows, every table's."""

from typing import Any

import pytest

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import View
from vdmabuf_inspect.views.buffers import BuffersView
from vdmabuf_inspect.views.chains import ChainsView
from vdmabuf_inspect.views.filter import compile_filter, fields_help
from vdmabuf_inspect.views.findings import FindingsView
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.rings import RingsView

VIEWS: dict[str, type[View]] = {
    "messages": MessagesView, "chains": ChainsView, "buffers": BuffersView, "rings": RingsView,
    "findings": FindingsView,
}  # fmt: skip
SHOWN = {
    "messages": "seq queue direction command buffer size",
    "chains": "seq queue head kind state descriptors readable writable used_len latency_ns",
    "buffers": "buffer id vmid counter key state age_ns exports first_seq last_seq pages bytes presumed",
    "rings": "device queue index kind size desc avail used avail_idx used_idx in_flight missed",
    "findings": "seq rule slug severity confidence culprit queue buffer clause",
}
MOMENTS = (None, 28, 20, 0)


@pytest.mark.parametrize("table", VIEWS)
@pytest.mark.parametrize("at", MOMENTS)
def test_equality_finds_the_rows_that_show_the_value(session: Session, table: str, at: int | None) -> None:
    view = VIEWS[table](session, at)
    rows = [view.row(i) for i in range(len(view))]
    for name in SHOWN[table].split():
        for value in {row[name] for row in rows} - {None}:
            text = f"{name} == {_literal(name, value)}"
            expected = [i for i, row in enumerate(rows) if row[name] == value]
            assert compile_filter(text, table).select(session, len(view), at).tolist() == expected, (text, at)


@pytest.mark.parametrize("table", VIEWS)
def test_what_is_not_shown_is_neither_equal_nor_different(session: Session, table: str) -> None:
    view = VIEWS[table](session)
    rows = [view.row(i) for i in range(len(view))]
    for name in SHOWN[table].split():
        value = next((row[name] for row in rows if row[name] is not None), None)
        if value is not None:
            text = f"{name} != {_literal(name, value)}"
            expected = [i for i, row in enumerate(rows) if row[name] not in (None, value)]
            assert compile_filter(text, table).select(session, len(rows)).tolist() == expected, text


@pytest.mark.parametrize("table", VIEWS)
def test_every_field_can_be_read_and_has_help(session: Session, table: str) -> None:
    total = len(VIEWS[table](session))
    for name, kind, doc in fields_help(table):
        assert kind and doc
        found = compile_filter(name, table).mask(session, 0, total)
        assert found.shape == (total,) and found.dtype == bool, name
        assert compile_filter(name, table).mask(session, total, total).shape == (0,)


def test_other_tables(session: Session) -> None:
    def select(text: str, table: str) -> list[int]:
        return compile_filter(text, table).select(session, len(VIEWS[table](session))).tolist()

    assert select("rule == VL503", "buffers") == [2]
    assert select("age > 10ms", "buffers") == [0, 3]
    assert select("buffer.counter == 42 and severity == warning", "findings") == [2, 3]
    assert select("queue == send and in_flight == 1", "rings") == [1]
    assert select("features contains version", "rings") == [0, 1, 2, 3]
    assert len(select("state == outstanding and queue == send", "chains")) == 1
    assert len(select("finding", "chains")) == 6


def test_a_table_that_cannot_be_filtered() -> None:
    with pytest.raises(UsageError, match="messages, chains"):
        compile_filter("seq", "stats")


def _literal(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f'"{value}"' if isinstance(value, str) else f"{value}ns" if name.endswith("_ns") else str(value)
