"""A virtio device of QEMU's and its queues as one survey found them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from vdmabuf_inspect.sources.qemu.features import Status


@dataclass(frozen=True)
class QueueState:
    """One queue that a driver has set up; addresses are guest-physical."""

    index: int
    size: int
    desc: int
    avail: int
    used: int
    used_idx: int | None = None
    """The device's own used index, None for vhost devices."""

    @property
    def place(self) -> tuple[int, int, int, int, int]:
        """Everything that is the same as long as it is the same set-up."""
        return self.index, self.size, self.desc, self.avail, self.used


@dataclass(frozen=True)
class DeviceState:
    """One device. `path` is its QOM path, `kind` QEMU's name for its type."""

    path: str
    kind: str
    device_id: int = 0
    status: Status | None = None
    """None where it may not be asked for."""
    acknowledged: int = 0
    offered: int = 0
    count: int = 0
    """Queues that it has, 0 when unknown."""
    vhost: bool = False
    """Its queues are not QEMU's to handle at this time."""
    big_endian: bool = False
    queues: tuple[QueueState, ...] = ()

    def with_queues(self, queues: Iterable[QueueState]) -> "DeviceState":
        """The same with its queues."""
        return replace(self, queues=tuple(queues))

    def like(self, other: "DeviceState") -> bool:
        """It had queues, and `other` may be the same set-up later."""
        return bool(self.queues) and (self.acknowledged, self.vhost) == (other.acknowledged, other.vhost)

    @property
    def running(self) -> bool:
        """A driver has set it up."""
        return bool(self.queues) and (self.status is None or bool(self.status & Status.DRIVER_OK))

    @property
    def set_up(self) -> tuple[object, ...]:
        """Everything that is the same as long as it is the same set-up."""
        return self.acknowledged, tuple(queue.place for queue in self.queues)


@dataclass(frozen=True)
class Report:
    """One survey of a machine. `begun` is when it began, by the monotonic clock in seconds."""

    begun: float
    devices: tuple[DeviceState, ...] = ()
    state: str = "running"
    """QEMU's run state in its own word: running, paused, inmigrate."""
    migration: str = ""
    """A migration's state in QEMU's word, empty when there is none."""
    mapped: int = 0
    """How often the memory map was found changed."""
    translated: bool = False
    """An IOMMU translates: addresses of devices that use it are not guest-physical."""
    problem: str = ""
    """Why QEMU could not be asked; everything else is then as it was."""
    over: bool = False
    """QEMU is gone."""

    @property
    def readable(self) -> bool:
        """Guest memory is what the guest has written; not while it is still on its way."""
        return not self.state.startswith("inmigrate") and not self.migration.startswith("postcopy")
