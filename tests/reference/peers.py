"""Both reference peers in threads of this process, over a real socket."""

import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from vdmabuf_inspect.reference.device import run_device
from vdmabuf_inspect.reference.driver import run_driver
from vdmabuf_inspect.reference.options import DeviceOptions, DriverOptions

SMALL = {"width": 64, "height": 64, "count": 12, "rate": 400.0, "timeout": 0.7}


@dataclass(frozen=True)
class Outcome:
    """Exit codes and log lines of both."""

    driver: int
    device: int
    lines: list[str]

    def said(self, text: str) -> list[str]:
        return [line for line in self.lines if text in line]


def run_pair(driver: dict[str, object], device: dict[str, object]) -> Outcome:
    """Run both to their end; `driver` and `device` are options beside a dialect's and a socket's."""
    lines: list[str] = []
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as threads:
        path = str(Path(folder) / "vhost.sock")
        back = replace(DeviceOptions(path, linger=0.1, timeout=5), **device)  # type: ignore[arg-type]
        front = replace(DriverOptions(path), **(SMALL | driver))  # type: ignore[arg-type]
        serving = threads.submit(run_device, back, lines.append)
        driving = threads.submit(run_driver, front, lines.append)
        return Outcome(driving.result(30), serving.result(30), lines)
