"""Rules about buffer and VM identity (VI401 to VI410)."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.lifecycle import LIFECYCLE, State
from vdmabuf_inspect.protocols.vdmabuf.messages import Messages
from vdmabuf_inspect.protocols.vdmabuf.rules.messages import vdmabuf, vdmabuf_clock
from vdmabuf_inspect.protocols.vdmabuf.state import DeviceClock
from vdmabuf_inspect.rules.registry import History, Hits, Per, Standing

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
DRV, DEV = Culprit.DRIVER, Culprit.DEVICE
_ROUND = 1 << 31
"""Linux drivers count in a signed 32-bit integer, others in an unsigned one."""
_ABOUT = 1 << 16
"""So near to its end a counter may begin again."""


def exports(m: Messages) -> Array:
    """Mask: whole exports by the driver."""
    return np.asarray(m.is_op(Op.EXPORT) & ~m.from_device)


@vdmabuf("VI401", "vmid-differs", E, DRV, "S Export", "{buffer} is exported under VM ID {a}; the device announced {b}")
def vmid_differs(m: Messages) -> Hits:
    """What it does: compares both halves of an exported ID with the announced VM ID.

    Why it is bad: the host finds the VM by that half; another VM's memory would be mapped, or none.
    Example: an ID minted before the answer came, whose VM half is 0.
    """
    told = exports(m) & (m.known >= 0)
    neither = (m.word("id.low") != m.known) & (m.word("id.high") != m.known)
    return Hits(told & neither, m.vmid.astype(np.int64), m.known)


@vdmabuf(
    "VI402", "vmid-halves-swapped", N, DRV, "S", "{dialect} has the VM half of an ID on the other side", per=Per.QUEUE
)
def vmid_halves_swapped(m: Messages) -> Array:
    """What it does: tells when the announced VM ID stands in the half that the dialect uses for the counter.

    Why it is bad: the specification's text puts the VM half first in memory, every driver puts it last.
    The announced VM ID decides, so that buffers are named right all the same.
    Example: a specification-sized message from a driver that builds `vmid << 32 | counter`.
    """
    return np.asarray(exports(m) & (m.known >= 0) & (m.vm_first != m.dialect.vm_half_first))


@vdmabuf(
    "VI403", "id-reused-while-live", E, DRV, "S Export", "{buffer} is exported again before its release",
    history=History.HELPS,
)  # fmt: skip
def id_reused_while_live(m: Messages) -> Array:
    """What it does: looks for an EXPORT whose ID the device still has.

    Why it is bad: each export needs a new unique ID; a release then names two exports at once.
    RFC v4 exports the same ID for every frame; there this is a note.
    Example: a frame sent again because the compositor did not wait for the release.
    """
    return np.asarray(exports(m) & LIFECYCLE.live_mask()[m.before] & ~m.created)


@vdmabuf(
    "VI404", "id-reused-after-release", W, DRV, "S Export", "{buffer} has the ID of a buffer that was released",
    history=History.HELPS,
)  # fmt: skip
def id_reused_after_release(m: Messages) -> Array:
    """What it does: looks for an EXPORT whose whole 128-bit ID was used before and released.

    Why it is bad: the ID must be new; a late release of the old buffer frees the new one.
    RFC v4 mints IDs at allocation and reuses them; there this is a note.
    Example: a pool of buffers that keep their IDs.
    """
    return np.asarray(exports(m) & m.created & (m.before == State.RELEASED))


@vdmabuf("VI405", "counter-repeated", W, DRV, "S", "counter {a} was used before, with another key")
def counter_repeated(m: Messages) -> Hits:
    """What it does: looks for a new ID whose VM and counter halves were seen with another key.

    Why it is bad: only the random key tells the two apart; hosts that compare 64 bits mix them up.
    Example: a counter that starts again when the module is reloaded.
    """
    other = exports(m) & m.created & (m.previous >= 0) & (m.previous_key != m.key)
    return Hits(other, m.counter.astype(np.int64))


@vdmabuf("VI406", "counter-went-back", N, DRV, "S", "counter {a} after {b}", history=History.NEEDED)
def counter_went_back(m: Messages) -> Hits:
    """What it does: compares the counter of a new ID with the highest so far.

    Why it is bad: counters only grow; one that goes back wraps soon or was never one.
    One that came to the end of its 31 or 32 bits begins again at 0.
    Example: two exporting threads that increment without a lock.
    """
    new = exports(m) & m.created & (m.previous < 0)
    counter = m.counter.astype(np.int64)
    begun_again = (m.highest % _ROUND >= _ROUND - _ABOUT) & (counter < _ABOUT)
    return Hits(new & (counter < m.highest) & ~begun_again, counter, m.highest)


@vdmabuf("VI407", "key-not-random", W, DRV, "S", "the key of {buffer} is zero|the key of {buffer} is the one before")
def key_not_random(m: Messages) -> Hits:
    """What it does: looks for a key of zero, or the key of the buffer exported before.

    Why it is bad: the key is what keeps other parties from guessing an ID.
    Example: a random generator that is asked before it is seeded.
    """
    zero = m.key == 0
    same = (m.key == m.key_before) & (m.previous < 0)
    mask = exports(m) & m.created & (m.before == State.NONE) & (zero | same)
    return Hits(mask, 0, (~zero).astype(np.int64))


@vdmabuf("VI408", "vmid-changed", W, DEV, "S VM ID", "the device announces VM ID {a} after {b}")
def vmid_changed(m: Messages) -> Hits:
    """What it does: compares each VM ID answer with the one before.

    Why it is bad: every buffer exported so far carries the old one.
    Example: a host that answers with the process ID of whoever opened the device last.
    """
    answers = m.is_op(Op.NEED_VMID) & m.from_device
    value = m.word("id.low").astype(np.int64)
    return Hits(answers & (m.announced >= 0) & (value != m.announced), value, m.announced)


@vdmabuf("VI409", "vmid-zero", W, DEV, "S VM ID", "the device announces VM ID 0")
def vmid_zero(m: Messages) -> Array:
    """What it does: looks for a VM ID answer of 0.

    Why it is bad: drivers take 0 as "no answer yet" and refuse to export; host-made IDs use 0 too.
    Example: a driver that parses its own completed request as the answer.
    """
    return np.asarray(m.is_op(Op.NEED_VMID) & m.from_device & (m.word("id.low") == 0))


@vdmabuf_clock("VI410", "vmid-shared", E, DEV, "S", "device {b} announces VM ID {a} too", per=Per.DEVICE)
def vmid_shared(clock: DeviceClock) -> list[Standing]:
    """What it does: compares the VM IDs that the devices of one session announce.

    Why it is bad: buffers of two VMs get the same names, and one may release the other's.
    Example: two devices served by one process whose ID is its process ID.
    """
    mine = clock.device.identity.announced
    twins = [d for d, vmid in clock.announced if vmid == mine and d < clock.device.device]
    if mine <= 0 or not twins:
        return []
    return [Standing(clock.last_message, clock.qid(clock.last_message), a=mine, b=twins[0])]
