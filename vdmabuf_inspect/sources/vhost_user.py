"""A passive vhost-user proxy: `vhost-user:LISTEN,CONNECT`."""

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.base import Producer
from vdmabuf_inspect.sources.options import SourceOptions

SYNTAX = "vhost-user:LISTEN,CONNECT"


def open_vhost_user(rest: str, options: SourceOptions) -> Producer:
    raise SourceError(f"vhost-user:{rest}: the proxy is not part of this build yet")
