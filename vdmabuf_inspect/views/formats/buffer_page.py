"""One buffer's life as a page of text, or as a JSON value."""

from collections.abc import Iterator
from itertools import accumulate
from typing import Any

from vdmabuf_inspect.model.amounts import size
from vdmabuf_inspect.picture import fourcc_name
from vdmabuf_inspect.protocols.declared.contents import Contents
from vdmabuf_inspect.protocols.vdmabuf.pages import Presence, Run
from vdmabuf_inspect.views.base import plain
from vdmabuf_inspect.views.formats.escape import escape
from vdmabuf_inspect.views.formats.hexadecimal import hex_lines
from vdmabuf_inspect.views.formats.layout import facts, grid
from vdmabuf_inspect.views.life import Life
from vdmabuf_inspect.views.names import span
from vdmabuf_inspect.views.page_map import BufferPages, MapRow, missing_words

SHOWN = 64
"""Stretches of pages that are listed; the rest is counted."""


def buffer_lines(buffer: Life, origin_ns: int) -> Iterator[str]:
    """A buffer: identity, life, memory, private data, findings. Times count from `origin_ns`."""
    row = buffer.row
    presumed = ", presumed: it was shared before anybody looked" if row["presumed"] else ""
    yield f"buffer {row['buffer']}: {row['state']}{presumed}"
    age = [] if row["age_ns"] is None else [("age", span(row["age_ns"]))]
    own = () if row["vmid"] is None else ("id", "vmid", "counter", "key", "exports")
    yield from facts([(name, plain(row[name])) for name in own] + age)
    yield from ("", "life")
    steps = [(f"#{s.seq}", f"{(s.time_ns - origin_ns) / 1e9:.6f}", s.what, s.queue, s.state) for s in buffer.steps]
    yield from grid(steps, right=(0, 1))
    yield from _memory(buffer)
    yield from _held(buffer.held)
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
        **_pages_value(listed),
        **_held_value(buffer.held),
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


def _addresses(pages: BufferPages) -> Iterator[str]:
    found = pages.found
    when = f"as read at #{pages.seq}" if pages.seq else "as memory has it"
    yield f"  {found.listed} page addresses in {len(pages.rows)} stretches, {when}"
    yield from grid([_stretch(row) for row in pages.rows[:SHOWN]], right=(0,))
    if len(pages.rows) > SHOWN:
        yield f"  ... and {len(pages.rows) - SHOWN} more stretches"
    for words in filter(None, (found.trouble, missing_words(found))):
        yield f"  {escape(words)}"
    for run in found.tables[:SHOWN]:
        yield f"  page table: {count_of(run)} at {run.gpa:#x}{_PRESENCE[run.presence]}"


_PRESENCE = {Presence.THERE: "", Presence.ABSENT: " (absent)", Presence.OUTSIDE: " (outside the guest's memory)"}


def count_of(run: Run) -> str:
    """`1 page`, `7 pages`."""
    return "1 page" if run.pages == 1 else f"{run.pages} pages"


def _stretch(row: MapRow) -> tuple[str, ...]:
    """Which page of the buffer, its address, how many follow, what is odd about them."""
    shared = f" shared with {', '.join(row.shared)}" if row.shared else ""
    return str(row.first), hex(row.run.gpa), count_of(row.run), f"{_PRESENCE[row.run.presence]}{shared}".strip()


def _pages_value(pages: BufferPages | None) -> dict[str, Any]:
    """The page map as JSON: every address, and the same as runs."""
    if pages is None:
        return {"page_addresses": None, "page_problem": None, "page_runs": None, "page_table": None, "pages_seq": None}
    found = pages.found
    return {
        "page_addresses": [hex(address) for address in found.addresses().tolist()],
        "page_problem": found.trouble or None,
        "page_runs": [{"page": row.first, **_run_value(row.run), "shared": list(row.shared)} for row in pages.rows],
        "page_table": [_run_value(run) for run in found.tables],
        "pages_seq": pages.seq or None,
    }


def _run_value(run: Run) -> dict[str, Any]:
    return {"address": hex(run.gpa), "pages": run.pages, "presence": run.presence.name.lower()}


def _held(held: Contents | None) -> Iterator[str]:
    """What an object of another protocol has in guest memory."""
    if held is None:
        return
    yield from ("", "memory")
    if held.layout is not None:
        shown = held.layout
        yield f"  {shown.width} × {shown.height} pixels, {fourcc_name(shown.fourcc)}, {shown.stride} bytes a line"
    if held.runs:
        yield f"  {size(sum(length for _, length in held.runs))} in {len(held.runs)} stretches"
        offsets = accumulate((length for _, length in held.runs), initial=0)
        rows = [(str(at), hex(gpa), f"{length} bytes") for at, (gpa, length) in zip(offsets, held.runs, strict=False)]
        yield from grid(rows[:SHOWN], right=(0,))
        if len(rows) > SHOWN:
            yield f"  ... and {len(rows) - SHOWN} more stretches"
    if held.missing:
        yield f"  {escape(held.missing)}"


def _held_value(held: Contents | None) -> dict[str, Any]:
    if held is None:
        return {}
    layout = None if held.layout is None else {**vars(held.layout), "fourcc": fourcc_name(held.layout.fourcc)}
    runs = [{"address": hex(gpa), "bytes": length} for gpa, length in held.runs]
    return {"held": {"picture": layout, "runs": runs, "missing": held.missing or None}}


def _private(buffer: Life) -> Iterator[str]:
    if not buffer.private:
        return
    yield from ("", f"private data ({len(buffer.private)} bytes)")
    picture = [(path.rpartition(".")[2], f.text) for path, f in buffer.export.items() if path.startswith("op.private.")]
    yield from grid(picture)
    yield from hex_lines(buffer.private)
