"""`plugins`: what came in through the plugin door, what failed and why; `plugins new NAME` writes a skeleton."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.exits import Exit
from vdmabuf_inspect.cli.extensions import open_door
from vdmabuf_inspect.cli.narration import say
from vdmabuf_inspect.cli.printing import add_format, print_table
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.plugins.door import Plugin
    from vdmabuf_inspect.views.base import Row


def add(parser: ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("action", metavar="new", nargs="?", help="write a new plugin instead of listing them")
    parser.add_argument("name", metavar="NAME", nargs="?", help="the new plugin's name")
    parser.add_argument("--folder", metavar="PATH", help="where to write it (default: the folder of your own plugins)")
    add_format(parser, limit=False)


def run(args: Namespace) -> int:
    """Print the table, or write the skeleton. Raises UsageError."""
    if args.action is not None:
        return _new(args)
    from vdmabuf_inspect.views.formats.knowledge import plugin_table

    door = open_door(args, wide=True)
    print_table(args, plugin_table([_row(plugin) for plugin in door.plugins]))
    return Exit.CLEAN


def _new(args: Namespace) -> int:
    from vdmabuf_inspect.plugins.candidate import user_folder
    from vdmabuf_inspect.plugins.skeleton import write_skeleton

    if args.action != "new" or args.name is None:
        raise UsageError("expected 'plugins' or 'plugins new NAME'")
    folder = Path(args.folder) if args.folder else user_folder()
    for path in write_skeleton(folder, args.name):
        say(f"wrote {path}")
    return Exit.CLEAN


def _row(plugin: "Plugin") -> "Row":
    candidate, brought = plugin.candidate, plugin.brought
    named = [f"{kind} {name}" for kind, entries in brought.items() if kind != "rule" for name in entries]
    rules = len(brought.get("rule", {}))
    return {
        "name": candidate.name,
        "origin": candidate.origin,
        "version": candidate.version,
        "state": "loaded" if plugin.loaded else "failed",
        "device_ids": _devices(plugin),
        "brings": ", ".join([*named, *([f"{rules} rule{'s' * (rules != 1)}"] if rules else [])]),
        "error": plugin.error,
        "rules": rules,
        "dialects": list(brought.get("dialect", {})),
    }


def _devices(plugin: "Plugin") -> list[int]:
    ids = {number for each in plugin.brought.get("protocol", {}).values() for number in each.device_ids}
    return sorted(ids | plugin.candidate.devices)
