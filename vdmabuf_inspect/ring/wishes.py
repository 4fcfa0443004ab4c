"""When it is worth a LOOK what driver and device ask of each other: the notifications they want or do not want."""

from typing import NamedTuple

FLAGS_NS = 10_000_000
"""Flags are told at once, but not more often than this."""
REST_NS = 50_000_000
"""Event indices move with each entry and travel with its event; once they rest, they are told if that did not."""


class Wish(NamedTuple):
    """The words by which the driver suppresses calls and the device kicks (virtio 1.2, 2.7.7, 2.7.10, 2.8.10)."""

    avail_flags: int = 0
    used_event: int = 0
    used_flags: int = 0
    avail_event: int = 0

    @property
    def flags(self) -> tuple[int, int]:
        """The driver's and the device's."""
        return self.avail_flags, self.used_flags


class Wishes:
    """What is known of the wishes by whoever reads the records."""

    def __init__(self) -> None:
        self.told = Wish()
        self._seen = self.told
        self._since = 0
        self._flags_ns = -FLAGS_NS

    @property
    def untold(self) -> bool:
        """Whether the latest wishes are not in the records."""
        return self._seen != self.told

    def due(self, wish: Wish, now_ns: int) -> bool:
        """Whether a LOOK has to tell `wish`, which was read just now; if so it is taken as told."""
        if wish != self._seen:
            self._seen, self._since = wish, now_ns
        flags = wish.flags != self.told.flags and now_ns - self._flags_ns >= FLAGS_NS
        if not self.untold or not (flags or now_ns - self._since >= REST_NS):
            return False
        self._flags_ns = now_ns
        self.told = wish
        return True

    def tell(self, *, used_event: int | None = None, avail_event: int | None = None) -> None:
        """An entry's event says it."""
        self.told = self.told._replace(
            used_event=self.told.used_event if used_event is None else used_event,
            avail_event=self.told.avail_event if avail_event is None else avail_event,
        )
