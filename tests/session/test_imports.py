"""The engine stands without the terminal's packages, told by a fresh interpreter."""

import subprocess
import sys

ENGINE = """
import importlib, pkgutil, sys
import vdmabuf_inspect.session.load, vdmabuf_inspect.views
for package in ("session", "views", "protocols", "rules", "ring", "track", "sources", "capture", "reference"):
    whole = importlib.import_module(f"vdmabuf_inspect.{package}")
    for module in pkgutil.walk_packages(whole.__path__, whole.__name__ + "."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
print(sorted({name.partition(".")[0] for name in sys.modules} & {"textual", "rich", "pyarrow"}))
"""
LIGHT = """
import sys
import vdmabuf_inspect.errors, vdmabuf_inspect.model.record, vdmabuf_inspect.session.load
print(sorted({name.partition(".")[0] for name in sys.modules} & {"textual", "rich", "pyarrow", "hypothesis", "pytest"}))
"""


def said(script: str) -> str:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()


def test_engine_imports_no_terminal_package() -> None:
    assert said(ENGINE) == "[]"


def test_loading_imports_nothing_heavy() -> None:
    assert said(LIGHT) == "[]"
