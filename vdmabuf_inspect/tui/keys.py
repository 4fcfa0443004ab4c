"""The keys of the workbench, one meaning everywhere; the key bar and the help are made from this."""

from textual.binding import Binding, BindingType


def _key(key: str, action: str, short: str, long: str, *, show: bool = True, id: str, shown: str = "") -> Binding:
    return Binding(key, action, short, show=show, id=id, tooltip=long, key_display=shown or None)


HELP = _key("question_mark,f1", "app.help", "Keys", "this page", id="screen.help", shown="?")
"""On every other screen."""

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
    _key("J", "message(1)", "Next message", "the next message", show=False, id="message.next"),
    _key("K", "message(-1)", "", "the message before", show=False, id="message.previous"),
    _key("F", "follow", "Follow", "the end, and stay there as it moves", id="follow"),
    _key("p", "pause", "Pause", "hold the display, or let it go on; recording goes on", id="pause"),
    _key("tab", "pane(1)", "Pane", "the next pane", id="pane.next"),
    _key("shift+tab", "pane(-1)", "", "the pane before", show=False, id="pane.previous"),
    _key("escape", "back", "", "back: from a maximised pane, then to the messages", show=False, id="back"),
    _key("colon", "goto", "Go to", "an event by number or time, a buffer, an address", id="goto"),
    _key("backslash", "zoom", "Maximise", "the focused pane on the whole screen, and back", id="zoom"),
    _key("a", "live", "Live", "all buffers, or only those the device has", id="live"),
    _key("x", "hex", "Bytes", "the bytes beside the fields, or not", id="hex"),
    _key(
        "equals_sign",
        "compare",
        "Before",
        "bytes with what they were when the chain was offered",
        show=False,
        id="compare",
    ),
    _key("M", "memory", "Memory", "guest memory at the chosen descriptor or address", show=False, id="memory"),
    _key("greater_than_sign", "grow('width', 1)", "Wider", "the focused pane wider", show=False, id="pane.wider"),
    _key("less_than_sign", "grow('width', -1)", "", "narrower", show=False, id="pane.narrower"),
    _key("plus", "grow('height', 1)", "Higher", "the focused pane higher", show=False, id="pane.higher"),
    _key("minus", "grow('height', -1)", "", "lower", show=False, id="pane.lower"),
    _key("X", "hide_pane", "Hide pane", "hide the focused pane; going to it shows it", show=False, id="pane.hide"),
    _key("w", "panes", "Panes", "which panes are shown", show=False, id="panes"),
    _key("c", "columns", "Columns", "the list's columns: which, and in what order", show=False, id="columns"),
    _key("0", "as_at_first", "", "sizes, panes and columns as at first", show=False, id="arrangement.reset"),
    _key(
        "v",
        "control",
        "vhost-user",
        "the vhost-user messages in the place of the buffers, and back",
        show=False,
        id="control",
    ),
    _key("t", "time", "Time", "times since the start, since the row before, as a clock", id="time"),
    _key("s", "search", "Search", "text in fields and bytes, or bytes as hex pairs", id="search"),
    _key("n", "hit(1)", "Next hit", "the next event in which the search finds something", show=False, id="search.next"),
    _key("N", "hit(-1)", "", "the one before", show=False, id="search.previous"),
    _key("m", "mark", "Mark", "a mark with a note on this event, or none", id="mark"),
    _key("quotation_mark", "next_mark", "Next mark", "the next mark", show=False, id="mark.next"),
    _key("apostrophe", "marks", "Marks", "all marks, to go to one", show=False, id="mark.list"),
    _key("b", "only_buffer", "Only buffer", "only this buffer, and all again", show=False, id="only.buffer"),
    _key("C", "only_chain", "Only chain", "only this chain, and all again", show=False, id="only.chain"),
    _key("H", "hide_command", "Hide", "hide this command, and show it again", show=False, id="hide.command"),
    _key("f", "narrow", "Narrow", "a filter from the message or field under the cursor", show=False, id="narrow"),
    _key("L", "filters", "Filters", "filters with a name: use, keep, forget", show=False, id="filter.named"),
    _key("o", "buffer_page", "Buffer", "the buffer's page: life, page map, picture", show=False, id="buffer.page"),
    _key("r", "rules", "Rules", "findings by rule or culprit, with the rule's page", id="rules"),
    _key("S", "silence", "Silence", "hear no more of a rule or a buffer, or again", show=False, id="silence"),
    _key("A", "point('A')", "A", "this moment is A", show=False, id="point.a"),
    _key("B", "point('B')", "B", "this moment is B", show=False, id="point.b"),
    _key("D", "difference", "Difference", "what changed between A and B, or the cursor", show=False, id="difference"),
    _key("P", "play", "Play", "play x1, x4, x16, /4; any other key stops", show=False, id="play"),
    _key("y", "copy", "Copy", "copy a field, the message as JSON, hex or text", id="copy"),
    _key("e", "export", "Export", "a capture, a report, a picture; the editor on a plugin", id="export"),
    _key("W", "save", "Save", "everything with the marks into a capture", show=False, id="save"),
    _key("T", "theme", "Colours", "dark, light, or safe for the colour-blind", show=False, id="theme"),
    _key("ctrl+p", "app.command_palette", "Palette", "all of this by name", show=False, id="palette"),
    _key("question_mark,f1", "help", "Keys", "this page", id="help", shown="?"),
    _key("q", "quit", "Quit", "leave", id="quit"),
]
"""Bindings by id, so that a user can put them elsewhere."""
