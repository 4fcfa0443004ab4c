"""What needs guest memory is done while it can be read: of a live source before it ends, of a snapshot at its end."""

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from vdmabuf_inspect.cli.loading import Loaded, finish, open_inspection
from vdmabuf_inspect.errors import InspectError, UsageError

if TYPE_CHECKING:
    from vdmabuf_inspect.memory import Memory
    from vdmabuf_inspect.session.load import Inspection
    from vdmabuf_inspect.session.session import Session

_T = TypeVar("_T")
LATEST = "latest"
"""In the place of a buffer's name: the one that the device got last."""
Act = Callable[["Session", int, int, "Memory"], _T]
"""Called with the session, the buffer's number, the moment and the memory."""


class Readable(Generic[_T]):
    """One buffer of a source that is opened here, and what `act` made of it."""

    def __init__(self, args: Namespace, act: "Act[_T]") -> None:
        """Open the source. Raises InspectError."""
        self.result: _T | None = None
        self.number = -1
        self._args = args
        self._act = act
        self._inspection: Inspection = open_inspection(args, args.source)

    def run(self) -> Loaded:
        """Read the source until the buffer could be read. Raises InspectError, also when that never was so."""
        loaded = finish(self._args, self._inspection, self._poll if self._inspection.growing else None)
        if self.result is None:
            self._poll(last=True)
        if self.result is None:
            raise UsageError(self._why(loaded.session))
        return loaded

    def _poll(self, last: bool = False) -> bool:
        """Do it as soon as it can be done; whether it is done. Raises InspectError where waiting is of no use."""
        if self.result is None:
            session = self._inspection.session
            memory = self._inspection.memory
            self.number = self._find(session)
            if memory is not None and self.number >= 0:
                self._try(session, memory, last or bool(session.objects.presumed[self.number]))
        return self.result is not None

    def _try(self, session: "Session", memory: "Memory", last: bool) -> None:
        """Do it; of a buffer that was seen from its beginning, what is not known yet may still come."""
        try:
            self.result = self._act(session, self.number, session.seq, memory)
        except InspectError:
            if last:
                raise

    def _find(self, session: "Session") -> int:
        from vdmabuf_inspect.views.buffer_bytes import latest_live
        from vdmabuf_inspect.views.namesakes import find_buffer

        if self._args.buffer == LATEST:
            return latest_live(session, session.seq)
        return next(reversed(find_buffer(session, self._args.buffer)), -1)

    def _why(self, session: "Session") -> str:
        if self.number >= 0:
            return (
                f"{self._args.source}: no guest memory to read; a capture holds where pages are, not what is in them; "
                "give a dump of it: --memory FILE"
            )
        if self._args.buffer == LATEST:
            return f"{self._args.source}: the device has no buffer now; name one that it had: 'buffers' lists them"
        return f"buffer {self._args.buffer}: none is called so; 'buffers' lists them"
