"""What the line-drawing widgets share: styles kept between paints, and growing without a new layout."""

from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.widget import Widget

from vdmabuf_inspect.tui.theme import ink_styles


class Canvas(ScrollView):
    """A scroll view that paints itself line by line. Subclasses say the `PREFIX` of their component classes."""

    PREFIX = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._inks: dict[str, Style] = {}
        self._parts: dict[str, Style] = {}

    def ink_style(self, ink: str) -> Style:
        """The style of an ink, to be laid over a line's own."""
        if not self._inks:
            self._inks = dict(ink_styles(self.app))
        return self._inks[ink]

    def part_style(self, part: str, partial: bool = True) -> Style:
        """A component's style; partial: only what it sets itself."""
        style = self._parts.get(part)
        if style is None:
            style = self._parts[part] = self.get_component_rich_style(f"{self.PREFIX}--{part}", partial=partial)
        return style

    @property
    def base_style(self) -> Style:
        """The widget's own style."""
        style = self._parts.get("")
        if style is None:
            style = self._parts[""] = self.rich_style
        return style

    def notify_style_update(self) -> None:
        """Colours have changed."""
        super().notify_style_update()
        self._inks.clear()
        self._parts.clear()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """A scroll bar that comes stands where the lines were scrolled to before it came."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y

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
