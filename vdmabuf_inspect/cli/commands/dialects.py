"""`dialects`: the wire dialects of virtio-vdmabuf."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.extensions import open_door
from vdmabuf_inspect.cli.printing import add_format, print_table


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    add_format(parser, limit=False)


def run(args: Namespace) -> int:
    """Print the table."""
    from vdmabuf_inspect.views.formats.knowledge import dialect_table

    open_door(args, wide=True)
    print_table(args, dialect_table())
    return Exit.CLEAN
