"""What judges a session is imported when there is something to judge."""

from typing import TYPE_CHECKING

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.rules.runner import Runner
from vdmabuf_inspect.session.session import Session, Settings
from vdmabuf_inspect.track.events import Events

if TYPE_CHECKING:
    from vdmabuf_inspect.session.control import ControlPlane


def enabled(settings: Settings) -> frozenset[str] | None:
    """Codes of the rules to run, None for all. They are registered from then on, those of control planes apart."""
    if not settings.messages:
        return frozenset()
    from vdmabuf_inspect.session import judges

    assert judges
    return settings.rules


class Overhearing:
    """The control planes, from the first message of one on; few recordings have any."""

    def __init__(self, session: Session, runner: Runner) -> None:
        self._session = session
        self._runner = runner
        self._planes: ControlPlane | None = None

    def consume(self, events: Events) -> None:
        """The next events, which are in the log already; a START or STOP can only be the first of them."""
        if self._planes is None and events.of(EventKind.CONTROL).any():
            from vdmabuf_inspect.session.control import ControlPlane

            self._planes = ControlPlane(self._session, self._runner)
        if self._planes is not None:
            self._planes.consume(events)

    def clock(self, now_ns: int) -> None:
        """Judge what only time can tell."""
        if self._planes is not None:
            self._planes.clock(now_ns)
