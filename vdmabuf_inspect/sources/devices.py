"""Device types by name: virtio device IDs and queue names (virtio 1.2, chapter 5; vdmabuf as its dialects say)."""

from dataclasses import dataclass

from vdmabuf_inspect.errors import UsageError
from vdmabuf_inspect.protocols.vdmabuf.dialects import DEFAULT, DIALECTS

DEVICE_IDS = {
    "net": 1,
    "block": 2,
    "console": 3,
    "rng": 4,
    "balloon": 5,
    "rpmsg": 7,
    "scsi": 8,
    "9p": 9,
    "rproc-serial": 11,
    "caif": 12,
    "gpu": 16,
    "input": 18,
    "vsock": 19,
    "crypto": 20,
    "iommu": 23,
    "mem": 24,
    "sound": 25,
    "fs": 26,
    "pmem": 27,
    "rpmb": 28,
    "scmi": 32,
    "i2c": 34,
    "can": 36,
    "gpio": 41,
}
ALIASES = {"blk": "block", "serial": "console", "entropy": "rng", "snd": "sound", "memory": "mem"}
VDMABUF = "vdmabuf"


@dataclass(frozen=True)
class QueueNames:
    """Queue names by index: the first ones, then `repeated` with numbers from `start` on, the last ones at the end."""

    first: tuple[str, ...] = ()
    repeated: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    start: int = 1

    def name(self, index: int, count: int) -> str:
        """The name of a queue of a device that has `count` (0: nobody knows, so none is taken for the last)."""
        if index < len(self.first):
            return self.first[index]
        turns = self.repeated or ("queue",)
        rest = count - len(self.first) - len(self.last)
        end = index - len(self.first) - rest
        if rest >= 0 and rest % len(turns) == 0 and 0 <= end < len(self.last):
            return self.last[end]
        number, which = divmod(index - len(self.first), len(turns))
        return f"{turns[which]}{number + self.start}" if self.repeated else f"queue{index}"


QUEUE_NAMES = {
    "net": QueueNames(repeated=("receiveq", "transmitq"), last=("controlq",)),
    "block": QueueNames(repeated=("requestq",)),
    "console": QueueNames(
        ("receiveq0", "transmitq0", "control_receiveq", "control_transmitq"), ("receiveq", "transmitq")
    ),
    "rng": QueueNames(("requestq",)),
    "balloon": QueueNames(("inflateq", "deflateq", "statsq", "free_page_vq", "reporting_vq")),
    "rpmsg": QueueNames(("rxq", "txq")),
    "scsi": QueueNames(("controlq", "eventq"), ("requestq",)),
    "9p": QueueNames(("requestq",)),
    "gpu": QueueNames(("controlq", "cursorq")),
    "input": QueueNames(("eventq", "statusq")),
    "vsock": QueueNames(("rxq", "txq", "eventq")),
    "crypto": QueueNames(repeated=("dataq",), last=("controlq",)),
    "iommu": QueueNames(("requestq", "eventq")),
    "mem": QueueNames(("guest-requestq",)),
    "sound": QueueNames(("controlq", "eventq", "txq", "rxq")),
    "fs": QueueNames(("hiprio",), ("requestq",)),
    "pmem": QueueNames(("requestq",)),
    "rpmb": QueueNames(("requestq",)),
    "scmi": QueueNames(("cmdq", "eventq")),
    "i2c": QueueNames(("requestq",)),
    "can": QueueNames(("txq", "rxq", "controlq")),
    "gpio": QueueNames(("requestq", "eventq")),
}


def device_name(device: str | int | None) -> str:
    """The name behind `--device`: what was said, in one spelling; vdmabuf when nothing was said.

    Raises UsageError for a name that is not known; a number always has a name.
    """
    if device is None:
        return VDMABUF
    if isinstance(device, str) and not device.isdecimal():
        name = device.lower().removeprefix("virtio-")
        name = ALIASES.get(name, name)
        if name != VDMABUF and name not in DEVICE_IDS:
            raise UsageError(f"--device {device!r}: no such device type; give a virtio device ID, {_known()}")
        return name
    number = int(device)
    names = {value: name for name, value in DEVICE_IDS.items()} | _vdmabuf_names()
    return names.get(number, f"device{number}-")


def device_id(device: str | int | None, dialect: str | None = None) -> int:
    """The virtio device ID behind `--device`, 0 when nothing was said. Raises UsageError as `device_name` does."""
    if device is None:
        return 0
    if isinstance(device, int) or device.isdecimal():
        return int(device)
    name = device_name(device)
    if name != VDMABUF:
        return DEVICE_IDS[name]
    return DIALECTS[dialect].device_ids[0] if dialect in DIALECTS else 0


def queue_label(device: str, index: int, dialect: str | None = None, count: int = 0) -> str:
    """What a queue of a device of the type called `device` is called: `send`, `requestq1`, `queue7`."""
    names = QueueNames(vdmabuf_queues(dialect)) if device == VDMABUF else QUEUE_NAMES.get(device, QueueNames())
    return names.name(index, count)


def vdmabuf_queues(dialect: str | None) -> tuple[str, ...]:
    """Queue names of vdmabuf by index."""
    return DIALECTS.get(dialect or DEFAULT.name, DEFAULT).queues


def _vdmabuf_names() -> dict[int, str]:
    return {number: VDMABUF for dialect in DIALECTS.values() for number in dialect.device_ids}


def _known() -> str:
    return "or one of " + ", ".join([VDMABUF, *DEVICE_IDS])
