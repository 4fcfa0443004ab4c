"""The whole command line as data, read from the parser: what completion scripts and the manual are made of."""

from argparse import SUPPRESS, Action, ArgumentParser, _SubParsersAction
from dataclasses import dataclass
from functools import cache

from vdmabuf_inspect.cli.commands import COMMANDS
from vdmabuf_inspect.cli.parser import build

_FILES = frozenset({"output", "keep", "log", "source", "sources", "socket"})
_CODES = frozenset({"select", "ignore", "rule"})


@dataclass(frozen=True)
class Argument:
    """One option (with `flags`) or positional (without): `values` may be completed, or else `files`."""

    name: str
    flags: tuple[str, ...]
    takes_value: bool
    value: str
    values: tuple[str, ...]
    files: bool
    help: str


@dataclass(frozen=True)
class Described:
    """One command: what it does, its arguments and what stands below its help."""

    name: str
    summary: str
    arguments: tuple[Argument, ...]
    epilog: str

    @property
    def options(self) -> tuple[Argument, ...]:
        """The arguments with flags."""
        return tuple(each for each in self.arguments if each.flags)

    @property
    def positionals(self) -> tuple[Argument, ...]:
        """The arguments without."""
        return tuple(each for each in self.arguments if not each.flags)


@cache
def survey() -> tuple[Described, ...]:
    """Every command that the help shows."""
    parser = build(COMMANDS.values(), whole=True)
    sub = next(action for action in parser._actions if isinstance(action, _SubParsersAction))
    shown = [command for command in COMMANDS.values() if not command.hidden]
    return tuple(_described(command.name, command.summary, sub.choices[command.name]) for command in shown)


def _described(name: str, summary: str, parser: ArgumentParser) -> Described:
    arguments = tuple(_argument(action) for action in parser._actions if action.help != SUPPRESS)
    return Described(name, summary, arguments, parser.epilog or "")


def _argument(action: Action) -> Argument:
    takes = action.nargs != 0
    values = tuple(map(str, action.choices or ())) or _known(action.dest)
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    value = "{" + ",".join(values) + "}" if action.choices else metavar
    files = action.dest in _FILES and not values
    return Argument(action.dest, tuple(action.option_strings), takes, value, values, files, action.help or "")


def _known(dest: str) -> tuple[str, ...]:
    from vdmabuf_inspect.protocols.vdmabuf.dialects import DIALECTS
    from vdmabuf_inspect.rules.registry import RULES
    from vdmabuf_inspect.session import catalogue

    assert catalogue
    if dest == "dialect":
        return tuple(DIALECTS)
    return tuple(sorted(RULES)) if dest in _CODES else ()
