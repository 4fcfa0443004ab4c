"""All that a plugin may import: declarations, decorators and the values that its functions see.

A plugin is a Python module that registers what it brings when it is imported. `docs/plugins.md` builds one step by
step; `vdmabuf-inspect plugins new NAME` writes a skeleton with its test.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from vdmabuf_inspect.capture.exchange import Packet, write_packets
from vdmabuf_inspect.errors import InspectError, PluginError, SourceError, UsageError
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.model.record import Record
from vdmabuf_inspect.picture import Layout, fourcc_number
from vdmabuf_inspect.protocols.declared.contents import Contents, Told
from vdmabuf_inspect.protocols.declared.messages import Messages
from vdmabuf_inspect.protocols.declared.protocol import Answers, Command, Entries, Follower, Place, Protocol, QueueKind
from vdmabuf_inspect.protocols.explained import Said, explained
from vdmabuf_inspect.protocols.known import add_protocol
from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS, Dialect
from vdmabuf_inspect.protocols.vdmabuf.private import DECODERS, PrivateDecoder
from vdmabuf_inspect.rules.registry import History, Hits, On, Per, Standing, rule
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.sources.base import Mode, Producer, Write
from vdmabuf_inspect.sources.open import OPENERS, Opener
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.track.lifecycle import Lifecycle
from vdmabuf_inspect.views.base import Column, Row
from vdmabuf_inspect.views.catalogue import EXPORTERS, VIEWS, Export, Exporter, ExtraView, MakeRows

__all__ = [
    "VERSION", "Answers", "Array", "Column", "Command", "Contents", "Culprit", "Dialect", "Entries", "Follower",
    "History", "Hits", "InspectError", "Layout", "Lifecycle", "Messages", "Mode", "On", "Packet", "Per", "Place",
    "PluginError", "Producer", "Protocol", "QueueKind", "Record", "Row", "Said", "Session", "Severity", "SourceError",
    "SourceOptions", "Standing", "Told", "UsageError", "Write", "dialect", "explained", "exporter", "fourcc_number",
    "private_data", "protocol", "requires", "rule", "source", "view", "write_packets",
]  # fmt: skip

VERSION = 1
"""Grows when something that a plugin can rely on changes; what is merely added does not change it."""

_F = TypeVar("_F", bound=Callable[..., Any])


def requires(version: int) -> None:
    """Say at the top of a plugin which version of this module it was written for.

    Raises PluginError when that is another one.
    """
    if version != VERSION:
        raise PluginError(f"written for version {version} of vdmabuf_inspect.api, this is version {VERSION}")


def protocol(declared: Protocol) -> Protocol:
    """Decode the devices of a protocol's IDs. Raises UsageError when another protocol has one of them."""
    add_protocol(declared)
    return declared


def dialect(declared: Dialect) -> Dialect:
    """Know another wire dialect of virtio-vdmabuf: it is detected, listed and can be forced by its name."""
    DIALECTS[declared.name] = declared
    return declared


def private_data(name: str, layout: Any) -> Callable[[_F], _F]:
    """Decode an export's private data with `layout` (a construct Struct) where the decorated function says so.

    The function is given the data (bytes, as long as its size word says) and returns whether it is this.
    """

    def register(matches: _F) -> _F:
        DECODERS[name] = PrivateDecoder(name, layout, matches)
        return matches

    return register


def view(name: str, title: str, columns: tuple[Column, ...]) -> Callable[[MakeRows], MakeRows]:
    """A table of its own: `vdmabuf-inspect view NAME SOURCE`.

    The decorated function is given the session and a sequence number, and yields rows as of then: a mapping with
    every column by name.
    """

    def register(rows: MakeRows) -> MakeRows:
        VIEWS[name] = ExtraView(name, title, columns, rows)
        return rows

    return register


def source(scheme: str, syntax: str) -> Callable[[_F], _F]:
    """Open `SCHEME:...` with the decorated function, given what follows the colon and the options.

    It returns a `Producer`; it raises SourceError for what cannot be read, UsageError for what makes no sense.
    """

    def register(opened: _F) -> _F:
        OPENERS[scheme] = Opener(syntax, opened)
        return opened

    return register


def exporter(name: str, title: str, suffix: str) -> Callable[[Export], Export]:
    """Write `vdmabuf-inspect export SOURCE -o FILE` where FILE ends in `suffix` (`.eth.pcap`) or `--format NAME` asks.

    The decorated function is given the session, the chosen rows of its message log (int64[n]) and the path; it
    returns how many things it wrote.
    """

    def register(write: Export) -> Export:
        EXPORTERS[name] = Exporter(name, title, suffix, write)
        return write

    return register
