"""One thread's waiting: file descriptors and what to do when something happens to them."""

import select
from collections.abc import Callable
from contextlib import suppress

Handler = Callable[[int], None]
"""Called with the epoll event bits."""


class Loop:
    """An epoll set. It owns no file descriptor but its own."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._handlers: dict[int, Handler] = {}

    def watch(self, fd: int, events: int, handler: Handler) -> bool:
        """Call `handler` on `events`; False for a file that cannot be waited for."""
        try:
            self._epoll.register(fd, events)
        except OSError:
            return False
        self._handlers[fd] = handler
        return True

    def change(self, fd: int, events: int) -> None:
        """Wait for other events."""
        if fd in self._handlers:
            self._epoll.modify(fd, events)

    def forget(self, fd: int) -> None:
        """Wait no more. Always before `fd` is closed: another process may keep the file behind it open."""
        if self._handlers.pop(fd, None) is not None:
            with suppress(OSError):
                self._epoll.unregister(fd)

    def turn(self, timeout: float | None) -> None:
        """Wait up to `timeout` seconds (None: for ever) and call the handlers of what happened."""
        happened = [(self._handlers.get(fd), fd, events) for fd, events in self._epoll.poll(timeout)]
        for handler, fd, events in happened:
            if handler is not None and self._handlers.get(fd) is handler:
                handler(events)

    def close(self) -> None:
        """Close the epoll set."""
        self._handlers.clear()
        self._epoll.close()
