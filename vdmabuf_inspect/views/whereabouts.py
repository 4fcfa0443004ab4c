"""Which event a text names: by number, by time, or by a buffer that begins there."""

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter.kinds.quantities import Time
from vdmabuf_inspect.views.namesakes import called, find_buffer


def place_of(session: Session, text: str, end: int) -> int | None:
    """The sequence number of the event `28` or `#28`, of the last one at the time `1.25s` or `2026-11-23 17:00`, or of
    a buffer's first one (`7:42`); None where nothing is called so. Raises UsageError for a number beyond `end`.
    """
    text = text.strip().removeprefix("#").replace(",", "")
    if text.isdecimal():
        return _number(int(text), end)
    if not text:
        return None
    found = find_buffer(session, text) or called(session, text).tolist()
    if found:
        return int(session.objects.first[found[0]]) + 1
    return _at_time(session, text, end)


def _number(seq: int, end: int) -> int:
    if not 1 <= seq <= end:
        raise UsageError(f"events are 1 to {end:,}")
    return seq


def _at_time(session: Session, text: str, end: int) -> int | None:
    times = session.events.time_ns[:end]
    try:
        wanted = Time().read(text)
    except ValueError:
        return None
    if not len(times):
        return None
    time_ns = wanted.ns + (0 if wanted.absolute else int(times[0]))
    return max(1, place(times, time_ns + 1))
