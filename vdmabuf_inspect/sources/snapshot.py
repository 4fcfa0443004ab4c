"""A still picture of guest memory: its rings are looked at once."""

from collections.abc import Mapping

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.ring.layout import QueueLayout
from vdmabuf_inspect.ring.still import still_records
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

        Raises SourceError without queues, UsageError for queues that cannot be.
        """
        self.name = name
        self.memory: Memory | None = memory
        self.layouts = queue_layouts(options) or found
        if not self.layouts:
            raise no_queues(f"{name}: {kind}", memory)
        self.queue_names: Mapping[tuple[int, int], str] = {(q.device, q.index): q.name for q in self.layouts}
        self._memory = memory
        self._time_ns = time_ns
        self._snaplen = options.snaplen
        self._kind = kind
        self._stopped = False

    def run(self, write: Write) -> None:
        """Write what every ring holds."""
        for layout in self.layouts:
            for record in still_records(self._memory, layout, self._time_ns, self._snaplen):
                if self._stopped:
                    return
                write(record)

    def stop(self) -> None:
        """Write no more."""
        self._stopped = True

    def status(self) -> str:
        """What the snapshot is and how much memory it holds."""
        runs = self._memory.regions()
        return f"{self._kind}, {sum(size for _, size in runs) >> 10} KiB of memory in {len(runs)} regions"
