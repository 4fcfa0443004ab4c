"""The parser: the command table, and a first argument that is no command opens the source it names."""

from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter, _SubParsersAction
from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from vdmabuf_inspect import __version__
from vdmabuf_inspect.cli.commands import COMMANDS, DEFAULT_COMMAND, Command
from vdmabuf_inspect.cli.narration import PROGRAM
from vdmabuf_inspect.errors import UsageError

ABOUT = """\
Inspect virtqueues, first of all virtio-vdmabuf's: from live guests, captures and memory snapshots.
A SOURCE is a pcapng capture, a memory dump (ELF core, kdump, LiME, AVML, QEMU migration stream, virsh save),
- (a capture on standard input) or a URI:
vhost-user:LISTEN,CONNECT or raw:FILE@GPA[,FILE@GPA...]."""
EXAMPLES = """\
examples:
  vdmabuf-inspect demo                      see it work, nothing needed
  vdmabuf-inspect frames.pcapng             browse a capture
  vdmabuf-inspect check frames.pcapng       judge it: exit code 1 when a rule is broken
  vdmabuf-inspect record vhost-user:/tmp/front,/tmp/back -o frames.pcapng
  vdmabuf-inspect messages frames.pcapng --filter 'cmd == EXPORT && pages > 64'

exit codes: 0 clean, 1 findings, 2 could not read, 3 evidence incomplete, 4 what --until waits for never came,
130 interrupted"""
_TAKES_VALUE = frozenset({"--log", "--color", "--plugin"})


class Parser(ArgumentParser):
    """Raises UsageError instead of printing and leaving."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", RawDescriptionHelpFormatter)
        super().__init__(**options, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with a pointer to the help."""
        raise UsageError(f"{message}; see '{self.prog} --help'")


def parse(arguments: Sequence[str]) -> Namespace:
    """The arguments, with `run` the chosen command's function. Raises UsageError; SystemExit after --help."""
    given = _with_command(list(arguments))
    known = bool(given) and given[0] in COMMANDS
    parser = build([COMMANDS[given[0]]] if known else COMMANDS.values(), whole=known)
    if not given:
        raise UsageError(f"no SOURCE and no command; try '{PROGRAM} demo' or '{PROGRAM} --help'")
    return parser.parse_args(given)


def build(commands: Iterable[Command], whole: bool) -> ArgumentParser:
    """The parser of these commands; `whole`: with their arguments, otherwise they are just named."""
    parser = Parser(prog=PROGRAM, description=ABOUT, epilog=EXAMPLES)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    sub = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command", parser_class=Parser)
    for command in commands:
        _add(sub, command, whole)
    return parser


def _add(sub: "_SubParsersAction[Any]", command: Command, whole: bool) -> None:
    about = f"{command.summary[0].upper()}{command.summary[1:]}."
    if command.hidden:
        parser = sub.add_parser(command.name, description=about)
    else:
        parser = sub.add_parser(command.name, description=about, help=command.summary)
    if whole:
        module = command.load()
        module.add(parser)
        _add_common(parser)
        parser.set_defaults(run=module.run)


def _add_common(parser: ArgumentParser) -> None:
    parser.add_argument(
        "--plugin", action="append", default=[], metavar="PATH", help="load a plugin: a file or a folder; repeatable"
    )
    group = parser.add_argument_group("output")
    group.add_argument("-v", "--verbose", action="count", default=0, help="tell what is done on stderr; -vv in detail")
    group.add_argument("--log", metavar="FILE", help="append what is done to FILE, in detail")
    group.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default="auto",
        help="colours (auto: on a terminal, unless NO_COLOR is set)",
    )


def _with_command(given: list[str]) -> list[str]:
    """The arguments with the command in front; the default one where there is none."""
    place = _first_word(given)
    if place is None:
        asks = bool(given) and all(word in ("-h", "--help", "--version") for word in given)
        return given if asks or not given else [DEFAULT_COMMAND, *given]
    if given[place] in COMMANDS:
        return [given[place], *given[:place], *given[place + 1 :]]
    return [DEFAULT_COMMAND, *given]


def _first_word(given: list[str]) -> int | None:
    """The place of the first argument that is neither an option nor one's value."""
    skip = False
    for place, word in enumerate(given):
        if skip:
            skip = False
        elif word == "--":
            return None
        elif word in _TAKES_VALUE:
            skip = True
        elif not word.startswith("-") or word == "-":
            return place
    return None
