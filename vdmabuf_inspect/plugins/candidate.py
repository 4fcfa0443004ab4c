"""Plugins that are there to be loaded, listed without importing any of them.

Never looked for beside a capture: opening a stranger's file must not run a stranger's code.
"""

import os
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from vdmabuf_inspect.errors import UsageError

GROUP = "vdmabuf_inspect"
"""The entry point group. A name is `NAME` or, for a protocol, `NAME.ID[.ID]` with the virtio device IDs that it
decodes: it is then loaded when such a device comes, and only then."""


@dataclass(frozen=True)
class Candidate:
    """A plugin that may be loaded: an entry point's `target` (`package.module`) or a file's `path`.

    place: where it comes from when no package brings it. devices: the virtio device IDs for whose sake it is loaded;
    empty for one that is wanted in any case.
    """

    name: str
    place: str = "installed"
    target: str = ""
    path: Path | None = None
    devices: frozenset[int] = field(default_factory=frozenset)
    package: metadata.Distribution | None = field(default=None, compare=False)

    @property
    def origin(self) -> str:
        """The package or the folder that it comes from."""
        return self.package.name if self.package else self.place

    @property
    def version(self) -> str:
        """The package's version; empty without one."""
        return self.package.version if self.package else ""


def user_folder() -> Path:
    """The folder of the user's own plugins."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()
    return Path(home) / "vdmabuf-inspect" / "plugins"


def installed() -> list[Candidate]:
    """Those that installed packages declare."""
    return [_of_entry_point(point) for point in metadata.entry_points(group=GROUP)]


def in_folder(folder: Path, origin: str) -> list[Candidate]:
    """The modules (`*.py`) and packages of a folder, by name; those whose name begins with `_` or `.` are left out."""
    found = [path for path in sorted(folder.glob("*")) if path.name[0] not in "._" and _is_plugin(path)]
    return [Candidate(path.stem, origin, path=path) for path in found]


def at_path(text: str) -> list[Candidate]:
    """What `--plugin PATH` names: a file, a package, or a folder of those. Raises UsageError."""
    path = Path(text).expanduser()
    if not path.exists():
        raise UsageError(f"--plugin {text}: no such file or folder")
    if _is_plugin(path):
        return [Candidate(path.stem, str(path), path=path)]
    found = in_folder(path, str(path)) if path.is_dir() else []
    if not found:
        raise UsageError(f"--plugin {text}: no Python module and no folder of some")
    return found


def _of_entry_point(point: metadata.EntryPoint) -> Candidate:
    name, *numbers = point.name.split(".")
    devices = frozenset(int(number) for number in numbers if number.isdecimal())
    return Candidate(name, target=point.value, devices=devices, package=point.dist)


def _is_plugin(path: Path) -> bool:
    return (path.is_file() and path.suffix == ".py") or (path / "__init__.py").is_file()
