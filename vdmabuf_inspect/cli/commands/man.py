"""`man`: the manual page on stdout, for packagers: `vdmabuf-inspect man > vdmabuf-inspect.1`."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.output import write


def add(parser: ArgumentParser) -> None:
    """There are no arguments."""


def run(args: Namespace) -> int:
    """Print the page."""
    from vdmabuf_inspect.cli.manual import manual

    write(manual())
    return Exit.CLEAN
