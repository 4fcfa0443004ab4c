"""`driver`: the reference driver alone, a vhost-user front end."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.narration import LOG
from vdmabuf_inspect.cli.output import write


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    from vdmabuf_inspect.reference.faults import Side
    from vdmabuf_inspect.reference.options import add_driver_arguments
    from vdmabuf_inspect.reference.plan import listing

    add_driver_arguments(parser)
    parser.epilog = f"faults, with the rules that each breaks:\n{listing(Side.DRIVER)}"


def run(args: Namespace) -> int:
    """Run it; its own exit code. Raises ClosedError."""
    from vdmabuf_inspect.reference.driver import run_driver
    from vdmabuf_inspect.reference.options import driver_options

    return run_driver(driver_options(args), _say)


def _say(line: str) -> None:
    LOG.debug(line)
    write([line])
