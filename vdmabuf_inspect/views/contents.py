"""What an object of a declared protocol holds in guest memory: from the messages about it, or from what rings show."""

from collections.abc import Iterator

import numpy as np

from vdmabuf_inspect.errors import InspectError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.declared.contents import Contents, Told
from vdmabuf_inspect.protocols.declared.decode import decode
from vdmabuf_inspect.protocols.declared.device import DeclaredDevice
from vdmabuf_inspect.protocols.declared.protocol import Command, QueueKind
from vdmabuf_inspect.session.lives import lives
from vdmabuf_inspect.session.session import FROM_DEVICE, UNTRUSTED, Session
from vdmabuf_inspect.views.names import buffer_name
from vdmabuf_inspect.views.reading import message_of

PAGE = 4096
RECOVERED = "what is missing was recovered from descriptors that a ring still shows; it may be out of date"


def device_of(session: Session, number: int) -> DeclaredDevice | None:
    """The device of an object where its protocol is a declared one."""
    device = session.devices.get(int(session.objects.device[number]))
    return device if isinstance(device, DeclaredDevice) else None


def contents(session: Session, number: int, seq: int, memory: Memory | None = None) -> tuple[Contents, str]:
    """(what the object holds as of a moment, a remark on where that was found).

    What no message said is looked for in `memory`, in chains that came back long ago and were not overwritten yet.
    Raises InspectError for an object that holds nothing in guest memory.
    """
    device = device_of(session, number)
    if device is None or device.protocol.contents is None:
        raise InspectError(f"{buffer_name(session, number)} holds no bytes in guest memory")
    told = list(_told(session, device, number, seq))
    found = device.protocol.contents(told)
    if not found.missing or memory is None:
        return found, found.missing
    again = device.protocol.contents([*_left(session, device, number, memory), *told])
    return (again, RECOVERED) if again.missing != found.missing else (found, found.missing)


def extent_of(held: Contents) -> tuple[int, int]:
    """(pages that the runs touch, bytes in them)."""
    pages = sum((at + size - 1) // PAGE - at // PAGE + 1 for at, size in held.runs if size)
    return pages, sum(size for _, size in held.runs)


def held_of(session: Session, number: int, seq: int, memory: Memory | None = None) -> Contents | None:
    """The same, None for an object that holds nothing in guest memory."""
    device = device_of(session, number)
    known = device is not None and device.protocol.contents is not None
    return contents(session, number, seq, memory)[0] if known else None


def _told(session: Session, device: DeclaredDevice, number: int, seq: int) -> Iterator[Told]:
    """Requests about an object that can be believed, in order."""
    for row in told_rows(session, device, number, seq).tolist():
        command = device.protocol.command(int(session.messages.op[row]))
        if command is not None:
            yield Told(command.name, message_of(session, int(session.messages.row[row])))


def told_rows(session: Session, device: DeclaredDevice, number: int, seq: int) -> Array:
    """Rows of the message log: the requests that say, up to a moment, what an object holds."""
    log, protocol = session.messages, device.protocol
    mine = lives(session).messages(number, seq)
    mine = mine[log.flags[mine] & (FROM_DEVICE | UNTRUSTED) == 0]
    wanted = [i for i, c in enumerate(protocol.commands, protocol.first) if c.name in protocol.contents_from]
    return np.asarray(mine[np.isin(log.op[mine], wanted)] if wanted else mine)


def _left(session: Session, device: DeclaredDevice, number: int, memory: Memory) -> Iterator[Told]:
    """Requests about an object that the descriptors of its device's rings still lead to."""
    from vdmabuf_inspect.ring.still import left_requests

    for queue in session.queues.of_device(device.device):
        kind = device.protocol.kind(queue.index, device.features)
        if kind is None or not queue.epochs:
            continue
        for data in left_requests(memory, queue.epochs[-1].layout):
            command = _command(kind, data)
            if command is not None and _names(device, command, data, session, number):
                yield Told(command.name, data)


def _command(kind: QueueKind, data: bytes) -> Command | None:
    if kind.code is None:
        return None
    at, size = kind.code.offset, kind.code.size
    code = int.from_bytes(data[at : at + size], "little") if len(data) >= at + size else None
    return next((command for command in kind.commands if code is not None and command.code == code), None)


def _names(device: DeclaredDevice, command: Command, data: bytes, session: Session, number: int) -> bool:
    value = next((field.value for field in decode(command, data, False) if field.path == command.object), None)
    wanted = int(session.objects.name[number])
    return isinstance(value, int) and value + (command.object_kind << 32) == wanted
