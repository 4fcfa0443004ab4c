"""Loads plugins again when their files are saved; told by the file system where it can tell."""

import logging
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

from vdmabuf_inspect.plugins.door import Door, Plugin

_STAT_S = 1.0
"""Looked at this often even where the file system tells."""
_QUIET_S = 0.1
"""An editor that saves in several steps has ended after so long without a change."""


class Reloader:
    """`poll` often; close it at the end."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self._told = Event()
        self._looked = self._changed = 0.0
        self._seen: dict[str, tuple[tuple[str, int, int], ...]] = {}
        self._observer: Any = None
        self._folders: set[Path] = set()
        self._pending: dict[str, Plugin] = {}
        self._note()

    def poll(self) -> list[Plugin]:
        """Plugins that were saved and loaded again since the last time; each one's `error` says whether it failed."""
        now = monotonic()
        if self._told.is_set() or now - self._looked > _STAT_S:
            self._told.clear()
            self._looked = now
            found = self._note()
            self._changed = now if found else self._changed
            self._pending |= {plugin.candidate.name: plugin for plugin in found}
        if not self._pending or now - self._changed < _QUIET_S:
            return []
        plugins, self._pending = list(self._pending.values()), {}
        for plugin in plugins:
            self.door.reload(plugin)
        return plugins

    def close(self) -> None:
        """Watch no more."""
        if self._observer is not None:
            self._observer.stop()

    def _note(self) -> list[Plugin]:
        """Remember what every file is like; the plugins of which one is not what it was."""
        changed = []
        for plugin in self.door.plugins:
            state = tuple(_state(path) for path in plugin.files)
            before = self._seen.get(plugin.candidate.name)
            self._seen[plugin.candidate.name] = state
            if before and state and before != state:
                changed.append(plugin)
            self._watch({path.parent for path in plugin.files})
        return changed

    def _watch(self, folders: set[Path]) -> None:
        """Be told of changes in these folders too."""
        fresh = folders - self._folders
        if not fresh:
            return
        self._folders |= fresh
        try:
            from watchdog.events import FileSystemEvent, FileSystemEventHandler
            from watchdog.observers import Observer
        except ImportError:
            return

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                told.set()

        told = self._told
        logging.getLogger("watchdog").addHandler(logging.NullHandler())  # or it speaks on standard error
        try:
            if self._observer is None:
                self._observer = Observer()
                self._observer.start()
            for folder in fresh:
                self._observer.schedule(Handler(), str(folder))
        except (OSError, RuntimeError):
            return


def _state(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError:
        return str(path), 0, -1
    return str(path), status.st_mtime_ns, status.st_size
