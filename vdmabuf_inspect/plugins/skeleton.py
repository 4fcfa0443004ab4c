"""A new plugin to start from: a protocol with one command, one object and one rule, and its test."""

import re
from pathlib import Path
from string import Template

from vdmabuf_inspect.errors import InspectError, UsageError

_HERE = Path(__file__).parent / "templates"
_FILES = {"plugin.py.txt": "$name.py", "test_plugin.py.txt": "test_$name.py"}


def write_skeleton(folder: Path, name: str) -> list[Path]:
    """Write `NAME.py` and `test_NAME.py` into a folder; their paths.

    Raises UsageError for a name that is no Python name, InspectError when a file is there already or cannot be written.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UsageError(f"plugins new {name}: a name is lower-case letters, digits and _, for example 'mydevice'")
    texts = {folder / Template(target).substitute(name=name): _text(source, name) for source, target in _FILES.items()}
    for path in texts:
        if path.exists():
            raise InspectError(f"{path} is there already; choose another name or --folder")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InspectError(f"{folder} cannot be written: {error.strerror or error}; choose another --folder") from error
    return list(texts)


def _text(source: str, name: str) -> str:
    template = Template((_HERE / source).read_text(encoding="utf-8"))
    return template.substitute(name=name, NAME=name.upper(), code=f"X{sum(name.encode()) % 900 + 100}")
