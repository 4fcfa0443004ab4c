"""`completions`: a completion script on stdout."""

from argparse import ArgumentParser, Namespace

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.output import write


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="whose completion")
    parser.epilog = "try it at once: source <(vdmabuf-inspect completions bash)"


def run(args: Namespace) -> int:
    """Print the script."""
    from vdmabuf_inspect.cli.completion import completion

    write([completion(args.shell).rstrip("\n")])
    return Exit.CLEAN
