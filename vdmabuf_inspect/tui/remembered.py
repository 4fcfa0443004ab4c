"""What is remembered from one run to the next: lists of words by name, in the user's state folder."""

import json
import os
from collections.abc import Iterable
from pathlib import Path

_MOST = 200
"""Words kept of each list, the latest."""


def state_folder() -> Path:
    """Where state is kept: `$XDG_STATE_HOME/vdmabuf-inspect`."""
    home = os.environ.get("XDG_STATE_HOME") or Path("~/.local/state").expanduser()
    return Path(home) / "vdmabuf-inspect"


class Remembered:
    """Lists of words. What cannot be read is empty, what cannot be written is forgotten: neither stops anybody."""

    def __init__(self, path: Path | None = None, kept: bool = True) -> None:
        """kept: in a file. Otherwise nothing was remembered, and what is now is forgotten at the end."""
        self._path = path or state_folder() / "remembered.json"
        self._kept = kept
        self._lists: dict[str, list[str]] | None = None if kept else {}

    def get(self, name: str) -> list[str]:
        """A list, empty where nothing was remembered."""
        if self._lists is None:
            self._lists = self._read()
        return list(self._lists.get(name, ()))

    def put(self, name: str, words: Iterable[str]) -> None:
        """Remember a list, beside what another run has remembered meanwhile."""
        self._lists = {**(self._read() if self._kept else self._lists or {}), name: list(words)[-_MOST:]}
        if self._kept:
            self._write()

    def _write(self) -> None:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            part = self._path.with_name(f"{self._path.name}.{os.getpid()}")
            part.write_text(json.dumps(self._lists, indent=1) + "\n", encoding="utf-8")
            part.replace(self._path)
        except OSError:
            return

    def add(self, name: str, word: str) -> None:
        """Remember a word as the latest of a list."""
        self.put(name, [*(each for each in self.get(name) if each != word), word])

    def _read(self) -> dict[str, list[str]]:
        try:
            found = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(found, dict):
            return {}
        return {name: [str(word) for word in words] for name, words in found.items() if isinstance(words, list)}
