"""`plugins`: the protocols that are known."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.printing import add_format, print_table


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_format(parser, limit=False)


def run(args: Namespace) -> int:
    """Print the table."""
    from vdmabuf_inspect.views.formats.knowledge import protocol_table

    print_table(args, protocol_table())
    return Exit.CLEAN
