"""One slot of a ring in words."""

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.protocols.numbers import command_name
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.detail import message_number
from vdmabuf_inspect.views.names import buffer_name, span
from vdmabuf_inspect.views.ring_part import CALL, DEVICE, DRIVER, KICK, Part, SlotState

STATES = {
    SlotState.UNKNOWN: "nobody saw what it holds",
    SlotState.FREE: "free",
    SlotState.AVAILABLE: "available",
    SlotState.FLYING: "in flight, a later one came back",
    SlotState.USED: "used",
}
_MARKS = {
    DRIVER: "the driver writes here next", DEVICE: "the device writes here next",
    KICK: "the device asks for a kick once this is written", CALL: "the driver asks for a call once this is written",
}  # fmt: skip


def slot_text(session: Session, part: Part, slot: int, now_ns: int, packed: bool = False) -> str:
    """What a slot holds: its state, the chain, since when, what it says; what both sides do or ask for there."""
    row, state = int(part.row[slot]), SlotState(int(part.state[slot]))
    parts = [f"{part.title}, slot {slot}: {STATES[state]}"]
    if row >= 0 and state is not SlotState.UNKNOWN:
        parts += [_place(int(part.index[slot]), packed), f"{'buffer ID' if packed else 'head'} {int(part.head[slot])}"]
        parts += _event(session, row, state, now_ns)
    parts += [_MARKS[name] for name in part.marks.get(slot, ())]
    return " · ".join(parts)


def _place(index: int, packed: bool) -> str:
    return f"wrap {index >> 15}" if packed else f"index {index}"


def _event(session: Session, row: int, state: SlotState, now_ns: int) -> list[str]:
    ago = now_ns - int(session.events.time_ns[row])
    since = f"{span(ago)} ago" if ago else "just now"
    returned = session.events.kind[row] == EventKind.USED
    what = f"{'returned' if returned else 'offered'} #{row + 1}, {since}"
    chain = int(session.events.chain[row])
    back = int(session.chains.used[chain]) if chain >= 0 and not returned else -1
    said = [what, f"back #{back + 1}"] if state is SlotState.USED and back >= 0 else [what]
    number = message_number(session, row)
    if number >= 0:
        name = buffer_name(session, int(session.messages.object[number]))
        said.append(f"{command_name(int(session.messages.op[number]))} {name}".rstrip())
    return said
