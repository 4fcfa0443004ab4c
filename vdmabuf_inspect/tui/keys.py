"""The keys of the workbench, one meaning everywhere; the key bar and the help are made from this."""

from textual.binding import Binding, BindingType

KEYS: list[BindingType] = [
    Binding("slash", "filter", "Filter", id="filter"),
    Binding("right_curly_bracket", "finding(1)", "Next finding", id="finding.next"),
    Binding("left_curly_bracket", "finding(-1)", "Previous finding", show=False, id="finding.previous"),
    Binding("right_square_bracket", "same_buffer(1)", "Same buffer", id="buffer.next"),
    Binding("left_square_bracket", "same_buffer(-1)", "Same buffer, back", show=False, id="buffer.previous"),
    Binding("full_stop", "step(1)", "Step", id="step.next"),
    Binding("comma", "step(-1)", "Step back", id="step.previous"),
    Binding("F", "follow", "Follow", id="follow"),
    Binding("p", "pause", "Pause", id="pause"),
    Binding("tab", "pane(1)", "Pane", id="pane.next"),
    Binding("shift+tab", "pane(-1)", "Pane before", show=False, id="pane.previous"),
    Binding("escape", "back", "Back to the messages", show=False, id="back"),
    Binding("exclamation_mark", "toggle_filter", "Filter on/off", id="filter.toggle"),
    Binding("colon", "goto", "Go to", id="goto"),
    Binding("x", "hex", "Bytes", id="hex"),
    Binding("t", "time", "Time", id="time"),
    Binding("backslash", "zoom", "Maximise", id="zoom"),
    Binding("question_mark,f1", "help", "Keys", key_display="?", id="help"),
    Binding("q", "quit", "Quit", id="quit"),
]
"""Bindings by id, so that a user can put them elsewhere."""
