"""The words of a split ring read in as few pieces as can be, and not looked at further while they stay the same."""

from struct import unpack_from

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.pieces import Pieces
from vdmabuf_inspect.ring.split.words import Words, read_words


class Window:
    """One ring's words, remembered from reading to reading."""

    def __init__(self, memory: Memory, layout: QueueLayout) -> None:
        self._memory = memory
        self._layout = layout
        self._pieces = Pieces(memory, _places(layout))
        self._raw = b""
        self._words: Words | None = None
        self._settled = False

    def words(self) -> Words | None:
        """The words now, the same object as before while nothing changed; None when they cannot be read.

        Words that are still changing are read one after the other, `used_idx` before `avail_idx`.
        """
        try:
            raw = self._pieces.read()
        except FaultError:
            return None
        if raw != self._raw or self._words is None:
            self._raw, self._words, self._settled = raw, read_words(self._memory, self._layout), False
        elif not self._settled:
            words = self._read(raw)
            self._words = self._words if self._words == words else words
            self._settled = True
        return self._words

    def _read(self, raw: bytes) -> Words:
        avail, used, used_event, avail_event = [*self._pieces.offsets, -1, -1][:4]
        events = unpack_from("<H", raw, used_event) + unpack_from("<H", raw, avail_event) if used_event >= 0 else (0, 0)
        flags_a, avail_idx = unpack_from("<HH", raw, avail)
        flags_u, used_idx = unpack_from("<HH", raw, used)
        return Words(flags_a, avail_idx, events[0], flags_u, used_idx, events[1])


def _places(layout: QueueLayout) -> list[tuple[int, int]]:
    """(address, bytes) of flags and indices of both rings, and of their event fields where negotiated."""
    places = [(layout.avail, 4), (layout.used, 4)]
    if layout.has(Feature.EVENT_IDX):
        places += [(layout.avail + 4 + 2 * layout.size, 2), (layout.used + 4 + 8 * layout.size, 2)]
    return places
