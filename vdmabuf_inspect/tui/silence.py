"""Findings that the user does not want to hear of in this session: rules and buffers, the latest first to come back."""

from dataclasses import dataclass, field

from vdmabuf_inspect.rules.registry import RULES, number_of
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.evidence import Silence, evidence
from vdmabuf_inspect.views.names import buffer_name


@dataclass
class Silenced:
    """By name, so that they hold when everything is decoded anew."""

    names: list[str] = field(default_factory=list)
    """Codes of rules and short names of buffers, in the order in which they were silenced."""

    def add(self, session: Session, name: str) -> None:
        """Hear no more of a rule or a buffer."""
        if name not in self.names:
            self.names.append(name)
        self.apply(session)

    def drop(self, session: Session, name: str) -> None:
        """Hear of it again."""
        self.names.remove(name)
        self.apply(session)

    def clear(self, session: Session) -> None:
        """Hear of everything again."""
        self.names.clear()
        self.apply(session)

    def apply(self, session: Session) -> None:
        """Leave what is silenced out of the session's findings."""
        rules = frozenset(number_of(name) for name in self.names if name in RULES)
        buffers = {name for name in self.names if name not in RULES}
        every = range(len(session.objects) if buffers else 0)
        objects = frozenset(i for i in every if buffer_name(session, i) in buffers)
        evidence(session).silence(Silence(rules, objects))
