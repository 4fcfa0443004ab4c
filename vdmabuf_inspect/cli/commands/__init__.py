"""The command table. A new command is one file here, with `add(parser)` and `run(args) -> int`, and one line in it."""

from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

DEFAULT_COMMAND = "open"


class CommandModule(Protocol):
    """What a command's file defines; importing it must not import NumPy or Textual."""

    def add(self, parser: ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, args: Namespace) -> int:
        """Do it; the exit code. Raises InspectError."""


@dataclass(frozen=True)
class Command:
    """One command: its name, what it does, and the file it is in (the name itself unless said)."""

    name: str
    summary: str
    file: str = ""
    hidden: bool = False

    def load(self) -> CommandModule:
        """Import the command's file."""
        return cast(CommandModule, import_module(f"{__name__}.{self.file or self.name}"))


COMMANDS: dict[str, Command] = {
    command.name: command
    for command in (
        Command("open", "browse a source on the screen (the default command)"),
        Command("check", "judge sources by every rule: findings and an exit code"),
        Command("messages", "list the messages, decoded"),
        Command("chains", "list the descriptor chains"),
        Command("buffers", "list the shared buffers and their state"),
        Command("rings", "list the virtqueues and their indices"),
        Command("carve", "find the rings in a memory snapshot by their looks"),
        Command("control", "list the vhost-user messages: requests, answers, connections"),
        Command("ladder", "draw what passed between driver and device, as arrows"),
        Command("findings", "list what the rules found"),
        Command("stats", "count and measure"),
        Command("show", "show one event whole: fields, bytes, descriptors, findings"),
        Command("buffer", "show one buffer's whole life, its pages and private data"),
        Command("picture", "show what a buffer shows, or save it as PNG"),
        Command("compare", "compare two sources, or two moments of one"),
        Command("record", "record a live source into a capture"),
        Command("export", "write a filtered capture, or the messages as NDJSON, CSV or Parquet"),
        Command("view", "list a table that a plugin makes"),
        Command("rules", "list the rules, or show one's page"),
        Command("plugins", "list the plugins, or write a new one"),
        Command("dialects", "list the wire dialects of virtio-vdmabuf"),
        Command("demo", "run the reference driver and device and watch them live"),
        Command("driver", "run the reference driver alone, against your device"),
        Command("device", "run the reference device alone, against your driver"),
        Command("completions", "print a completion script for bash, zsh or fish"),
        Command("man", "print the manual page", hidden=True),
    )
}
