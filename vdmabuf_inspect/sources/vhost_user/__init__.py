"""A passive vhost-user proxy: it passes everything on in both directions, and watches the rings and notifications."""

from dataclasses import replace

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.sources.options import SourceOptions, parse_poll
from vdmabuf_inspect.sources.vhost_user.proxy import Proxy

SYNTAX = "vhost-user:LISTEN,CONNECT[?after=SECONDS&poll=RATE]"


def open_uri(rest: str, options: SourceOptions) -> Proxy:
    """Listen on the socket path LISTEN; each peer that comes is connected to the one at the path CONNECT.

    `?after=SECONDS` passes everything on from the start but looks at the rings only that much later; `poll=RATE` is
    looks a second, or `max`.
    Raises UsageError unless there are two paths, SourceError when LISTEN cannot be listened on.
    """
    paths, mark, query = rest.partition("?")
    if mark:
        options = _with_query(rest, query, options)
    listen, comma, connect = paths.partition(",")
    if not comma or not listen or not connect or "," in connect:
        raise UsageError(f"vhost-user:{rest}: expected two socket paths, {SYNTAX}")
    if listen == connect:
        raise UsageError(f"vhost-user:{rest}: LISTEN and CONNECT are the same socket")
    return Proxy(listen, connect, options)


def _with_query(rest: str, query: str, options: SourceOptions) -> SourceOptions:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == "after":
            options = replace(options, look_after=_seconds(rest, part, value))
        elif name == "poll":
            options = replace(options, poll=parse_poll(value))
        else:
            raise UsageError(f"vhost-user:{rest}: {part!r}: expected after=SECONDS or poll=RATE")
    return options


def _seconds(rest: str, part: str, value: str) -> float:
    number = value.removesuffix("s")
    if not number.replace(".", "", 1).isdigit():
        raise UsageError(f"vhost-user:{rest}: {part!r}: expected after=SECONDS, for example after=1.5")
    return float(number)
