"""A still picture of guest memory: its rings are looked at once, searched for first where nobody says the place."""

from collections.abc import Callable, Mapping

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.still import still_devices
from vdmabuf_inspect.sources.base import Mode, Write
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.queues import no_queues, queue_layouts


class Snapshot:
    """A producer over memory that does not change. `time_ns` is when it was taken, in ns since the epoch."""

    mode = Mode.SNAPSHOT

    def __init__(
        self,
        name: str,
        memory: Memory,
        options: SourceOptions,
        time_ns: int,
        kind: str,
        found: tuple[QueueLayout, ...] = (),
    ) -> None:
        """`found` are the queues that the file itself tells of; those that the user gave count more.

        Raises UsageError for queues that cannot be, SourceError for a file of rings that tells of none.
        """
        self.name = name
        self.memory: Memory | None = memory
        self.layouts = queue_layouts(options) or _told(options) or found
        self.queue_names: Mapping[tuple[int, int], str] = _names(self.layouts)
        self.remark = ""
        """What the user should know of how its rings were found."""
        self.progress: Callable[[float], None] = lambda _: None
        """Called with the part of the search for rings that is done."""
        self._memory = memory
        self._options = options
        self._time_ns = time_ns
        self._kind = kind
        self._stopped = False
        self._doing = ""

    def run(self, write: Write) -> None:
        """Write what every ring holds. Raises SourceError when nobody says where one is and none can be found."""
        if not self.layouts:
            self._search()
        for record in still_devices(self._memory, self.layouts, self._time_ns, self._options.snaplen):
            if self._stopped:
                return
            write(record)

    def stop(self) -> None:
        """Write no more."""
        self._stopped = True

    def status(self) -> str:
        """What the snapshot is, how much memory it holds, how its rings were found."""
        runs = self._memory.regions()
        what = f"{self._kind}, {sum(size for _, size in runs) >> 10} KiB of memory in {len(runs)} regions"
        return "; ".join(part for part in (what, self._doing or self.remark) if part)

    def _search(self) -> None:
        from vdmabuf_inspect.sources.carved import CancelledError, carved_queues

        try:
            carved = carved_queues(self._memory, self._options, self._advance, lambda: self._stopped)
        except CancelledError:
            return
        finally:
            self._doing = ""
        if not carved:
            raise no_queues(f"{self.name}: {self._kind}", self._memory)
        layouts = tuple(each.layout for each in carved)
        self.queue_names = _names(layouts)
        self.remark = f"nobody said where its rings are; {len(carved)} were found by their looks, see 'carve'"
        self.layouts = layouts

    def _advance(self, done: float) -> None:
        self._doing = f"looking for rings, {done:.0%}"
        self.progress(done)


def _told(options: SourceOptions) -> tuple[QueueLayout, ...]:
    """The queues that `--rings` tells of."""
    if options.rings is None:
        return ()
    from vdmabuf_inspect.sources.rings_file import read_rings

    return read_rings(options.rings, options)


def _names(layouts: tuple[QueueLayout, ...]) -> dict[tuple[int, int], str]:
    return {(q.device, q.index): q.name for q in layouts}
