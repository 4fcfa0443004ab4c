"""The manual page in roff, made from the parser."""

from collections.abc import Iterator

from vdmabuf_inspect import __version__
from vdmabuf_inspect.cli.narration import PROGRAM
from vdmabuf_inspect.cli.parser import ABOUT, EXAMPLES
from vdmabuf_inspect.cli.survey import Argument, Described, survey

_SHARED = "messages"
"""The command whose options are told in full; another's that are the same are not told again."""


def manual() -> Iterator[str]:
    """The lines of vdmabuf-inspect(1)."""
    yield f'.TH VDMABUF-INSPECT 1 "" "{PROGRAM} {__version__}" "User Commands"'
    yield from (".SH NAME", f"{PROGRAM} \\- inspect virtqueues, first of all virtio-vdmabuf's")
    yield from (".SH SYNOPSIS", f".B {PROGRAM}", "[COMMAND] [OPTION]... SOURCE...")
    yield from (".SH DESCRIPTION", *(_roff(line) for line in ABOUT.splitlines()))
    yield ".SH COMMANDS"
    commands = survey()
    common = next(c for c in commands if c.name == _SHARED).arguments
    for command in commands:
        yield from _command(command, common if command.name != _SHARED else ())
    yield ".SH EXAMPLES AND EXIT STATUS"
    yield from (".nf", *(_roff(line) for line in EXAMPLES.splitlines()), ".fi")


def _command(command: Described, common: tuple[Argument, ...]) -> Iterator[str]:
    words = " ".join(argument.value for argument in command.positionals)
    yield from (".SS", f"{_roff(f'{command.name} {words}'.strip())}", f"{_roff(command.summary)}.")
    shared = [argument for argument in command.options if argument in common]
    for argument in command.arguments:
        if argument not in common and "-h" not in argument.flags:
            yield from (".TP", _heading(argument), _roff(argument.help))
    if command.epilog:
        yield from (".PP", ".nf", *(_roff(line) for line in command.epilog.splitlines()), ".fi")
    if common and len(shared) > 1:
        yield from (".PP", f"And the options that it shares with {_SHARED}: {_roff(_names(shared))}.")


def _heading(argument: Argument) -> str:
    value = f" {argument.value}" if argument.takes_value and argument.flags else ""
    return f".B {_roff(', '.join(argument.flags) or argument.value)}{_roff(value)}"


def _names(arguments: list[Argument]) -> str:
    return ", ".join(argument.flags[-1] for argument in arguments if argument.flags[-1] != "--help")


def _roff(text: str) -> str:
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe
