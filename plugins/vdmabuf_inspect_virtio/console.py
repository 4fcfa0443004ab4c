"""virtio-console: text of each port, control messages, ports and their life (virtio 1.2, 5.3)."""

import numpy as np
from construct import Enum, Int16ul, Int32ul, Struct

from vdmabuf_inspect import api

api.requires(1)

MULTIPORT = 1
E, W = api.Severity.ERROR, api.Severity.WARNING
EVENTS = ("DEVICE_READY", "PORT_ADD", "PORT_REMOVE", "PORT_READY", "CONSOLE_PORT", "RESIZE", "PORT_OPEN", "PORT_NAME")
"""By number; the specification calls the second and the third DEVICE_ADD and DEVICE_REMOVE (5.3.6.2)."""
FROM_DRIVER = ("DEVICE_READY", "PORT_READY", "PORT_OPEN")
FROM_DEVICE = ("PORT_ADD", "PORT_REMOVE", "CONSOLE_PORT", "RESIZE", "PORT_OPEN", "PORT_NAME")
CONTROL = Struct(
    *api.explained(
        "virtio 1.2, 5.3.6.2",
        (
            "port" / Int32ul,
            "event" / Enum(Int16ul, **{name: number for number, name in enumerate(EVENTS)}),
            "value" / Int16ul,
        ),
        port="number of the port that it is about; its queues follow from it",
        event="what happened or is asked for",
        value="of PORT_OPEN 1 for open, 0 for closed; of DEVICE_READY and PORT_READY 1 for success",
    )
)
SIZE = Struct(
    *api.explained(
        "virtio 1.2, 5.3.6.2",
        ("columns" / Int16ul, "rows" / Int16ul),
        columns="width of the console in characters; the specification has it first, Linux reads the rows first",
        rows="height of the console in characters",
    )
)
STEPS = {"PORT_ADD": "add", "PORT_READY": "ready", "PORT_OPEN": "open", "PORT_REMOVE": "remove"}


def _multiport(features: int) -> bool:
    return bool(features >> MULTIPORT & 1)


def _control(name: str, code: int) -> api.Command:
    """A control message; either side may send it, and nobody answers."""
    entries = api.Entries("size", SIZE) if name == "RESIZE" else None
    step = STEPS.get(name, "")
    return api.Command(
        name, code, CONTROL, CONTROL, entries=entries, answer_entries=entries, text=name == "PORT_NAME",
        object="" if name == "DEVICE_READY" else "port", asked=step, done=step,
    )  # fmt: skip


_CONTROLS = (*(_control(name, code) for code, name in enumerate(EVENTS)), api.Command("OTHER", None, CONTROL, CONTROL))
_TEXT = (api.Command("TEXT", text=True),)

CONSOLE = api.protocol(
    api.Protocol(
        "console",
        "console and serial ports",
        (3,),
        (
            api.QueueKind("control receive", _CONTROLS, lambda i, f: i == 2 and _multiport(f), api.Place(4, 2)),
            api.QueueKind("control transmit", _CONTROLS, lambda i, f: i == 3 and _multiport(f), api.Place(4, 2)),
            api.QueueKind("receive", _TEXT, lambda i, f: i % 2 == 0 and (i < 2 or _multiport(f))),
            api.QueueKind("transmit", _TEXT, lambda i, f: i % 2 == 1 and (i < 2 or _multiport(f))),
        ),
        lifecycle=api.Lifecycle(
            states=("none", "added", "ready", "open", "removed"),
            operations=("add", "ready", "open", "remove", "use"),
            after={
                ("none", "add"): "added",
                ("removed", "add"): "added",
                ("none", "use"): "ready",
                ("none", "ready"): "ready",
                ("added", "ready"): "ready",
                ("none", "open"): "open",
                ("ready", "open"): "open",
                ("none", "remove"): "removed",
                ("added", "remove"): "removed",
                ("ready", "remove"): "removed",
                ("open", "remove"): "removed",
            },
            live=frozenset({"added", "ready", "open"}),
        ),
        begins=frozenset({"add"}),
        ends=frozenset({"remove"}),
        use="use",
        nameless=None,
        object_name=lambda number: f"port {number}",
        features={0: "SIZE", MULTIPORT: "MULTIPORT", 2: "EMERG_WRITE"},
    )
)


@api.rule(
    "VC801", "console-event-unknown", E, api.Culprit.EITHER, "5.3.6.2", "a control message with event {a} on {queue}",
    on=api.On.MESSAGES, protocol="console",
)  # fmt: skip
def event_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that a control message is one of the specification's.

    Why it is bad: the other side ignores it, and both think differently of the port from then on.
    Example: a device that sends a message of a later version without its feature.
    """
    return api.Hits(m.told("OTHER") & m.has("event"), m.column("event"))


@api.rule(
    "VC802", "console-control-too-short", E, api.Culprit.EITHER, "5.3.6.2",
    "a control message of {a} bytes on {queue}: it takes 8", on=api.On.MESSAGES, protocol="console",
)  # fmt: skip
def control_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that a control message is whole: port, event, value.

    Why it is bad: what is missing reads as whatever the buffer held before.
    Example: a device that sends the event alone.
    """
    return api.Hits(m.short, m.size)


@api.rule(
    "VC803", "console-event-wrong-side", E, api.Culprit.EITHER, "5.3.6.2", "{command} from the wrong side on {queue}",
    on=api.On.MESSAGES, protocol="console",
)  # fmt: skip
def event_wrong_side(m: api.Messages) -> api.Array:
    """What it does: checks that ports are added, named and removed by the device, and found ready by the driver.

    Why it is bad: the other side does not expect it and ignores it.
    Example: a driver that sends PORT_NAME to name its own port.
    """
    driver, device = (set(EVENTS) - set(names) for names in (FROM_DRIVER, FROM_DEVICE))
    wrong: api.Array = (m.told(*driver) & m.requests) | (m.told(*device) & m.from_device)
    return wrong


@api.rule(
    "VC804", "console-queue-without-multiport", E, api.Culprit.DRIVER, "5.3.2",
    "{queue} is in use though MULTIPORT was not negotiated", on=api.On.MESSAGES, protocol="console", per=api.Per.QUEUE,
)  # fmt: skip
def queue_without_multiport(m: api.Messages) -> api.Array:
    """What it does: checks that only the first two queues are used where MULTIPORT was not acknowledged.

    Why it is bad: the device has no such queues.
    Example: a driver that opens the control queue before it has read the features.
    """
    unknown: api.Array = (m.command < 0) & (m.events.queue[m.at] >= 2)
    return unknown


@api.rule(
    "VC805", "console-port-not-added", W, api.Culprit.DRIVER, "5.3.6.2", "{command} for {buffer}, which was not added",
    on=api.On.MESSAGES, protocol="console", history=api.History.NEEDED,
)  # fmt: skip
def port_not_added(m: api.Messages) -> api.Array:
    """What it does: checks that the driver speaks only of ports that the device has added.

    Why it is bad: the device knows no such port and drops the message.
    Example: a driver that opens a port again after PORT_REMOVE.
    """
    gone = CONSOLE.lifecycle.states.index("removed") if CONSOLE.lifecycle else 0
    spoken: api.Array = m.told("PORT_READY", "PORT_OPEN") & m.requests & np.isin(m.before, (0, gone))
    return spoken
