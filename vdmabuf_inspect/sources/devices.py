"""Device types by name: virtio device IDs (virtio 1.2, chapter 5; vdmabuf as its dialects number it)."""

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


def vdmabuf_queues(dialect: str | None) -> tuple[str, ...]:
    """Queue names of vdmabuf by index."""
    return DIALECTS.get(dialect or DEFAULT.name, DEFAULT).queues


def _vdmabuf_names() -> dict[int, str]:
    return {number: VDMABUF for dialect in DIALECTS.values() for number in dialect.device_ids}


def _known() -> str:
    return "or one of " + ", ".join([VDMABUF, *DEVICE_IDS])
