"""The steps of a vhost-user session at which a peer can be made to do wrong."""

from collections.abc import Callable
from dataclasses import dataclass, field

from vdmabuf_inspect.vhost_user.connection import Fds, Message


@dataclass
class RequestStep:
    """Driver: a request about to be sent; `ahead` goes first, asking for no acknowledgement, its fds closed then."""

    request: int
    payload: bytes
    fds: tuple[int, ...]
    ahead: list[Message] = field(default_factory=list)


@dataclass
class EnableStep:
    """Driver: a ring is set up and about to be enabled; `notify` kicks it."""

    queue: int
    notify: Callable[[], None]


@dataclass
class AnswerStep:
    """Device: an answer about to be sent; its fds are closed then."""

    request: int
    payload: bytes
    fds: Fds = field(default_factory=Fds)
    skip: bool = False


@dataclass
class AnsweredStep:
    """Device: after an answer was sent; `touch` writes to the ring that the request has stopped, if one."""

    request: int
    touch: Callable[[], None] | None
