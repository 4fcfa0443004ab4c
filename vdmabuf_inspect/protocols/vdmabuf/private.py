"""Decoders of the private data that a driver sends with an export; the first that recognises it reads it.

Where none does, data as long as a picture's description is read as one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PrivateDecoder:
    """`matches` says whether private data (bytes, as long as its size word says) is this; `layout` is a construct
    `Struct` of fixed size, of which data that is shorter has only the first fields.
    """

    name: str
    layout: Any
    matches: Callable[[bytes], bool]


DECODERS: dict[str, PrivateDecoder] = {}
"""By name, in the order in which they are asked."""


def decoder_of(data: bytes) -> PrivateDecoder | None:
    """The decoder that recognises this data. A decoder that raises recognises nothing."""
    for decoder in DECODERS.values():
        try:
            if decoder.matches(data):
                return decoder
        except Exception:
            continue
    return None
