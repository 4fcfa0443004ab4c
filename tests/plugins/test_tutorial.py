"""The tutorial's code is what it says: it runs, its test passes, and it is as short as promised."""

import re
import subprocess
import sys
from pathlib import Path

TUTORIAL = Path(__file__).parents[2] / "docs" / "plugins.md"
BLOCK = re.compile(r"<!-- test: (?P<name>\S+) -->\n```python\n(?P<code>.*?)```", re.S)


def test_the_code_of_the_tutorial(tmp_path: Path) -> None:
    blocks = {match["name"]: match["code"] for match in BLOCK.finditer(TUTORIAL.read_text())}
    assert set(blocks) == {"gpio.py", "test_gpio.py"}
    for name, code in blocks.items():
        (tmp_path / name).write_text(code)
    assert len([line for line in blocks["gpio.py"].splitlines() if line.strip()]) <= 40
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
