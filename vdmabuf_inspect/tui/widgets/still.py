"""What costs nothing in a frame in which it does not change: every frame asks each widget for all of its lines."""

from textual.containers import Container
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Still(Widget):
    """A widget that hands out the same lines again until one of them is to be painted."""

    _handed: tuple[Region, list[Strip]] | None = None

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of `crop`."""
        cache, handed = self._styles_cache, self._handed
        if handed is None or handed[0] != crop or cache._dirty_lines or not cache._cache:
            handed = self._handed = crop, super().render_lines(crop)
        return handed[1]


class StillContainer(Container, Still):
    """Holds others, and has perhaps a border of its own."""
