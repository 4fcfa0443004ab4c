"""`device`: the reference device alone, a vhost-user back end."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.narration import LOG
from vdmabuf_inspect.cli.output import write


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    from vdmabuf_inspect.reference.faults import Side
    from vdmabuf_inspect.reference.options import add_device_arguments
    from vdmabuf_inspect.reference.plan import listing

    add_device_arguments(parser)
    parser.epilog = f"faults, with the rules that each breaks:\n{listing(Side.DEVICE)}"


def run(args: Namespace) -> int:
    """Run it; its own exit code. Raises ClosedError."""
    from vdmabuf_inspect.reference.device import run_device
    from vdmabuf_inspect.reference.options import device_options

    return run_device(device_options(args), _say)


def _say(line: str) -> None:
    LOG.debug(line)
    write([line])
