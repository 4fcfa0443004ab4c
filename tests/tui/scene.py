"""Scenes that try keys, by the ids of the keys."""

from collections.abc import Callable

from tests.tui.screen import Scene

SCENES: dict[str, Scene] = {}


def scene(*ids: str) -> Callable[[Scene], Scene]:
    """The decorated function tries the keys with these ids."""

    def register(told: Scene) -> Scene:
        SCENES.update(dict.fromkeys(ids, told))
        return told

    return register
