"""One event as a page of text, or as a JSON value."""

from collections.abc import Iterator
from typing import Any

from vdmabuf_inspect.views.detail import Detail
from vdmabuf_inspect.views.formats.escape import escape
from vdmabuf_inspect.views.formats.hexadecimal import hex_lines
from vdmabuf_inspect.views.formats.layout import facts, grid

_FLAGS = ((1, "NEXT"), (2, "WRITE"), (4, "INDIRECT"))


def event_lines(event: Detail) -> Iterator[str]:
    """An event: what it is, its fields, descriptors, bytes and findings."""
    yield escape(event.title)
    yield from facts(event.facts)
    if event.fields:
        yield from ("", "fields")
        yield from grid([(f"{f.offset:#05x}", str(f.size), f.path, f.text) for f in event.fields], right=(1,))
    if event.descriptors:
        yield from ("", "descriptors")
        yield from grid([("place", "address", "length", "flags", "next"), *_descriptors(event)], right=(2,))
    if event.data:
        yield from ("", f"bytes ({len(event.data)})")
        yield from hex_lines(event.data)
    if event.judgements:
        yield from ("", "findings")
        for each in event.judgements:
            yield escape(
                f"  {each.severity} {each.code} {each.slug}: {each.sentence} ({each.clause}; {each.confidence})"
            )


def event_value(event: Detail) -> dict[str, Any]:
    """The same as a JSON value."""
    return {
        "seq": event.seq,
        "title": event.title,
        "facts": dict(event.facts),
        "fields": [{"path": f.path, "value": f.value, "offset": f.offset, "size": f.size} for f in event.fields],
        "descriptors": [
            {"index": d.index, "table": d.table, "addr": hex(d.addr), "len": d.len, "flags": d.flags, "next": d.next}
            for d in event.descriptors
        ],
        "bytes": event.data.hex(),
        "findings": [
            {"rule": j.code, "slug": j.slug, "severity": j.severity, "confidence": j.confidence, "clause": j.clause,
             "message": j.sentence}
            for j in event.judgements
        ],
    }  # fmt: skip


def _descriptors(event: Detail) -> list[tuple[str, ...]]:
    return [
        (
            f"{'indirect' if d.table else 'ring'} {d.index}", hex(d.addr), str(d.len), _flags(d.flags),
            str(d.next) if d.flags & 1 else "-",
        )
        for d in event.descriptors
    ]  # fmt: skip


def _flags(flags: int) -> str:
    words = [name for bit, name in _FLAGS if flags & bit]
    rest = flags & ~sum(bit for bit, _ in _FLAGS)
    return " ".join([*words, hex(rest)] if rest else words) or "-"
