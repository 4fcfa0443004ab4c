"""What the reference peers can be told, and the same as command line arguments."""

from argparse import ArgumentParser, BooleanOptionalAction, Namespace
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.protocols.vdmabuf.dialects import DEFAULT, DIALECTS, Dialect

_T = TypeVar("_T", "DriverOptions", "DeviceOptions")


@dataclass(frozen=True)
class DriverOptions:
    """A front end: `count` exports at `rate` a second from `buffers` buffers of `width` by `height` pixels."""

    socket: str
    listen: bool = False
    dialect: str = DEFAULT.name
    count: int = 100
    rate: float = 60.0
    buffers: int = 4
    width: int = 320
    height: int = 200
    queue_size: int = 64
    opens: int = 1
    pauses: int = 0
    framing: str = "auto"
    event_idx: bool = True
    indirect: bool = True
    in_order: bool = True
    packed: bool = False
    reconnect: bool = False
    fault: str = ""
    duration: float = 0.0
    timeout: float = 3.0
    tick: float = 0.05
    seed: int = 0
    quiet: bool = False


@dataclass(frozen=True)
class DeviceOptions:
    """A back end: keeps `hold` buffers, and all of them no longer than `linger` seconds without a new one."""

    socket: str
    listen: bool = True
    dialect: str = DEFAULT.name
    hold: int = 2
    linger: float = 0.5
    vmid: int = 0
    sessions: int = 1
    any: bool = False
    event_idx: bool = True
    indirect: bool = True
    in_order: bool = False
    packed: bool = True
    batch: int = 1
    fault: str = ""
    duration: float = 0.0
    timeout: float = 10.0
    tick: float = 0.05
    seed: int = 0
    quiet: bool = False


def ring_features(options: DriverOptions | DeviceOptions, dialect: Dialect) -> int:
    """The virtio features that a peer offers or wants; a dialect that answers in place cannot keep an order."""
    allowed = {
        Feature.VERSION_1: True,
        Feature.EVENT_IDX: options.event_idx,
        Feature.INDIRECT_DESC: options.indirect,
        Feature.IN_ORDER: options.in_order and not dialect.in_place,
        Feature.RING_PACKED: options.packed,
    }
    return sum(feature for feature, on in allowed.items() if on)


def add_driver_arguments(parser: ArgumentParser) -> None:
    """Arguments of the reference driver; `driver_options` reads them back."""
    _add_common(parser, DriverOptions("", listen=False))
    add = parser.add_argument
    add("--count", type=int, help="exports to make, 0 for no end (default 100)")
    add("--rate", type=float, metavar="N", help="exports a second, 0 for as fast as can be (default 60)")
    add("--buffers", type=int, metavar="N", help="buffers to use in turn (default 4)")
    add("--width", type=int, metavar="PIXELS", help="width of the picture, at least 32 (default 320)")
    add("--height", type=int, metavar="PIXELS", help="height of the picture, at least 8 (default 200)")
    add(
        "--queue-size",
        type=int,
        metavar="N",
        help="entries of each virtqueue; a power of two if split (default 64)",
    )
    add("--reconnect", action="store_true", default=None, help="go on with another device when this one dies")
    add("--opens", type=int, metavar="N", help="how often the VM ID is asked for over the run (default 1)")
    add("--pauses", type=int, metavar="N", help="how often the queues stop and go on, as a guest's do (default 0)")
    add("--framing", choices=("auto", "whole", "split", "indirect", "mixed"), help="descriptors of a message")


def add_device_arguments(parser: ArgumentParser) -> None:
    """Arguments of the reference device; `device_options` reads them back."""
    _add_common(parser, DeviceOptions("", listen=True))
    add = parser.add_argument
    add("--hold", type=int, metavar="N", help="buffers kept before the oldest is released (default 2)")
    add("--linger", type=float, metavar="SECONDS", help="idle time after which all are released (default 0.5)")
    add("--vmid", type=int, metavar="ID", help="VM ID to announce (default: the process number, as hosts do)")
    add("--sessions", type=int, metavar="N", help="front ends to serve one after the other, 0 for no end (default 1)")
    add("--batch", type=int, metavar="N", help="with IN_ORDER, return up to N requests by one used element (default 1)")
    add("--any", action="store_true", help="messages that are not understood are no reason to fail")


def driver_options(arguments: Namespace) -> DriverOptions:
    """The options given; what was not given keeps its default."""
    return _options(DriverOptions, arguments)


def device_options(arguments: Namespace) -> DeviceOptions:
    """The options given; what was not given keeps its default."""
    return _options(DeviceOptions, arguments)


def _add_common(parser: ArgumentParser, defaults: DriverOptions | DeviceOptions) -> None:
    add = parser.add_argument
    add("socket", help="path of the vhost-user socket")
    role = parser.add_mutually_exclusive_group()
    own, other = (" (default)", "") if defaults.listen else ("", " (default)")
    role.add_argument("--listen", dest="listen", action="store_true", default=None, help=f"make the socket{own}")
    role.add_argument("--connect", dest="listen", action="store_false", default=None, help=f"connect to it{other}")
    add("--dialect", choices=list(DIALECTS), help=f"messages on the wire (default {DEFAULT.name})")
    add("--event-idx", action=BooleanOptionalAction, help="allow VIRTIO_F_EVENT_IDX (default on)")
    add("--indirect", action=BooleanOptionalAction, help="allow VIRTIO_F_INDIRECT_DESC (default on)")
    add("--in-order", action=BooleanOptionalAction, help=f"allow VIRTIO_F_IN_ORDER{_default(defaults.in_order)}")
    add("--packed", action=BooleanOptionalAction, help=f"allow VIRTIO_F_RING_PACKED{_default(defaults.packed)}")
    add("--fault", metavar="NAME[@N][,…]", help="commit planned faults; NAME@N at the N-th occasion")
    add("--duration", type=float, metavar="SECONDS", help="end after so long")
    add("--timeout", type=float, metavar="SECONDS", help="how long to wait for the other side")
    add("--tick", type=float, metavar="SECONDS", help="time between looks when nobody notifies (default 0.05)")
    add("--seed", type=int, metavar="N", help="seed of everything random (default 0: not repeatable)")
    add("--quiet", action="store_true", help="no line for each message")


def _default(on: bool) -> str:
    return f" (default {'on' if on else 'off'})"


def _options(kind: type[_T], arguments: Namespace) -> _T:
    given: dict[str, Any] = {}
    for field in fields(kind):
        value = getattr(arguments, field.name, None)
        if value is not None:
            given[field.name] = value
    return kind(**given)
