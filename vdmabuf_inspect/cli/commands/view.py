"""`view`: a table that a plugin makes of a source."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.extensions import open_door
from vdmabuf_inspect.cli.loading import load, remark
from vdmabuf_inspect.cli.options import add_judging, add_source
from vdmabuf_inspect.cli.printing import add_format, print_table
from vdmabuf_inspect.cli.viewing import moment
from vdmabuf_inspect.errors import UsageError


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("view", metavar="NAME", help="the view's name; 'plugins' lists them")
    add_source(parser)
    parser.add_argument_group("rows").add_argument("--at", metavar="SEQ", help="as of event SEQ, not of the end")
    add_format(parser)
    add_judging(parser)


def run(args: Namespace) -> int:
    """Read the source and print the table. Raises UsageError for a view that there is not."""
    open_door(args, wide=True)
    from vdmabuf_inspect.views.catalogue import VIEWS, listing

    if args.view not in VIEWS:
        known = ", ".join(VIEWS) or "none; a plugin brings one, see 'vdmabuf-inspect plugins'"
        raise UsageError(f"no view is called {args.view}; there are: {known}")
    loaded = load(args, args.source, glance=True)
    table = listing(VIEWS[args.view], loaded.session, moment(args.at, loaded.session))
    print_table(args, table, source=args.source)
    remark(loaded.session)
    return loaded.exit
