"""What the commands that list one view have in common."""

from argparse import ArgumentParser, Namespace
from typing import TYPE_CHECKING, Any

from vdmabuf_inspect.cli.loading import finish, open_inspection, remark
from vdmabuf_inspect.cli.narration import Progress
from vdmabuf_inspect.cli.options import add_judging, add_source
from vdmabuf_inspect.cli.printing import add_format, print_table
from vdmabuf_inspect.cli.streaming import STREAMED, Stream
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.model.columns import Array
    from vdmabuf_inspect.session.session import Session
    from vdmabuf_inspect.views.base import View


def add_view(parser: ArgumentParser, filtered: bool = True) -> None:
    """SOURCE and the options of a list."""
    add_source(parser)
    group = parser.add_argument_group("rows")
    if filtered:
        group.add_argument(
            "--filter", metavar="EXPR", help="only rows for which EXPR holds: 'cmd == EXPORT && pages > 64'"
        )
    group.add_argument("--at", metavar="SEQ", help="as of event SEQ, not of the end")
    add_format(parser)
    add_judging(parser)


def print_view(args: Namespace, kind: "type[View]") -> int:
    """Read the source and list the view; of one that grows print rows as they come. Raises InspectError."""
    inspection = open_inspection(args, args.source)
    if inspection.growing and kind.name in STREAMED and args.at is None:
        loaded = finish(args, inspection, Stream(args, inspection.session, kind).poll)
        remark(loaded.session)
        return loaded.exit
    loaded = finish(args, inspection, limit_ns=inspection.glance_ns)
    session = loaded.session
    view = view_of(session, kind, moment(args.at, session), getattr(args, "filter", None))
    print_table(args, view, source=args.source, at=view.at, complete=not session.incomplete(), **_chosen(args))
    remark(session)
    return loaded.exit


def view_of(session: "Session", kind: "type[View]", seq: int | None, expression: str | None) -> "View":
    """The view as of `seq`, only rows for which the filter expression holds. Raises FilterError."""
    selection = None if expression is None else selected(session, kind(session, seq), expression)
    return kind(session, seq, selection)


def selected(session: "Session", view: "View", expression: str) -> "Array":
    """int64[k]: the rows of a view for which the filter expression holds. Raises FilterError."""
    from vdmabuf_inspect.views.filter import compile_filter

    progress = Progress("filtering")
    try:
        return compile_filter(expression, view.name).select(session, view.total(), view.seq, progress=progress)
    finally:
        progress.close()


def moment(text: str | None, session: "Session") -> int | None:
    """`--at`, a sequence number of the session; None where not given. Raises UsageError."""
    if text is None:
        return None
    if not text.isdecimal() or int(text) > session.seq:
        raise UsageError(f"--at {text}: give a sequence number from 0 to {session.seq}")
    return int(text)


def _chosen(args: Namespace) -> dict[str, Any]:
    return {"filter": args.filter} if getattr(args, "filter", None) is not None else {}
