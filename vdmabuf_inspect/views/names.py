"""How things are called and written: buffers, times, sizes, states."""

import numpy as np

from vdmabuf_inspect.protocols import numbers
from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.session.session import Session

TO_DEVICE, TO_DRIVER = "to-device", "to-driver"
_UNITS = ((1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us"))


def letters(incarnation: int) -> str:
    """The suffix of an identifier's incarnation: none for the first, then b, c, ... z, aa, ab."""
    if incarnation <= 0:
        return ""
    number, text = incarnation + 1, ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def is_vdmabuf(session: Session, number: int) -> bool:
    """Whether an object is a vdmabuf buffer; another protocol's has a number, not a VM ID and a counter."""
    return not isinstance(session.devices.get(int(session.objects.device[number])), DeclaredDevice)


def halves(session: Session, number: int) -> tuple[int, int]:
    """(VM ID, counter) of a buffer."""
    name = int(session.objects.name[number])
    low, high = name & 0xFFFFFFFF, name >> 32
    return (low, high) if session.objects.flavour[number] else (high, low)


def buffer_name(session: Session, number: int) -> str:
    """`VM:COUNTER`, or what its protocol calls it, and the incarnation's letter; empty for no buffer (-1)."""
    if number < 0:
        return ""
    device = session.devices.get(int(session.objects.device[number]))
    if isinstance(device, DeclaredDevice):
        name = device.protocol.called(int(session.objects.name[number]), int(session.objects.key[number]))
    else:
        name = "{}:{}".format(*halves(session, number))
    return name + letters(int(session.objects.incarnation[number]))


def buffer_id(session: Session, number: int) -> str:
    """The 16 bytes on the wire as lower-case hex."""
    name, key = session.objects.name[number], session.objects.key[number]
    return np.array([name, key], "<u8").tobytes().hex()


def buffer_key(session: Session, number: int) -> str:
    """The 8 key bytes on the wire as lower-case hex."""
    return np.array([session.objects.key[number]], "<u8").tobytes().hex()


def state_name(state: int) -> str:
    """A lifecycle state's name."""
    return numbers.state_name(state)


def span(ns: int) -> str:
    """A duration with the unit that suits it: `1.500 ms`."""
    for size, unit in _UNITS:
        if abs(ns) >= size:
            return f"{ns / size:.3f} {unit}"
    return f"{ns} ns"


def brief(ns: int) -> str:
    """A duration in at most seven signs, up to a day: `1.50 ms`, `12.3 s`, `86400 s`."""
    for size, unit in _UNITS:
        if abs(ns) >= size:
            value = ns / size
            return f"{value:.{2 if value < 9.995 else 1 if value < 99.95 else 0}f} {unit}"
    return f"{ns} ns"


def seconds(session: Session, time_ns: int) -> str:
    """Time since the session's first event, in seconds with microseconds."""
    first = int(session.events.time_ns[0]) if len(session.events) else time_ns
    return f"{(time_ns - first) / 1e9:.6f}"


def longest_command(session: Session) -> int:
    """Characters of the longest name of a command that one of the session's declared protocols has, 0 for none."""
    protocols = [device.protocol for device in [*session.devices.values()] if isinstance(device, DeclaredDevice)]
    return max((len(command.name) for protocol in protocols for command in protocol.commands), default=0)
