"""`compare`: what changed between two sources, or between two moments of one."""

import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.loading import Loaded, finish, load, open_inspection, remark
from vdmabuf_inspect.cli.options import add_judging, add_source
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.cli.viewing import moment
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.session.load import Inspection
    from vdmabuf_inspect.views.comparison import Change, Side

_FIRST_S = 1.0
"""How long a live source is looked at before its first moment is taken."""


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_source(parser)
    parser.add_argument("other", metavar="OTHER", nargs="?", help="a second source, read with the same options")
    group = parser.add_argument_group("moments", "of one source; a live one is compared with itself a second in")
    group.add_argument("--at", metavar="SEQ", help="the first moment (default: the beginning)")
    group.add_argument("--and", metavar="SEQ", dest="then", help="the second moment (default: the end)")
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text (default) or JSON lines")
    add_judging(parser)


def run(args: Namespace) -> int:
    """Print every difference. Raises InspectError."""
    from vdmabuf_inspect.views.comparison import compare

    before, after, loaded = _two_sources(args) if args.other else _two_moments(args)
    write(_lines(args, list(compare(before, after))))
    remark(loaded.session)
    return loaded.exit


def _two_sources(args: Namespace) -> "tuple[Side, Side, Loaded]":
    from vdmabuf_inspect.views.comparison import Side

    first, second = load(args, args.source, glance=True), load(args, args.other, glance=True)
    at, then = moment(args.at, first.session), moment(args.then, second.session)
    return (
        Side(first.session, first.session.seq if at is None else at, first.memory),
        Side(second.session, second.session.seq if then is None else then, second.memory),
        second,
    )


def _two_moments(args: Namespace) -> "tuple[Side, Side, Loaded]":
    """Of a capture or a live source; a snapshot has but one moment."""
    from vdmabuf_inspect.views.comparison import Side

    inspection = open_inspection(args, args.source)
    if inspection.mode is inspection.mode.SNAPSHOT:
        raise UsageError(f"{args.source}: a snapshot is one moment; give a second one to compare it with")
    first = _First(inspection)
    loaded = finish(args, inspection, first.poll if inspection.growing else None)
    session = loaded.session
    at, then = moment(args.at, session), moment(args.then, session)
    return (
        Side(session, first.seq if at is None else at),
        Side(session, session.seq if then is None else then),
        loaded,
    )


class _First:
    """Takes the first moment of a live source, when it has been looked at for a while."""

    def __init__(self, inspection: "Inspection") -> None:
        self.seq = 0
        self._inspection = inspection
        self._begun = 0.0

    def poll(self) -> None:
        """Called again and again."""
        seen = self._inspection.session.seq
        if seen and not self._begun:
            self._begun = time.monotonic()
        if self._begun and not self.seq and time.monotonic() - self._begun >= _FIRST_S:
            self.seq = seen


def _lines(args: Namespace, changes: "list[Change]") -> Iterator[str]:
    from vdmabuf_inspect.views.base import plain
    from vdmabuf_inspect.views.formats.json_lines import header, json_line
    from vdmabuf_inspect.views.formats.layout import grid

    if args.format == "json":
        yield header("changes", source=args.source, other=args.other)
        yield from (json_line(vars(each)) for each in changes)
        return
    if not changes:
        yield "nothing changed"
        return
    rows = [("what", "", "", "before", "after")]
    rows += [(c.kind, c.subject, c.what, _said(plain(c.before)), _said(plain(c.after))) for c in changes]
    yield from grid(rows)


def _said(text: str) -> str:
    return text or "-"
