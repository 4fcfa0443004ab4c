"""`control`: that view as a list."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.viewing import add_view, print_view


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_view(parser)


def run(args: Namespace) -> int:
    """List the view."""
    from vdmabuf_inspect.views.control import ControlView

    return print_view(args, ControlView)
