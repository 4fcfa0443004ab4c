"""What an object holds in guest memory, as far as the messages about it say."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vdmabuf_inspect.picture import Layout


@dataclass(frozen=True)
class Told:
    """A request about an object: its command's name, its bytes as far as they are known."""

    command: str
    data: bytes


@dataclass(frozen=True)
class Contents:
    """An object's bytes: `runs` of (guest-physical address, length), in its order, and the picture in them.

    `missing`: in words that follow the object's name, what no message said; empty when nothing is missing.
    """

    runs: tuple[tuple[int, int], ...] = ()
    layout: "Layout | None" = None
    missing: str = ""
