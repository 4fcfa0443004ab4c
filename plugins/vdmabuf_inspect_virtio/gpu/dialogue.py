"""Rules of single messages: requests that the device can read, responses that the driver can (VG80x, VG81x)."""

from functools import partial

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.gpu.fences import FENCE, RING_IDX
from vdmabuf_inspect_virtio.gpu.layouts import (
    ANSWERS,
    COMMANDS,
    ENTRY,
    FIRST_ERROR,
    NO_DATA,
    REQUESTS,
    RESPONSES,
    SAYS,
    SCANOUTS,
    message,
)  # fmt: skip
from vdmabuf_inspect_virtio.gpu.protocol import (
    CONTEXT_INIT,
    EDID,
    LISTS,
    OF_CONTEXT,
    RESOURCE_BLOB,
    RESOURCE_UUID,
    VIRGL,
)

E, W, N = api.Severity.ERROR, api.Severity.WARNING, api.Severity.NOTE
DRIVER, DEVICE = api.Culprit.DRIVER, api.Culprit.DEVICE
HEADER_SIZE = message().sizeof()
NEEDS = {
    "GET_EDID": EDID, "RESOURCE_ASSIGN_UUID": RESOURCE_UUID,
    **dict.fromkeys(
        ("RESOURCE_CREATE_BLOB", "SET_SCANOUT_BLOB", "RESOURCE_MAP_BLOB", "RESOURCE_UNMAP_BLOB"), RESOURCE_BLOB
    ),
    **dict.fromkeys(
        (*OF_CONTEXT, "CTX_ATTACH_RESOURCE", "CTX_DETACH_RESOURCE", "RESOURCE_CREATE_3D", "TRANSFER_TO_HOST_3D",
         "TRANSFER_FROM_HOST_3D"), VIRGL,
    ),
}  # fmt: skip
"""The feature bit that each command takes (5.7.3)."""

rule = partial(api.rule, on=api.On.MESSAGES, protocol="gpu")


@rule("VG801", "gpu-request-too-short", E, DRIVER, "5.7.6.7", "a request of {a} bytes on {queue}, which takes {b}")
def request_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that a request has the 24 bytes of its header and all fields of its command.

    Why it is bad: the device answers ERR_UNSPEC, or reads what is not there.
    Example: a driver that leaves out the padding behind `resource_id`.
    """
    least = np.full(len(m), HEADER_SIZE)
    for name, layout in REQUESTS.items():
        least[m.told(name)] = layout.sizeof()
    return api.Hits(m.requests & (m.size < least), m.size, least)


@rule(
    "VG802", "gpu-command-unknown", W, DRIVER, "5.7.6.7", "command {a} on {queue}, which virtio-gpu does not have"
)  # fmt: skip
def command_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that the header's type is a command of the specification.

    Why it is bad: the device answers ERR_UNSPEC.
    Example: a driver of a later version without the feature that the command came with.
    """
    kind = m.first(4)
    return api.Hits(m.told("OTHER") & m.requests & (kind >= 0) & ~np.isin(kind, list(COMMANDS.values())), kind)


@rule("VG803", "gpu-command-on-wrong-queue", E, DRIVER, "5.7.2", "command {a} on {queue}, which is not for it")
def command_on_wrong_queue(m: api.Messages) -> api.Hits:
    """What it does: checks that UPDATE_CURSOR and MOVE_CURSOR, and no others, are on the cursor queue.

    Why it is bad: the device does not look for it there and drops it.
    Example: a driver that sends MOVE_CURSOR behind a RESOURCE_FLUSH.
    """
    kind = m.first(4)
    return api.Hits(m.told("OTHER") & m.requests & np.isin(kind, list(COMMANDS.values())), kind)


@rule("VG804", "gpu-feature-not-negotiated", E, DRIVER, "5.7.3", "{command} without its feature, bit {a}")
def feature_not_negotiated(m: api.Messages) -> api.Hits:
    """What it does: checks that EDID, UUIDs, blobs, contexts, 3D, `context_init` and `ring_idx` are only used where
    their feature was acknowledged.

    Why it is bad: the device need not know the command or the field.
    Example: a driver that makes blob resources whatever the device offered.
    """
    asked = m.column("hdr.flags") & RING_IDX | m.column("context_init") * m.told("CTX_CREATE")
    bit = np.where(m.requests & (asked != 0), CONTEXT_INIT, -1)
    for name, needed in NEEDS.items():
        bit[m.told(name) & m.requests & (m.features >> needed & 1 == 0)] = needed
    return api.Hits((bit >= 0) & (m.features >> np.maximum(bit, 0) & 1 == 0), bit)


@rule(
    "VG805", "gpu-response-unasked", E, DEVICE, "5.7.6.7", "a response of type {a} on {queue} that nobody asked for",
    history=api.History.NEEDED,
)  # fmt: skip
def response_unasked(m: api.Messages) -> api.Hits:
    """What it does: checks that every response has a request in its chain.

    Why it is bad: the driver cannot know what it answers.
    Example: a device that reports a change of the display in a buffer that held no command.
    """
    return api.Hits(m.from_device & ~m.asked, m.first(4))


