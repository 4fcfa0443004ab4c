"""`ladder`: what passed between driver and device, as arrows."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.viewing import add_view, print_view


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_view(parser, filtered=False)


def run(args: Namespace) -> int:
    """List the view."""
    from vdmabuf_inspect.views.ladder import LadderView

    return print_view(args, LadderView)
