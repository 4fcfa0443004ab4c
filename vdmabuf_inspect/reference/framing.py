"""How a message is put into descriptors; a device must not care (virtio 1.2, 2.7.4.1)."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

from vdmabuf_inspect.protocols.vdmabuf.dialects import Dialect
from vdmabuf_inspect.reference.place import Part


@dataclass(frozen=True)
class Framing:
    """Where a message is cut, and whether its descriptors go into an indirect table."""

    cuts: tuple[int, ...] = ()
    indirect: bool = False

    def parts(self, at: int, size: int, writable: bool, free: int, queue_size: int) -> list[Part]:
        """The parts of a message of `size` bytes at `at`.

        Uncut where too few descriptors are free, or where the chain would be longer than the queue (2.7.5.3.1).
        """
        room = queue_size - 1 if self.indirect else free
        cuts = self.cuts if room > len(self.cuts) else ()
        bounds = [0, *(cut for cut in cuts if cut < size), size]
        return [Part(at + a, b - a, writable) for a, b in zip(bounds, bounds[1:], strict=False)]


_WHOLE, _SPLIT, _INDIRECT = Framing(), Framing((4, 40)), Framing((24,), indirect=True)
CHOICES: dict[str, tuple[Framing, ...]] = {
    "whole": (_WHOLE,),
    "split": (_SPLIT,),
    "indirect": (_INDIRECT,),
    "mixed": (_WHOLE, _INDIRECT, _SPLIT),
}


def framings(choice: str, dialect: Dialect) -> Iterator[Framing]:
    """The framing of one message after the other.

    `auto` mixes them, except where every known driver sends one descriptor and hosts want it so.
    """
    if choice == "auto":
        choice = "whole" if dialect.device_fills_used_len or dialect.in_place else "mixed"
    return cycle(CHOICES[choice])