@rule(
    "VG806",
    "gpu-response-type-wrong",
    E,
    DEVICE,
    "5.7.6.8",
    "{command} answered with type {a}: expected {b}, or an error",
)
def response_type_wrong(m: api.Messages) -> api.Hits:
    """What it does: checks that a response is an error, or the one that belongs to the command.

    Why it is bad: the driver reads another layout than was written.
    Example: GET_DISPLAY_INFO answered with OK_NODATA.
    """
    expected = np.full(len(m), NO_DATA)
    for name, answer in SAYS.items():
        expected[m.told(name)] = RESPONSES[answer]
    kind = m.first(4)
    errors = (kind >= FIRST_ERROR) & (kind <= max(RESPONSES.values()))
    judged = m.from_device & m.asked & m.told(*COMMANDS) & (kind >= 0)
    return api.Hits(judged & (kind != expected) & ~errors, kind, expected)


@rule(
    "VG807", "gpu-response-too-short", E, DEVICE, "5.7.6.8", "{command} answered with {a} bytes, too few for type {b}"
)
def response_too_short(m: api.Messages) -> api.Hits:
    """What it does: checks that a response has its header and all fields of its type.

    Why it is bad: what is missing reads as whatever the buffer held before.
    Example: an EDID without the bytes behind the first block.
    """
    short: api.Array = m.from_device & m.asked & (m.short | (m.size < HEADER_SIZE))
    return api.Hits(short, m.size, m.first(4))


@rule(
    "VG808", "gpu-response-room-too-small", E, DRIVER, "5.7.6.7", "{command} has {a} bytes for a response of {b}"
)  # fmt: skip
def response_room_too_small(m: api.Messages) -> api.Hits:
    """What it does: checks that a command of the control queue has room for the response that it asks for.

    Why it is bad: the device cannot answer, or cuts the answer.
    Example: GET_DISPLAY_INFO with room for the header alone.
    """
    needed = np.full(len(m), HEADER_SIZE)
    for name, answer in SAYS.items():
        needed[m.told(name)] = ANSWERS[answer].sizeof()
    of_control = m.told(*COMMANDS) & ~m.told("UPDATE_CURSOR", "MOVE_CURSOR")
    return api.Hits(of_control & m.requests & (m.room < needed), m.room, needed)


@rule(
    "VG809", "gpu-fence-missing", E, DEVICE, "5.7.6.7",
    "{command} was fenced and its response is not|{command} was fenced with {a}, its response has another number",
)  # fmt: skip
def fence_missing(m: api.Messages) -> api.Hits:
    """What it does: checks that the response to a request with FLAG_FENCE has the flag and the request's `fence_id`.

    Why it is bad: the driver waits for the fence, and so does who waits for the picture.
    Example: a device that fills in a response without the request's header.
    """
    fenced, fence = m.notes["fenced"], m.notes["fence"]
    there = m.column("hdr.flags") & FENCE != 0
    wrong = m.column("hdr.fence_id") != fence
    judged = m.from_device & fenced & m.has("hdr.fence_id")
    return api.Hits(judged & (~there | wrong), fence, there.astype(np.int64))


@rule(
    "VG810", "gpu-command-failed", N, DEVICE, "5.7.6.8",
    "|".join(f"{{command}} of {{buffer}} failed: {name}" for name in RESPONSES if name.startswith("ERR_")),
)  # fmt: skip
def command_failed(m: api.Messages) -> api.Hits:
    """What it does: tells commands that came back with an error.

    Why it is bad: drivers mostly log it and go on, with a screen that stays as it was.
    Example: SET_SCANOUT with a rectangle of nothing.
    """
    kind = m.first(4)
    judged = m.from_device & m.asked & (kind >= FIRST_ERROR) & (kind <= max(RESPONSES.values()))
    return api.Hits(judged, kind, kind - FIRST_ERROR)


@rule("VG811", "gpu-entries-missing", E, DRIVER, "5.7.6.8", "{command} says that {a} entries follow, there are {b}")
def entries_missing(m: api.Messages) -> api.Hits:
    """What it does: checks that as many entries of a scatter list follow as `nr_entries` says.

    Why it is bad: the device refuses the list, or reads past its end.
    Example: a list in a descriptor of its own that is shorter than its count.
    """
    said, there = m.column("nr_entries"), np.zeros(len(m), np.int64)
    for name in LISTS:
        there[m.told(name)] = REQUESTS[name].sizeof()
    there = np.maximum(m.size - there, 0) // ENTRY.sizeof()
    return api.Hits(m.told(*LISTS) & m.requests & m.has("nr_entries") & (said > there), said, there)


@rule("VG812", "gpu-scanout-out-of-range", E, DRIVER, "5.7.6.8", "{command} of scanout {a}: there are at most 16")
def scanout_out_of_range(m: api.Messages) -> api.Hits:
    """What it does: checks that a scanout's number is below VIRTIO_GPU_MAX_SCANOUTS.

    Why it is bad: the device answers ERR_INVALID_SCANOUT_ID, and nothing is shown.
    Example: an uninitialised connector.
    """
    number = m.column("scanout_id") + m.column("scanout") + m.column("pos.scanout_id")
    return api.Hits(m.told(*COMMANDS) & m.requests & (number >= SCANOUTS), number)
