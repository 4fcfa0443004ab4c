"""Rules about one message (VM301 to VM321)."""

from functools import partial

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.features import DEVICE_BITS
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.protocols.vdmabuf.layout import PRIVATE_LIMIT, PRIVATE_ROOM, Op
from vdmabuf_inspect.protocols.vdmabuf.messages import Messages
from vdmabuf_inspect.protocols.vdmabuf.state import DeviceClock
from vdmabuf_inspect.rules.registry import History, Hits, On, Per, Standing, rule
from vdmabuf_inspect.track.events import gather

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
DRV, DEV, EITHER = Culprit.DRIVER, Culprit.DEVICE, Culprit.EITHER
vdmabuf = partial(rule, on=On.MESSAGES, protocol="vdmabuf")
vdmabuf_clock = partial(rule, on=On.CLOCK, protocol="vdmabuf")


@vdmabuf(
    "VM301", "message-size-wrong", E, EITHER, "S Device Operation",
    "{a} bytes, all that the receive buffer holds: no message of {dialect} fits"
    "|{a} bytes, but a message of {dialect} has {b}",
)  # fmt: skip
def message_size_wrong(m: Messages) -> Hits:
    """What it does: compares the bytes of the chain, or the used length, with the dialect's message size.

    Why it is bad: every known host stops at such a message and never returns its descriptor.
    A receive buffer that is too small for a message is the driver's fault.
    Example: a driver built for 32 bits, whose structure is 12 bytes shorter.
    """
    small = m.from_device & (m.room < m.dialect.size) & (m.size == m.room)
    return Hits(m.size != m.dialect.size, m.size, np.where(small, 0, m.dialect.size), by_driver=small)


@vdmabuf("VM302", "command-unknown", E, EITHER, "S Device Operation", "{dialect} has no command {a:#x}")
def command_unknown(m: Messages) -> Hits:
    """What it does: looks the command up in the dialect's table.

    Why it is bad: hosts before the MediaTek one stop at it and never return its descriptor.
    Example: a driver of one dialect in front of a host of another.
    """
    return Hits(m.whole & (m.op == Op.UNKNOWN), m.command.astype(np.int64))


@vdmabuf("VM303", "command-on-wrong-queue", E, EITHER, "S Flow Control", "{command} is not for {queue}")
def command_on_wrong_queue(m: Messages) -> Array:
    """What it does: checks that exports travel on `send` and releases on `recv`.

    Why it is bad: the other side does not read such a command there, so it shares and frees nothing.
    Example: queue indices exchanged between driver and device.
    """
    return np.asarray(m.whole & m.wrong_sender)


@vdmabuf("VM304", "vmid-request-not-zeroed", E, DRV, "S VM ID", "the VM ID request carries data in `op`")
def vmid_request_not_zeroed(m: Messages) -> Array:
    """What it does: checks that all 256 bytes of `op` are zero in a NEED_VMID request.

    Why it is bad: the rest of the message MUST be zeroed out; stale bytes leak guest memory.
    Example: a message buffer reused without clearing it.
    """
    first = 1 if m.dialect.in_place else 0  # in place, the first word may be the answer already
    return m.set_from(m.is_op(Op.NEED_VMID) & ~m.from_device, first)


@vdmabuf("VM305", "vmid-response-not-zeroed", E, DEV, "S VM ID", "the VM ID answer carries data behind the ID")
def vmid_response_not_zeroed(m: Messages) -> Array:
    """What it does: checks that everything behind the first four bytes of `op` is zero in an answer.

    Why it is bad: the rest of the message MUST be zeroed out; RFC v1 hosts leak their stack there.
    Example: an answer built in an uninitialised structure.
    """
    return m.set_from(m.is_op(Op.NEED_VMID) & m.from_device, 1)


@vdmabuf("VM306", "release-not-zeroed", W, EITHER, "S Release", "the release of {buffer} carries data behind the ID")
def release_not_zeroed(m: Messages) -> Array:
    """What it does: checks that everything behind the 16 bytes of the ID is zero in a release.

    Why it is bad: the device must zero out the rest; stale bytes leak host memory into the guest.
    Example: a host that copies the whole export message back.
    """
    return m.set_from(m.is_op(Op.DMABUF_REL) & ~m.wrong_sender, 4)


@vdmabuf(
    "VM307", "vmid-response-unasked", W, DEV, "S VM ID", "a VM ID answer without a request", history=History.NEEDED
)
def vmid_response_unasked(m: Messages) -> Array:
    """What it does: counts NEED_VMID requests and answers.

    Why it is bad: answers carry no request number; a surplus one is taken for the next request's.
    Example: a host that answers again after its queue was restarted.
    """
    if m.dialect.in_place:  # the answer stands in the request's own buffer
        return np.zeros(len(m), bool)
    return np.asarray(m.is_op(Op.NEED_VMID) & m.from_device & (m.asked == 0))


