"""What the demo prints of the reference pair where there is no screen."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from vdmabuf_inspect.cli.colour import by_severity
from vdmabuf_inspect.cli.output import write
from vdmabuf_inspect.errors import UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.session.session import Session


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
