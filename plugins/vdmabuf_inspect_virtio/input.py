"""virtio-input: events of keyboards, mice and tablets by name (virtio 1.2, 5.8; names as Linux gives them)."""

from construct import Enum, Int16ul, Int32sl, Struct

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.input_codes import CODES, TYPES

api.requires(1)

N, E = api.Severity.NOTE, api.Severity.ERROR
EVENT_SIZE = 8


def _layout(kind: str) -> Struct:
    return Struct(
        *api.explained(
            "virtio 1.2, 5.8.6; Linux input-event-codes.h",
            ("type" / Enum(Int16ul, **TYPES), "code" / Enum(Int16ul, **CODES.get(kind, {})), "value" / Int32sl),
            type="what kind of event it is; SYN ends a group of events that belong together",
            code="which key, axis, lamp or the like",
            value="of keys 1 pressed, 0 released, 2 repeated; of REL by how much it moved; of ABS where it is",
        )
    )


_EVENTS = tuple(api.Command(name, code, _layout(name), _layout(name)) for name, code in TYPES.items())
_OTHER = api.Command("OTHER", None, _layout(""), _layout(""))

INPUT = api.protocol(
    api.Protocol(
        "input",
        "keyboard, mouse, tablet",
        (18,),
        (
            api.QueueKind("events", (*_EVENTS, _OTHER), lambda index, _: index == 0, api.Place(0, 2)),
            api.QueueKind("status", (*_EVENTS, _OTHER), lambda index, _: index == 1, api.Place(0, 2)),
        ),
    )
)


@api.rule(
    "VK801", "input-event-size-wrong", E, api.Culprit.EITHER, "5.8.6", "an event of {a} bytes on {queue}: it takes 8",
    on=api.On.MESSAGES, protocol="input",
)  # fmt: skip
def event_size_wrong(m: api.Messages) -> api.Hits:
    """What it does: checks that a buffer holds one whole event: type, code, value.

    Why it is bad: drivers read eight bytes whatever the used length says.
    Example: a device that sends a 16-byte struct input_event with its time.
    """
    return api.Hits(m.size != EVENT_SIZE, m.size)


@api.rule(
    "VK802", "input-type-unknown", N, api.Culprit.EITHER, "5.8.6", "an event of type {a} on {queue}",
    on=api.On.MESSAGES, protocol="input",
)  # fmt: skip
def type_unknown(m: api.Messages) -> api.Hits:
    """What it does: tells events whose type Linux does not have.

    Why it is bad: the driver drops them.
    Example: bytes of another queue's buffer. Not so what came back within the look at it: Linux frees such at once.
    """
    return api.Hits(m.told("OTHER") & m.has("type") & ~m.freed, m.column("type"))