@vdmabuf_clock("VM308", "vmid-request-unanswered", W, DEV, "S VM ID", "no VM ID answer for {a} ms")
def vmid_request_unanswered(clock: DeviceClock) -> list[Standing]:
    """What it does: finds NEED_VMID requests without an answer for longer than `--stuck-after`.

    Why it is bad: the driver refuses every export until it knows its VM ID.
    Example: no receive buffer was posted, so that the host had nowhere to answer.
    """
    late = [(row, clock.now_ns - time) for row, time in clock.device.unanswered]
    late = [(row, age) for row, age in late if age > clock.stuck_after_ns] + clock.device.answered_late
    return [Standing(row, clock.qid(row), a=age // 1_000_000) for row, age in late]


@vdmabuf(
    "VM309",
    "private-size-too-large",
    E,
    DRV,
    "-",
    "private size {a}; a message holds 216 bytes|private size {a}; the drivers' limit is 192",
)
def private_size_too_large(m: Messages) -> Hits:
    """What it does: checks the private size word against the 216 bytes that a message holds.

    Why it is bad: known hosts copy that many bytes from a message on their stack. A size above 192, the
    limit of every Linux driver, that the message still holds is a warning.
    Example: a size taken from the application without a bound.
    """
    size = m.word("private_size").astype(np.int64)
    held = size <= PRIVATE_ROOM
    return Hits(m.is_op(Op.EXPORT) & (size > PRIVATE_LIMIT), size, held.astype(np.int64), np.where(held, W, E))


@vdmabuf(
    "VM310", "kernel-pointer-on-the-wire", W, EITHER, "-", "kernel address {a:#x} ahead of the command", per=Per.QUEUE
)
def kernel_pointer_on_the_wire(m: Messages) -> Hits | None:
    """What it does: looks for canonical kernel addresses in the bytes ahead of `cmd`.

    Why it is bad: a `struct list_head` put on the wire tells the other side where the kernel lies.
    Every RFC v3 and later implementation does it; in those dialects this is a note.
    Example: `list_add_tail(&msg->list, ...)` on the very structure that is sent.
    """
    if m.dialect.cmd_offset < 16:
        return None
    words = gather(m.words, m.base, 4)
    high = (words[:, 1] >> 15) == 0x1FFFF
    value = words[:, 0] | words[:, 1].astype(np.uint64) << np.uint64(32)
    return Hits(m.whole & high, value.astype(np.int64))


@vdmabuf("VM311", "private-data-beyond-size", N, DRV, "S Device Operation", "bytes are set behind private size {a}")
def private_data_beyond_size(m: Messages) -> Hits:
    """What it does: checks that the private bytes behind the declared size are zero.

    Why it is bad: either the size is wrong or old bytes of guest memory leak.
    Example: a size in words where bytes are meant.
    """
    size = m.word("private_size").astype(np.int64)
    at = np.flatnonzero(m.is_op(Op.EXPORT) & (size <= PRIVATE_ROOM))
    words = gather(m.words, m.base[at] + m.dialect.op_offset // 4 + 10, PRIVATE_ROOM // 4)
    place = np.arange(PRIVATE_ROOM // 4) * 4
    beyond = place >= size[at, None]
    mask = np.zeros(len(m), bool)
    mask[at] = ((words != 0) & beyond).any(axis=1)
    cut = np.flatnonzero(size[at] % 4)
    if len(cut):
        last = words[cut, size[at[cut]] // 4]
        mask[at[cut]] |= (last >> (8 * (size[at[cut]] % 4)).astype(np.uint32)) != 0
    return Hits(mask, size)


@vdmabuf_clock(
    "VM320",
    "device-id-mismatch",
    N,
    DEV,
    "S Device ID",
    "device ID {a} is another device's in the registry; 37 is what Linux reserves",
    per=Per.DEVICE,
)
def device_id_mismatch(clock: DeviceClock) -> list[Standing]:
    """What it does: compares the virtio device ID with those that vdmabuf implementations use.

    Why it is bad: the specification's 36 is CAN in the registry; a CAN driver would bind to the device.
    Example: a device that follows the patch of 2021 to the letter.
    """
    dialect, number = clock.device.dialect, clock.device.device_id
    if dialect is None or number in (0, 37) or clock.first_row < 0:
        return []
    return [Standing(clock.first_row, clock.qid(clock.first_row), a=number)]


@vdmabuf_clock(
    "VM321", "feature-bits-unexpected", W, DEV, "S Feature bits", "device feature bits {a:#x} are offered",
    per=Per.DEVICE,
)  # fmt: skip
def feature_bits_unexpected(clock: DeviceClock) -> list[Standing]:
    """What it does: looks for feature bits of the device's own range; none are defined for vdmabuf.

    Why it is bad: each side may mean something else by them.
    Example: a shared-memory region announced by a private bit.
    """
    own = clock.features & DEVICE_BITS
    if not own or clock.device.dialect is None or clock.first_row < 0:
        return []
    return [Standing(clock.first_row, clock.qid(clock.first_row), a=own)]
