"""One buffer's life as a page of text, or as a JSON value."""

from collections.abc import Iterator
from typing import Any

from vdmabuf_inspect.protocols.vdmabuf.pages import PageList
from vdmabuf_inspect.views.base import plain
from vdmabuf_inspect.views.formats.escape import escape
from vdmabuf_inspect.views.formats.hexadecimal import hex_lines
from vdmabuf_inspect.views.formats.layout import facts, grid
from vdmabuf_inspect.views.life import Life
from vdmabuf_inspect.views.names import size, span

SHOWN = 64
"""Stretches of pages that are listed; the rest is counted."""


def buffer_lines(buffer: Life, origin_ns: int) -> Iterator[str]:
    """A buffer: identity, life, memory, private data, findings. Times count from `origin_ns`."""
    row = buffer.row
    presumed = ", presumed: it was shared before anybody looked" if row["presumed"] else ""
    yield f"buffer {row['buffer']}: {row['state']}{presumed}"
    age = [] if row["age_ns"] is None else [("age", span(row["age_ns"]))]
    yield from facts([(name, plain(row[name])) for name in ("id", "vmid", "counter", "key", "exports")] + age)
    yield from ("", "life")
    steps = [(f"#{s.seq}", f"{(s.time_ns - origin_ns) / 1e9:.6f}", s.what, s.queue, s.state) for s in buffer.steps]
    yield from grid(steps, right=(0, 1))
    yield from _memory(buffer)
    yield from _private(buffer)
    if buffer.findings:
        yield from ("", "findings")
        for each in buffer.findings:
            yield escape(f"  #{each['seq']} {each['severity']} {each['rule']} {each['slug']}: {each['message']}")


def buffer_value(buffer: Life) -> dict[str, Any]:
    """The same as a JSON value."""
    names = ("pages", "first_offset", "last_length", "reference", "private_size")
    listed = buffer.pages
    return {
        **{name: value for name, value in buffer.row.items() if name not in ("age_ns", "findings")},
        "export": {name: buffer.value(name) for name in names},
        "private": buffer.private.hex(),
        "page_addresses": None if listed is None else [hex(address) for address in listed.addresses],
        "page_problem": listed.problem or None if listed is not None else None,
        "life": [vars(step) for step in buffer.steps],
        "findings": [dict(row) for row in buffer.findings],
    }


def _memory(buffer: Life) -> Iterator[str]:
    pages = buffer.value("pages")
    if pages is None:
        return
    first, last = buffer.value("first_offset"), buffer.value("last_length")
    yield from ("", "memory")
    yield f"  {pages} pages, {size(buffer.row['bytes'] or 0)}; byte {first} of the first to {last} of the last"
    yield f"  page table at {buffer.value('reference')}"
    if buffer.pages is None:
        yield "  page addresses: no guest memory here to read them from"
    else:
        yield from _addresses(buffer.pages)


def _addresses(pages: PageList) -> Iterator[str]:
    runs = pages.runs()
    yield from grid([(hex(address), "1 page" if count == 1 else f"{count} pages") for address, count in runs[:SHOWN]])
    if len(runs) > SHOWN:
        yield f"  ... and {len(runs) - SHOWN} more stretches"
    if pages.problem:
        yield f"  {escape(pages.problem)}"


def _private(buffer: Life) -> Iterator[str]:
    if not buffer.private:
        return
    yield from ("", f"private data ({len(buffer.private)} bytes)")
    picture = [(path.rpartition(".")[2], f.text) for path, f in buffer.export.items() if path.startswith("op.private.")]
    yield from grid(picture)
    yield from hex_lines(buffer.private)
