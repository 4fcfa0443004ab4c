"""The reference pair as child processes that never outlive the demo, and what is printed of them without a screen."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from vdmabuf_inspect.cli.colour import by_severity
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.errors import InspectError, UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.session.session import Session

_GRACE_S = 3.0
_START_S = 10.0


class Pair:
    """Both peers, each a process; leaving the context ends them.

    They end by themselves when this process dies in any way: each sees its connection close.
    """

    def __init__(self, folder: Path, dialect: str) -> None:
        self._folder = folder
        self._dialect = dialect
        self._children: list[subprocess.Popen[bytes]] = []

    def start_device(self, *options: str) -> None:
        """Start the device and wait until it listens. Raises InspectError when it does not come up."""
        child = self._start("device", self._folder / "back", *options)
        end = time.monotonic() + _START_S
        while not (self._folder / "back").exists():
            if child.poll() is not None or time.monotonic() > end:
                raise InspectError(f"the reference device did not start: {self._last_line('device')}")
            time.sleep(0.01)

    def start_driver(self, *options: str) -> None:
        """Start the driver."""
        self._start("driver", self._folder / "front", *options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for child in reversed(self._children):
            _end(child)

    def _start(self, peer: str, socket: Path, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "vdmabuf_inspect.reference", peer, str(socket), "--quiet"]
        package = str(Path(__file__).parents[2])
        path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", ""))))
        with (self._folder / f"{peer}.log").open("wb") as log:
            child = subprocess.Popen(
                [*command, "--dialect", self._dialect, *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | {"PYTHONPATH": path}, start_new_session=True,
            )  # fmt: skip
        self._children.append(child)
        return child

    def _last_line(self, peer: str) -> str:
        lines = (self._folder / f"{peer}.log").read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.send_signal(signal.SIGINT)
    try:
        child.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def faults_by_side(text: str) -> tuple[str, str]:
    """The planned faults of the driver and of the device. Raises UsageError for an unknown one."""
    from vdmabuf_inspect.reference.faults import FAULTS, Side

    sides: dict[Side, list[str]] = {Side.DRIVER: [], Side.DEVICE: []}
    for part in filter(None, (each.strip() for each in text.split(","))):
        fault = FAULTS.get(part.partition("@")[0])
        if fault is None:
            raise UsageError(f"--fault {part}: no fault is called so; the help of 'driver' and 'device' lists them")
        sides[fault.side].append(part)
    return ",".join(sides[Side.DRIVER]), ",".join(sides[Side.DEVICE])


class Ticker:
    """Prints a session's new messages and findings."""

    def __init__(self, session: "Session", color: str) -> None:
        self._session = session
        self._color = color
        self._messages = self._findings = 0

    def poll(self) -> None:
        """Print what came since. Raises ClosedError."""
        write(self._lines())

    @property
    def summary(self) -> str:
        """One line on everything."""
        from vdmabuf_inspect.cli.verdict import verdict

        session = self._session
        return (
            f"{len(session.messages):,} messages, {len(session.objects):,} buffers, {session.seq:,} ring events; "
            f"{verdict(session).sentence}"
        )

    def _lines(self) -> Iterator[str]:
        from vdmabuf_inspect.model.finding import Severity
        from vdmabuf_inspect.views.evidence import evidence
        from vdmabuf_inspect.views.formats.text import text_lines
        from vdmabuf_inspect.views.messages import MessagesView

        session = self._session
        view = MessagesView(session)
        first, self._messages = self._messages, view.total()
        yield from text_lines(view, first, self._messages, titles=False, own_widths=False)
        found = evidence(session)
        begin, self._findings = self._findings, len(session.findings)
        for number in range(begin, self._findings):
            severity = Severity(int(session.findings.severity[number])).name.lower()
            rule = found.rule(number)
            told = f"{rule.code} {rule.slug} at #{int(session.findings.row[number]) + 1}: {found.sentence(number)}"
            yield f"{by_severity(self._color, severity, severity)}: {told}"
