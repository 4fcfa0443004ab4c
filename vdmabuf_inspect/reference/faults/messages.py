"""Messages that a driver gets wrong (VM rules)."""

from functools import partial

from vdmabuf_inspect.protocols.vdmabuf.dialects import Sender
from vdmabuf_inspect.protocols.vdmabuf.layout import PRIVATE_LIMIT, PRIVATE_ROOM, Op
from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.steps import ExportStep, MessageStep, StartStep

driver = partial(fault, side=Side.DRIVER)
UNKNOWN_COMMAND = 0x7E
KERNEL_POINTER = 0xFFFF888012345600


def is_export(step: MessageStep) -> bool:
    """The step is over an EXPORT."""
    return step.op is Op.EXPORT


def is_vmid(step: MessageStep) -> bool:
    """The step is over a NEED_VMID."""
    return step.op is Op.NEED_VMID


def set_command(step: MessageStep, number: int) -> None:
    """Overwrite the command word."""
    at = step.dialect.cmd_offset
    step.data[at : at + 4] = number.to_bytes(4, "little")


@driver("message-short", step=MessageStep, rules="VM301", when=is_export)
def _short(step: MessageStep) -> None:
    """Sends an EXPORT that is four bytes short."""
    del step.data[-4:]
    step.spoilt = True


@driver("message-long", step=MessageStep, rules="VM301", when=is_export)
def _long(step: MessageStep) -> None:
    """Sends an EXPORT with eight bytes too many."""
    step.data += bytes(8)
    step.spoilt = True


@driver("command-unknown", step=MessageStep, rules="VM302", when=is_export)
def _unknown(step: MessageStep) -> None:
    """Sends a command number that the dialect does not have."""
    set_command(step, UNKNOWN_COMMAND)
    step.spoilt = True


def _device_releases(step: MessageStep) -> bool:
    return is_export(step) and all(
        c.request is Sender.DEVICE for c in step.dialect.commands.values() if c.op is Op.DMABUF_REL
    )


@driver("release-on-send", step=MessageStep, rules="VM303", when=_device_releases)
def _release(step: MessageStep) -> None:
    """Sends a release, which is the device's to send, in place of an EXPORT."""
    set_command(step, step.dialect.number(Op.DMABUF_REL))
    step.data[step.dialect.op_offset + 16 :] = bytes(len(step.data) - step.dialect.op_offset - 16)
    step.spoilt = True


@driver("vmid-request-dirty", step=MessageStep, rules="VM304", when=is_vmid, first=1)
def _dirty(step: MessageStep) -> None:
    """Asks for the VM ID with bytes of `op` set."""
    step.data[step.dialect.op_offset + 8 : step.dialect.op_offset + 12] = b"\x01\x02\x03\x04"


@driver("private-too-large", step=ExportStep, rules="VM309")
def _private_room(step: ExportStep) -> None:
    """Declares more private data than the message can hold."""
    step.private_size = PRIVATE_ROOM + 784


@driver("private-over-limit", step=ExportStep, rules="VM309")
def _private_limit(step: ExportStep) -> None:
    """Declares more private data than any driver sends, though the message would hold it."""
    step.private = step.private.ljust(PRIVATE_LIMIT + 8, b"\x5a")
    step.private_size = len(step.private)


@driver("private-beyond", step=ExportStep, rules="VM311")
def _private_beyond(step: ExportStep) -> None:
    """Leaves bytes behind the declared private data."""
    step.private_slack = b"left over"


@driver("kernel-pointer", step=MessageStep, rules="VM310", when=lambda s: s.dialect.cmd_offset >= 8 and is_export(s))
def _pointer(step: MessageStep) -> None:
    """Puts a kernel address ahead of the command (dialects that have room there)."""
    step.data[:8] = KERNEL_POINTER.to_bytes(8, "little")


@driver("export-before-vmid", step=StartStep, rules="VL501", when=lambda s: s.dialect.asks_vmid, first=1)
def _before(step: StartStep) -> None:
    """Exports a buffer before it asked for the VM ID."""
    step.export_first = True
