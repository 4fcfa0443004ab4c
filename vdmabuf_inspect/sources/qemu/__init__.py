"""A running QEMU guest: `qemu:SOCKET`, the socket of its QMP monitor. It is neither paused nor written to."""

from dataclasses import replace

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.sources.devices import ALIASES
from vdmabuf_inspect.sources.options import SourceOptions, parse_poll
from vdmabuf_inspect.sources.qemu.lookout import Lookout
from vdmabuf_inspect.sources.qemu.machine import Machine

SYNTAX = "qemu:QMP_SOCKET[?device=NAME&pid=PID&poll=RATE]"
_KNOWN = ("device", "pid", "poll")


def open_uri(rest: str, options: SourceOptions) -> Machine:
    """Connect to the QMP socket SOCKET and list the guest's virtio devices.

    `?device=` watches only those of a type (net), a name (net1), QEMU's ID or path; `--device` means the same.
    `?pid=` names QEMU's process where the socket does not tell; `?poll=` is looks a second, or `max`.
    Raises UsageError, SourceError.
    """
    path, _, query = rest.partition("?")
    given = _parameters(rest, query)
    if "poll" in given:
        options = replace(options, poll=parse_poll(given["poll"]))
    if not path:
        raise UsageError(f"qemu:{rest}: names no socket; expected {SYNTAX}")
    wanted = given.get("device", "" if options.device is None else str(options.device)).removeprefix("virtio-")
    lookout = Lookout(path, _pid(rest, given.get("pid")), options.features)
    try:
        return Machine(f"qemu:{rest}", lookout, options, ALIASES.get(wanted, wanted))
    except BaseException:
        lookout.close()
        raise


def _parameters(rest: str, query: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, equals, value = part.partition("=")
        if name not in _KNOWN or not equals or not value:
            raise UsageError(f"qemu:{rest}: {part!r} after the question mark; expected {SYNTAX}")
        given[name] = value
    return given


def _pid(rest: str, text: str | None) -> int | None:
    if text is not None and not text.isdecimal():
        raise UsageError(f"qemu:{rest}: pid={text} is no process number")
    return int(text) if text else None
