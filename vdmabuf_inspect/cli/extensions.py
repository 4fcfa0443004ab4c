"""Plugins on the command line: loaded when they are wanted, and one line for each that fails."""

from argparse import Namespace
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.narration import complain

if TYPE_CHECKING:
    from vdmabuf_inspect.plugins.door import Door, Plugin

_open: "list[tuple[list[str], Door]]" = []


def open_door(args: Namespace, wide: bool = False) -> "Door":
    """The run's plugins: those wanted in any case are loaded, with `wide` all. Raises UsageError for a wrong --plugin.

    A command that opens several sources gets the same door each time.
    """
    from vdmabuf_inspect.plugins.door import Door

    known = next((door for paths, door in _open if paths == args.plugin), None)
    door = known or Door(args.plugin)
    _open[:] = [(args.plugin, door)]
    _tell(door.open())
    if wide:
        _tell(door.open_wide())
    return door


def _tell(failed: "list[Plugin]") -> None:
    for plugin in failed:
        complain(f"plugin {plugin.candidate.name} ({plugin.candidate.origin}) was not loaded: {plugin.error}")
