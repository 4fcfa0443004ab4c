"""Messages and lifecycles that a device gets wrong (VM, VI and VL rules)."""

import secrets
from functools import partial

from vdmabuf_inspect.protocols.vdmabuf.dialects import Sender
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.reference.faults.messages import UNKNOWN_COMMAND, is_vmid, set_command
from vdmabuf_inspect.reference.faults.pages import WATCHED
from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.steps import IdentityStep, MessageStep, OfferStep, ReceivedStep

message = partial(fault, side=Side.DEVICE, step=MessageStep)
received = partial(fault, side=Side.DEVICE, step=ReceivedStep)
DEVICE_FEATURE = 1 << 5
SHARED_VMID = 4242


def is_release(step: MessageStep) -> bool:
    """The step is over a release."""
    return step.op is Op.DMABUF_REL


def is_export(step: ReceivedStep) -> bool:
    """An EXPORT came in."""
    return step.op is Op.EXPORT


def has_queue(step: ReceivedStep) -> bool:
    """An EXPORT came in, and messages that nobody asked for have a queue to go to."""
    return is_export(step) and not step.dialect.in_place


@message("release-short", rules="VM301", when=is_release)
def _short(step: MessageStep) -> None:
    """Sends a release that is four bytes short."""
    del step.data[-4:]


@message("command-unknown-recv", rules="VM302", when=is_release)
def _unknown(step: MessageStep) -> None:
    """Sends a command number that the dialect does not have, in place of a release."""
    set_command(step, UNKNOWN_COMMAND)


def _driver_exports(step: ReceivedStep) -> bool:
    return has_queue(step) and all(
        c.request is Sender.DRIVER for c in step.dialect.commands.values() if c.op is Op.EXPORT
    )


@received("export-on-recv", rules="VM303", when=_driver_exports)
def _export(step: ReceivedStep) -> None:
    """Sends an EXPORT, which is the driver's to send."""
    step.extra.append((Op.EXPORT, step.body))


@message("vmid-response-dirty", rules="VM305", when=is_vmid, first=1)
def _dirty(step: MessageStep) -> None:
    """Announces the VM ID with further bytes of `op` set."""
    step.data[step.dialect.op_offset + 12 : step.dialect.op_offset + 16] = b"\x0d\xf0\xad\x0b"


@message("release-dirty", rules="VM306", when=is_release)
def _release_dirty(step: MessageStep) -> None:
    """Releases a buffer with bytes set behind its ID."""
    step.data[step.dialect.op_offset + 40 : step.dialect.op_offset + 44] = b"\x0d\xf0\xad\x0b"


@received("vmid-response-unasked", rules="VM307", when=lambda s: has_queue(s) and s.dialect.asks_vmid)
def _unasked(step: ReceivedStep) -> None:
    """Announces the VM ID though nobody asked."""
    step.extra.append((Op.NEED_VMID, step.vmid.to_bytes(4, "little")))


@received("vmid-unanswered", rules="VM308", when=lambda s: s.op is Op.NEED_VMID, first=1)
def _unanswered(step: ReceivedStep) -> None:
    """Does not answer when asked for the VM ID the first time."""
    step.ignore = True


@fault("feature-bits", Side.DEVICE, OfferStep, "VM321", first=1)
def _features(step: OfferStep) -> None:
    """Offers a device feature bit, though none are defined."""
    step.offered |= DEVICE_FEATURE


@received("vmid-changed", rules="VI408", when=lambda s: has_queue(s) and s.dialect.asks_vmid)
def _changed(step: ReceivedStep) -> None:
    """Announces another VM ID later on."""
    step.extra.append((Op.NEED_VMID, (step.vmid + 7).to_bytes(4, "little")))


@message("vmid-zero", rules="VI409", when=is_vmid, first=1)
def _zero(step: MessageStep) -> None:
    """Announces 0 as the VM ID."""
    step.data[step.dialect.op_offset : step.dialect.op_offset + 4] = bytes(4)


@fault("vmid-shared", Side.DEVICE, IdentityStep, "VI410", first=1, options="two devices with this fault")
def _shared(step: IdentityStep) -> None:
    """Announces a fixed VM ID, the same in every device that has this fault."""
    step.vmid = SHARED_VMID


@received("release-unknown", rules="VL502", when=has_queue)
def _stranger(step: ReceivedStep) -> None:
    """Releases an ID that the driver never shared."""
    step.extra.append((Op.DMABUF_REL, secrets.token_bytes(16)))


@message("release-twice", rules="VL503", when=lambda s: is_release(s) and not s.dialect.in_place)
def _twice(step: MessageStep) -> None:
    """Releases a buffer twice."""
    step.again = 1


@received("release-early", rules="VL504", when=has_queue)
def _early(step: ReceivedStep) -> None:
    """Releases a buffer before it has returned the chain by which it came."""
    step.release_first = WATCHED


@received("release-never", rules="VL505", when=is_export)
def _never(step: ReceivedStep) -> None:
    """Never releases one buffer."""
    step.keep = True


@received(
    "release-nothing",
    rules="VL506",
    when=is_export,
    times=0,
    options="--buffers 64 --rate 2, until the leak window is over",
)
def _nothing(step: ReceivedStep) -> None:
    """Releases no buffer any more."""
    step.keep = True
