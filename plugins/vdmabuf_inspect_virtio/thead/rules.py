"""What T-Head's messages must say, and what its drivers are known to do."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.thead.protocol import BUFFER_SIZE, COMMANDS, HEAD_SIZE, HEAPS, MOST_PAGES, THEAD, length

E, W, N = api.Severity.ERROR, api.Severity.WARNING, api.Severity.NOTE
DRIVER, DEVICE, EITHER = api.Culprit.DRIVER, api.Culprit.DEVICE, api.Culprit.EITHER
KERNEL = "T-Head kernel"


def _was(m: api.Messages, *states: str) -> api.Array:
    known = THEAD.lifecycle.states if THEAD.lifecycle else ()
    return np.asarray(np.isin(m.before, [known.index(state) for state in states]) & (m.object >= 0))


@api.rule(
    "VT801", "thead-length-differs", E, EITHER, KERNEL, "{command} has {a} bytes, by its pages it has {b}",
    on=api.On.MESSAGES, protocol="thead",
)  # fmt: skip
def length_differs(m: api.Messages) -> api.Hits:
    """What it does: compares a message's length with 48 bytes and 24 for each page that it says to have.

    Why it is bad: the host drops the message without giving its chain back; the guest reads pages that are not there.
    Example: a driver that counts its pages after it has sized the message.
    """
    said = np.where(m.has("pages"), length(m), HEAD_SIZE)
    wrong = np.where(m.from_device, m.size < said, m.size != said)
    return api.Hits(wrong, m.size, said)


@api.rule(
    "VT802", "thead-command-unknown", W, EITHER, KERNEL, "a message with command {a}, which there is not",
    on=api.On.MESSAGES, protocol="thead",
)  # fmt: skip
def command_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that the command is one of the five.

    Why it is bad: the host drops the message without giving its chain back.
    Example: a driver of another vendor with this one's device.
    """
    return api.Hits(m.told("OTHER") & m.has("cmd"), m.column("cmd"))


@api.rule(
    "VT803", "thead-pages-out-of-range", E, EITHER, KERNEL, "{command} of {buffer} lists {a} pages: 1 to 768 fit",
    on=api.On.MESSAGES, protocol="thead",
)  # fmt: skip
def pages_out_of_range(m: api.Messages) -> api.Hits:
    """What it does: checks that an answer to an import lists pages, and no more than a receive buffer holds.

    Why it is bad: a buffer without pages cannot be mapped, and what does not fit is cut off.
    Example: a buffer of more than 3 MiB of single pages.
    """
    pages = m.column("pages")
    empty = m.told("IMPORT_REPLY") & (pages == 0)
    return api.Hits(m.has("pages") & m.told(*COMMANDS) & (empty | (pages > MOST_PAGES)), pages)


@api.rule(
    "VT804", "thead-reply-without-request", E, EITHER, KERNEL, "IMPORT_REPLY for {buffer}, which nobody asked for",
    on=api.On.MESSAGES, protocol="thead", history=api.History.NEEDED,
)  # fmt: skip
def reply_without_request(m: api.Messages) -> api.Array:
    """What it does: checks that the pages of a buffer were asked for before they are sent.

    Why it is bad: the importer has nobody who waits for them.
    Example: a host that answers twice.
    """
    return np.asarray(m.told("IMPORT_REPLY") & ~_was(m, "asked for"))


@api.rule(
    "VT805", "thead-release-of-unknown", E, EITHER, KERNEL, "REL_NOTIFY for {buffer}, which is not shared",
    on=api.On.MESSAGES, protocol="thead", history=api.History.NEEDED,
)  # fmt: skip
def release_of_unknown(m: api.Messages) -> api.Array:
    """What it does: checks that only what was imported is released, once.

    Why it is bad: the exporter lets go of a buffer that others may still use.
    Example: an importer that releases a buffer when its last two users close it at the same time.
    """
    return np.asarray(m.told("REL_NOTIFY") & ~_was(m, "shared", "asked for"))


@api.rule(
    "VT806", "thead-heap-unknown", W, EITHER, KERNEL, "{command} of {buffer} names heap {a}, which there is not",
    on=api.On.MESSAGES, protocol="thead",
)  # fmt: skip
def heap_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that a buffer is of the user's, the system's, the contiguous or the carve-out heap.

    Why it is bad: the other side maps it with the wrong caching.
    Example: a number of a later kernel.
    """
    heap = m.column("heap")
    return api.Hits(m.told("IMPORT_REQ", "IMPORT_REPLY") & m.has("heap") & (heap >= len(HEAPS)), heap)


@api.rule(
    "VT807", "thead-receive-buffer-too-small", W, DRIVER, KERNEL,
    "a receive buffer of {a} bytes on {queue}: messages take up to {b}",
    on=api.On.MESSAGES, protocol="thead", per=api.Per.QUEUE,
)  # fmt: skip
def receive_buffer_too_small(m: api.Messages) -> api.Hits:
    """What it does: checks that receive buffers hold the longest message, 18480 bytes.

    Why it is bad: the host refuses to write into it, and the queue is dead after one trip round the ring.
    Example: T-Head's own driver, which refills with buffers of 48 bytes.
    """
    return api.Hits(m.from_device & (m.room < BUFFER_SIZE), m.room, BUFFER_SIZE)


@api.rule(
    "VT808", "thead-length-of-buffer", N, DEVICE, KERNEL,
    "messages on {queue} are said to have {a} bytes, the buffer's size, and have {b}",
    on=api.On.MESSAGES, protocol="thead", per=api.Per.QUEUE,
)  # fmt: skip
def length_of_buffer(m: api.Messages) -> api.Hits:
    """What it does: tells used lengths that are the buffer's size instead of the message's.

    Why it is bad: the driver cannot tell how much was written.
    Example: T-Head's host, which always reports 18480.
    """
    longer = m.from_device & m.has("pages") & (m.size == m.room) & (m.size > length(m))
    return api.Hits(longer, m.size, length(m))


@api.rule(
    "VT809", "thead-kernel-pointers", N, EITHER, KERNEL, "messages on {queue} begin with kernel addresses",
    on=api.On.MESSAGES, protocol="thead", per=api.Per.QUEUE,
)  # fmt: skip
def kernel_pointers(m: api.Messages) -> api.Array:
    """What it does: tells messages whose first 16 bytes are a kernel's list head.

    Why it is bad: it tells the other side where the sender's kernel lies in memory; make recordings of it anonymous.
    Example: every driver that puts its own list entry on the wire.
    """
    return np.asarray(m.told(*COMMANDS, "OTHER") & m.has("list_next_address") & (m.column("list_next_address") < 0))
