"""The keys of the workbench, one meaning everywhere; the key bar and the help are made from this."""

from textual.binding import Binding, BindingType


def _key(key: str, action: str, short: str, long: str, *, show: bool = True, id: str, shown: str = "") -> Binding:
    return Binding(key, action, short, show=show, id=id, tooltip=long, key_display=shown or None)


KEYS: list[BindingType] = [
    _key("1", "stage('messages')", "List", "the list of messages", show=False, id="stage.messages"),
    _key("2", "stage('ladder')", "Ladder", "driver and device as a ladder", id="stage.ladder"),
    _key("3", "stage('lanes')", "Lanes", "buffers as lanes along the time", id="stage.lanes"),
    _key("4", "stage('ring')", "Ring", "one queue's ring, slot by slot", id="stage.ring"),
    _key("slash", "filter", "Filter", "show only the messages that match an expression", id="filter"),
    _key("exclamation_mark", "toggle_filter", "All", "the filter off and on again", show=False, id="filter.toggle"),
    _key("right_curly_bracket", "finding(1)", "Next finding", "the next finding", id="finding.next"),
    _key("left_curly_bracket", "finding(-1)", "", "the finding before", show=False, id="finding.previous"),
    _key("right_square_bracket", "same_buffer(1)", "Same buffer", "the buffer's next event", id="buffer.next"),
    _key("left_square_bracket", "same_buffer(-1)", "", "the buffer's event before", show=False, id="buffer.previous"),
    _key("full_stop", "step(1)", "Step", "the next event: all panes show the state after it", id="step.next"),
    _key("comma", "step(-1)", "Back", "the event before", id="step.previous"),
    _key("F", "follow", "Follow", "the end, and stay there as it moves", id="follow"),
    _key("p", "pause", "Pause", "hold the display, or let it go on; recording goes on", id="pause"),
    _key("tab", "pane(1)", "Pane", "the next pane", id="pane.next"),
    _key("shift+tab", "pane(-1)", "", "the pane before", show=False, id="pane.previous"),
    _key("escape", "back", "", "back: from a maximised pane, then to the messages", show=False, id="back"),
    _key("colon", "goto", "Go to", "an event by its number, a buffer by its name", id="goto"),
    _key("backslash", "zoom", "Maximise", "the focused pane on the whole screen, and back", id="zoom"),
    _key("a", "live", "Live", "all buffers, or only those the device has", id="live"),
    _key("x", "hex", "Bytes", "the bytes beside the fields, or not", id="hex"),
    _key(
        "v",
        "control",
        "vhost-user",
        "the vhost-user messages in the place of the buffers, and back",
        show=False,
        id="control",
    ),
    _key("t", "time", "Time", "times since the start, since the row before, as a clock", id="time"),
    _key("o", "buffer_page", "Buffer", "the buffer's page: life, page map, picture", show=False, id="buffer.page"),
    _key("question_mark,f1", "help", "Keys", "this page", id="help", shown="?"),
    _key("q", "quit", "Quit", "leave", id="quit"),
]
"""Bindings by id, so that a user can put them elsewhere."""
