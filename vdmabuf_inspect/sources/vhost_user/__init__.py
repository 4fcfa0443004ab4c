"""A passive vhost-user proxy: it passes everything on in both directions, and watches the rings and notifications."""

import re
from dataclasses import replace

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.vhost_user.meeting import WAIT_SECONDS, Meeting, Side
from vdmabuf_inspect.sources.vhost_user.proxy import Proxy

SYNTAX = "vhost-user:[connect:]FRONT,[listen:]BACK[?after=SECONDS&wait=SECONDS]"
_ROLES = {"listen": True, "connect": False}
_SECONDS = re.compile(r"(after|wait)=(\d+\.?\d*)s?")


def open_uri(rest: str, options: SourceOptions) -> Proxy:
    """A front end comes to the socket path FRONT (`connect:` calls it there instead), and is brought together with the
    back end that listens at BACK (`listen:` has it come there).

    `after` passes everything on from the start but looks at the rings only that much later. `wait` is how long one
    peer is kept while the other cannot be called yet; then it is sent away. After a session comes the next.
    Raises UsageError unless there are two paths, SourceError when one cannot be listened on.
    """
    paths, mark, query = rest.partition("?")
    chosen = _query(rest, query) if mark else {}
    parts = paths.split(",")
    if len(parts) != 2:
        raise UsageError(f"vhost-user:{rest}: expected two socket paths, {SYNTAX}")
    ends = [_end(rest, part, listens) for part, listens in zip(parts, (True, False), strict=True)]
    if ends[0][0] == ends[1][0]:
        raise UsageError(f"vhost-user:{rest}: front end and back end have the same socket")
    front = Side("front end", *ends[0])
    try:
        back = Side("back end", *ends[1])
    except Exception:
        front.close()
        raise
    options = replace(options, look_after=chosen.get("after", options.look_after))
    return Proxy(f"vhost-user:{rest}", Meeting(front, back, chosen.get("wait", WAIT_SECONDS)), options)


def _end(rest: str, part: str, listens: bool) -> tuple[str, bool]:
    """(path, whether we listen there)."""
    role, colon, path = part.partition(":")
    if not colon or role not in _ROLES:
        role, path = "listen" if listens else "connect", part
    if not path:
        raise UsageError(f"vhost-user:{rest}: expected two socket paths, {SYNTAX}")
    return path, _ROLES[role]


def _query(rest: str, query: str) -> dict[str, float]:
    found = [(part, _SECONDS.fullmatch(part)) for part in query.split("&")]
    for part, match in found:
        if match is None:
            raise UsageError(f"vhost-user:{rest}: {part!r}: expected after=SECONDS or wait=SECONDS, such as after=1.5")
    return {match[1]: float(match[2]) for _, match in found if match is not None}
