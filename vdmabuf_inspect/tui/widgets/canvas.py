"""What the line-drawing widgets share: styles kept between paints, and growing without a new layout."""

from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget


class Canvas(ScrollView):
    """A scroll view that paints itself line by line. Subclasses say the `PREFIX` of their component classes."""

    PREFIX = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._inks: dict[tuple[str, bool], Style] = {}

    def ink_style(self, name: str, partial: bool = True) -> Style:
        """A component's style; partial: only what it sets itself. No name is no style."""
        if not name:
            return Style.null() if partial else self.base_style
        style = self._inks.get((name, partial))
        if style is None:
            style = self.get_component_rich_style(f"{self.PREFIX}--{name}", partial=partial)
            self._inks[(name, partial)] = style
        return style

    @property
    def base_style(self) -> Style:
        """The widget's own style."""
        style = self._inks.get(("", False))
        if style is None:
            style = self._inks[("", False)] = self.rich_style
        return style

    def notify_style_update(self) -> None:
        """Colours have changed."""
        super().notify_style_update()
        self._inks.clear()

    def extend(self, lines: int) -> None:
        """Be so many lines high. The screen is laid out again only when the scroll bar comes or goes."""
        size = Size(max(1, self.scrollable_content_region.width), lines)
        if size == self.virtual_size:
            return
        if (lines > self.container_size.height) != self.show_vertical_scrollbar or self.styles.auto_dimensions:
            self.virtual_size = size
            return
        self.set_reactive(Widget.virtual_size, size)
        self._scroll_update(size)
