"""The state of everything after the first `seq` events: a query on the logs, nothing is rewound."""

from functools import cached_property

import numpy as np

from vdmabuf_inspect.model.columns import Array, place
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.session.standing import Columns, standings


class Moment:
    """Buffer states, counts and outstanding chains as of `seq`; columns are computed when first asked for."""

    def __init__(self, session: Session, seq: int | None = None) -> None:
        self.session = session
        self.seq = session.seq if seq is None else max(0, min(seq, session.seq))
        self._messages = place(session.messages.row, self.seq)
        self._steps = place(session.transitions.row, self.seq)
        self._objects = len(session.objects)

    @property
    def states(self) -> Array:
        """uint8[objects]: each buffer's state after its last transition, 0 where it is not seen yet."""
        return self._stepped["state"]

    @property
    def last_row(self) -> Array:
        """int32[objects]: event row of each buffer's latest transition, -1 where there is none yet."""
        return self._stepped["last_row"]

    @property
    def exports(self) -> Array:
        """int64[objects]: how often each buffer was exported."""
        return self._exported["exports"]

    @property
    def export_row(self) -> Array:
        """int32[objects]: event row of each buffer's latest export, -1 where none was seen."""
        return self._exported["export_row"]

    @cached_property
    def known(self) -> Array:
        """int64[k]: the buffers seen so far."""
        return np.flatnonzero(self.session.objects.first[: self._objects] < self.seq)

    @property
    def live(self) -> int:
        """Buffers that the device has, or that are on their way to it."""
        return standings(self.session).live(self._steps)

    @cached_property
    def outstanding(self) -> Array:
        """int64[k]: chains that were made available and not returned."""
        chains = self.session.chains.still()
        open_now = (chains.available >= 0) & (chains.available < self.seq)
        return np.flatnonzero(open_now & ((chains.used < 0) | (chains.used >= self.seq)))

    @property
    def time_ns(self) -> int:
        """Time of the latest event; 0 before the first."""
        return int(self.session.events.time_ns[self.seq - 1]) if self.seq else 0

    @cached_property
    def _stepped(self) -> Columns:
        return standings(self.session).steps.at(self._steps, self._objects)

    @cached_property
    def _exported(self) -> Columns:
        return standings(self.session).exports.at(self._messages, self._objects)


def at(session: Session, seq: int | None = None) -> Moment:
    """The state after `seq` events, None for all."""
    return Moment(session, seq)
