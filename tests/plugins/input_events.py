"""What happened on a queue of an input device, as far as it was decoded."""

from typing import Any

from vdmabuf_inspect.testing import Seen
from vdmabuf_inspect.views.messages import MessagesView


def happened(seen: Seen, queue: str) -> list[tuple[Any, Any, Any]]:
    """Type, code and value of every event of this queue, without SYN."""
    view = MessagesView(seen.session)
    mine = [row["fields"] for row in view.rows(0, len(view)) if row["queue"] == queue]
    return [(each["type"], each["code"], each["value"]) for each in mine if each.get("type") != "SYN"]


def findings(seen: Seen) -> set[str]:
    """The codes of the rules that fired."""
    return set(seen.findings)
