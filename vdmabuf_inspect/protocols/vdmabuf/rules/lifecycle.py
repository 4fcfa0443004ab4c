"""Rules about the life of buffers (VL501 to VL507)."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.protocols.vdmabuf.lifecycle import State
from vdmabuf_inspect.protocols.vdmabuf.messages import Messages
from vdmabuf_inspect.protocols.vdmabuf.rules.identity import exports
from vdmabuf_inspect.protocols.vdmabuf.rules.messages import vdmabuf, vdmabuf_clock
from vdmabuf_inspect.protocols.vdmabuf.state import DeviceClock
from vdmabuf_inspect.rules.registry import History, Hits, Per, Standing

E, W, N = Severity.ERROR, Severity.WARNING, Severity.NOTE
DRV, DEV, EITHER = Culprit.DRIVER, Culprit.DEVICE, Culprit.EITHER


@vdmabuf(
    "VL501", "export-before-vmid", W, DRV, "S VM ID, Export", "{buffer} is exported before the VM ID is known",
    history=History.NEEDED,
)  # fmt: skip
def export_before_vmid(m: Messages) -> Array:
    """What it does: looks for exports ahead of the first VM ID answer, in dialects that ask for it.

    Why it is bad: the ID cannot carry the right VM half.
    Example: a driver that exports while its request is still unanswered.
    """
    unaware = (m.word("id.low") != m.known) & (m.word("id.high") != m.known)
    return np.asarray(exports(m) & (m.announced < 0) & unaware & m.dialect.asks_vmid)


def releases(m: Messages) -> Array:
    """Mask: whole releases, by either side where the dialect shares both ways."""
    return np.asarray(m.is_op(Op.DMABUF_REL) & ~m.wrong_sender)


@vdmabuf(
    "VL502", "release-of-unknown-id", E, EITHER, "S Release",
    "{buffer} was never exported|{buffer} was never exported: what was has the same ID, but another key",
    history=History.NEEDED,
)  # fmt: skip
def release_of_unknown_id(m: Messages) -> Hits:
    """What it does: looks for a release of an ID that was not shared, key included.

    Why it is bad: the other side cannot find the buffer, and the one that was meant is never freed.
    An export of the wrong size (VM301) may have been taken all the same: the release of its ID is none of these.
    Example: a key copied with its two halves exchanged.
    """
    unknown = releases(m) & (m.before == State.NONE) & ~m.misshapen
    return Hits(unknown, 0, (m.previous >= 0).astype(np.int64))


@vdmabuf("VL503", "double-release", E, EITHER, "S Release", "{buffer} was released already", history=History.HELPS)
def double_release(m: Messages) -> Array:
    """What it does: looks for a release of a buffer that is released.

    Why it is bad: the buffer may be exported again by then, and is taken from the device that reads it.
    Example: a reference dropped by both the compositor and the cleanup path.
    """
    return np.asarray(releases(m) & (m.before == State.RELEASED))


@vdmabuf(
    "VL504", "release-before-export-used", W, EITHER, "S", "{buffer} is released before its export was returned",
    history=History.NEEDED,
)  # fmt: skip
def release_before_export_used(m: Messages) -> Array:
    """What it does: looks for a release while the export's chain is still outstanding.

    Why it is bad: the driver may free the buffer while its own export message is still in the ring.
    Example: a host that releases from its error path before it returns the chain.
    """
    return np.asarray(releases(m) & (m.before == State.EXPORTING) & m.from_device)


@vdmabuf_clock(
    "VL505", "buffer-never-released", N, DEV, "S", "{buffer} was never released; it was {a} ms old at the end",
    per=Per.OBJECT, history=History.NEEDED,
)  # fmt: skip
def buffer_never_released(clock: DeviceClock) -> list[Standing]:
    """What it does: lists the buffers that are live when the device is closed.

    Why it is bad: one at the end is ordinary; the same one in every run is a leak.
    Example: the last frame on a screen that nobody took down.
    """
    if not clock.closing:
        return []
    device = clock.device
    live = device.tracker.live_objects()
    first = device.objects.first[live[live >= device.epoch]]
    age = (clock.now_ns - clock.time_of_row[first]) // 1_000_000
    objects = live[live >= device.epoch]
    return [
        Standing(int(row), clock.qid(int(row)), int(o), int(ms), certain=clock.complete)
        for row, o, ms in zip(first, objects, age, strict=True)
    ]


@vdmabuf_clock(
    "VL506", "buffer-leak-growing", W, DEV, "-", "live buffers grew from {a} to {b} and never fell", per=Per.DEVICE,
    history=History.HELPS,
)  # fmt: skip
def buffer_leak_growing(clock: DeviceClock) -> list[Standing]:
    """What it does: takes the least number of live buffers in each quarter of `--leak-window`.

    Why it is bad: four rises in a row mean that not all buffers come back; the guest runs out of memory.
    Example: a release that is sent only when the window is visible.
    """
    if clock.device.leak.growth is None:
        return []
    then, now, row = clock.device.leak.growth
    return [Standing(row, clock.qid(row), a=then, b=now, certain=clock.complete)]


@vdmabuf(
    "VL507", "recv-starved", W, DRV, "-", "{a} live buffers, but {b} receive buffers posted: a release has no place",
    per=Per.QUEUE, history=History.NEEDED,
)  # fmt: skip
def recv_starved(m: Messages) -> Hits | None:
    """What it does: compares live buffers with the receive buffers that the device has, at each export.

    Why it is bad: a release needs a receive buffer; without one it waits in the host, or is dropped.
    Example: a driver that posts one receive buffer for each message it sends, and loses one.
    """
    if m.dialect.in_place:
        return None
    return Hits(exports(m) & (m.live > m.posted), m.live, m.posted)
