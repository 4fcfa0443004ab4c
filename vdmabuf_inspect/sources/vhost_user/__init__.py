"""A passive vhost-user proxy: it passes everything on in both directions, and watches the rings and notifications."""

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.vhost_user.proxy import Proxy

SYNTAX = "vhost-user:LISTEN,CONNECT"


def open_vhost_user(rest: str, options: SourceOptions) -> Proxy:
    """Listen on the socket path LISTEN; each peer that comes is connected to the one at the path CONNECT.

    Raises UsageError unless there are two paths, SourceError when LISTEN cannot be listened on.
    """
    listen, comma, connect = rest.partition(",")
    if not comma or not listen or not connect or "," in connect:
        raise UsageError(f"vhost-user:{rest}: expected two socket paths, {SYNTAX}")
    if listen == connect:
        raise UsageError(f"vhost-user:{rest}: LISTEN and CONNECT are the same socket")
    return Proxy(listen, connect, options)
