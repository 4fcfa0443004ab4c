"""`rings`: that view as a list."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.viewing import add_view, print_view


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_view(parser)
    parser.set_defaults(messages=False)  # a ring's indices need no message decoded


def run(args: Namespace) -> int:
    """List the view."""
    from vdmabuf_inspect.views.rings import RingsView

    return print_view(args, RingsView)
