"""Filters made from one message: this buffer, this chain, this command, and what its fields say."""

from collections.abc import Iterator

from vdmabuf_inspect.errors import FilterError
from vdmabuf_inspect.model.columns import place
from vdmabuf_inspect.protocols.field import Field
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter import compile_filter
from vdmabuf_inspect.views.messages import MessagesView
from vdmabuf_inspect.views.names import buffer_name

AND = " && "


def only_buffer(session: Session, number: int) -> str:
    """Messages about a buffer; empty for none (-1)."""
    return f"buffer == {_word(buffer_name(session, number))}" if number >= 0 else ""


def only_chain(session: Session, row: int) -> str:
    """Messages of an event's chain; empty for an event of no chain."""
    chain = int(session.events.chain[row])
    if chain < 0:
        return ""
    ends = {int(session.chains.available[chain]), int(session.chains.used[chain])} - {-1}
    return f"seq in {{{', '.join(str(end + 1) for end in sorted(ends))}}}"


def hide_command(session: Session, row: int) -> str:
    """Messages with any other command than an event's; empty for an event that is no message."""
    found = _message(session, row)
    return f"cmd != {_word(found['command'])}" if found else ""


def pieces(session: Session, row: int, field: Field | None = None) -> Iterator[str]:
    """Every filter that can be made from an event's message, that of a field of it first."""
    if field is not None:
        yield from filter(_sensible, _of_field(field))
    if (chain := only_chain(session, row)) and _sensible(chain):
        yield chain
    found = _message(session, row)
    for column, name in (("command", "cmd"), ("buffer", "buffer"), ("queue", "queue"), ("direction", "direction")):
        for sign in ("==", "!="):
            text = f"{name} {sign} {_word(found[column])}" if found.get(column) else ""
            if text and _sensible(text):
                yield text


def toggled(old: str, piece: str) -> str:
    """A filter narrowed by one more condition; without it, where it was the last one."""
    old = old.strip()
    if not old or old == piece:
        return "" if old else piece
    if old.endswith(AND + piece):
        return _bare(old[: -len(AND + piece)])
    loose = any(sign in f" {old} " for sign in ("||", " or "))
    return f"({old}){AND}{piece}" if loose and not _enclosed(old) else f"{old}{AND}{piece}"


def _of_field(field: Field) -> Iterator[str]:
    value = field.value
    if isinstance(value, int | str):
        yield from (f"{field.path} {sign} {_word(str(value))}" for sign in ("==", "!="))


def _message(session: Session, row: int) -> dict[str, str]:
    number = place(session.messages.row, row)
    if number >= len(session.messages) or int(session.messages.row[number]) != row:
        return {}
    return dict(MessagesView(session).row(number))


def _sensible(text: str) -> bool:
    try:
        compile_filter(text, "messages")
    except FilterError:
        return False
    return True


def _word(text: str) -> str:
    """A value as the filter language reads it back."""
    plain = text and all(ch.isalnum() or ch in "_:./-+" for ch in text)
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return text if plain else f'"{escaped}"'


def _enclosed(text: str) -> bool:
    """Whether the first parenthesis is closed by the last sign."""
    depth = 0
    for place_, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if not depth and place_ < len(text) - 1:
            return False
    return text.startswith("(")


def _bare(text: str) -> str:
    return text[1:-1] if _enclosed(text) else text
