"""One decoded field, whatever protocol it belongs to."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    """One field: dotted `path`, the `value` for JSON, the `text` for people, and its bytes in the message."""

    path: str
    value: Any
    text: str
    offset: int
    size: int

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]
