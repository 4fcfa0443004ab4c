"""Loads plugins, keeps what each has brought, and says which failed and why."""

import sys
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import import_module, invalidate_caches
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from vdmabuf_inspect.errors import PluginError
from vdmabuf_inspect.plugins.candidate import Candidate, at_path, in_folder, installed, user_folder
from vdmabuf_inspect.plugins.registries import Brought, registries
from vdmabuf_inspect.protocols import known

_PREFIX = "vdmabuf_inspect_plugin_"


@dataclass
class Plugin:
    """A candidate and what became of it: `brought` by registry, or `error`, one line with file and line number."""

    candidate: Candidate
    module: ModuleType | None = None
    brought: Brought = field(default_factory=dict)
    error: str = ""
    trace: str = ""

    @property
    def loaded(self) -> bool:
        """Whether it is in force."""
        return self.module is not None

    @property
    def files(self) -> list[Path]:
        """The source files to watch."""
        where = self.candidate.path or (Path(self.module.__file__) if self.module and self.module.__file__ else None)
        if where is None:
            return []
        where = where.parent if where.name == "__init__.py" else where
        return sorted(where.rglob("*.py")) if where.is_dir() else [where]


class Door:
    """All plugins of one run of the program."""

    def __init__(self, paths: Iterable[str] = (), user: bool = True) -> None:
        """`paths` are those of `--plugin`. Nothing is imported yet. Raises UsageError for a path that is none."""
        self.paths = list(paths)
        candidates = installed()
        candidates += in_folder(user_folder(), "user") if user else []
        candidates += [each for path in self.paths for each in at_path(path)]
        self.plugins = [Plugin(candidate) for candidate in candidates]

    def open(self) -> list[Plugin]:
        """Load all that is wanted in any case, the rest when its device comes; those that failed.

        One door is open at a time: what another one had loaded is taken out.
        """
        for other in _open:
            if other is not self:
                other.close()
        _open[:] = [self]
        known.seekers[:] = [self.seek]
        return self._load([plugin for plugin in self.plugins if not plugin.candidate.devices])

    def open_wide(self) -> list[Plugin]:
        """Load everything: for commands that list what there is. Those that failed now."""
        return self._load(self.plugins)

    def close(self) -> None:
        """Take out whatever was loaded."""
        _open[:] = [door for door in _open if door is not self]
        known.seekers[:] = [seeker for seeker in known.seekers if seeker != self.seek]
        for plugin in self.plugins:
            registries.take_out(plugin.brought)
            plugin.module, plugin.brought = None, {}

    def seek(self, device_id: int) -> None:
        """A device of this type came: load the plugin that decodes it. Raises PluginError when that fails."""
        for plugin in self._load([p for p in self.plugins if device_id in p.candidate.devices]):
            raise PluginError(f"plugin {plugin.candidate.name} was not loaded: {plugin.error}")

    def reload(self, plugin: Plugin) -> bool:
        """Import a plugin again; on failure the old version stays in force and `error` says why."""
        old, plugin.error, plugin.trace = plugin.brought, "", ""
        registries.take_out(old)
        module, brought, error, trace = _import(plugin.candidate)
        if error:
            registries.put_back(old)
            plugin.error, plugin.trace = error, trace
            return False
        plugin.module, plugin.brought = module, brought
        return True

    def _load(self, plugins: list[Plugin]) -> list[Plugin]:
        fresh = [plugin for plugin in plugins if not plugin.loaded and not plugin.error]
        if fresh:  # a code that one of our rules has is taken
            import_module("vdmabuf_inspect.session.judges")
        for plugin in fresh:
            plugin.module, plugin.brought, plugin.error, plugin.trace = _import(plugin.candidate)
        return [plugin for plugin in fresh if plugin.error]


_open: list[Door] = []


def _import(candidate: Candidate) -> tuple[ModuleType | None, Brought, str, str]:
    """(module, what it registered, error, traceback); of one that fails nothing stays registered."""
    before = registries.held()
    try:
        module = _fresh(candidate)
    except Exception as error:
        registries.take_out(registries.since(before))
        return None, {}, _line(error, candidate), traceback.format_exc()
    return module, registries.since(before), "", ""


def _fresh(candidate: Candidate) -> ModuleType:
    """The module, imported anew: neither an older one nor cached bytecode counts."""
    invalidate_caches()
    name = candidate.target or _PREFIX + candidate.name
    for old in [each for each in sys.modules if each == name or each.startswith(f"{name}.")]:
        del sys.modules[old]
    if candidate.path is None:
        return import_module(name)
    return _from_path(name, candidate.path)


def _from_path(name: str, path: Path) -> ModuleType:
    package = path.is_dir()
    source = path / "__init__.py" if package else path
    spec = spec_from_file_location(name, source, submodule_search_locations=[str(path)] if package else None)
    if spec is None or spec.loader is None:
        raise ImportError(f"{source} is no Python module")
    module = module_from_spec(spec)
    sys.modules[name] = module
    code: Any = compile(source.read_bytes(), str(source), "exec")
    exec(code, module.__dict__)
    return module


def _line(error: Exception, candidate: Candidate) -> str:
    """What went wrong, and where in the plugin, in one line."""
    if isinstance(error, SyntaxError) and error.filename:
        return f"{Path(error.filename).name}:{error.lineno}: {error.msg}"
    frames = traceback.extract_tb(error.__traceback__)
    own = str(candidate.path) if candidate.path else candidate.target.replace(".", "/")
    inside = [frame for frame in frames if own in frame.filename]
    where = f"{Path(inside[-1].filename).name}:{inside[-1].lineno}: " if inside else ""
    return f"{where}{type(error).__name__}: {error}"
