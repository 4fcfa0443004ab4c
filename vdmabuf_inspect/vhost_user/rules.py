"""Rules about vhost-user sessions (VH201 to VH210). U is the vhost-user protocol's specification."""

from collections.abc import Callable
from functools import partial

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.rules.registry import Hits, On, rule
from vdmabuf_inspect.vhost_user.dialogue import FEATURE_30
from vdmabuf_inspect.vhost_user.verdict import Verdicts

PROTOCOL = "vhost-user"
"""What `Rule.protocol` says of these."""
E, W = Severity.ERROR, Severity.WARNING
FE, BE = Culprit.FRONT_END, Culprit.BACK_END
_rule: Callable[..., Callable[[Callable[[Verdicts], Hits]], Callable[[Verdicts], Hits]]] = partial(
    rule, on=On.MESSAGES, protocol=PROTOCOL
)


def _where(mask: Array, a: Array | int = 0, b: Array | int = 0) -> Hits:
    return Hits(np.asarray(mask, bool), a, b)


@_rule(
    "VH201", "message-malformed", E, Culprit.EITHER, "U Message Specification",
    "{request} has {a} bytes of payload, which is no size of that message"
    "|{request} has version {a} in its header, not 1"
    "|{request} has a reply flag that does not fit the side which sent it",
)  # fmt: skip
def message_malformed(said: Verdicts) -> Hits:
    """What it does: checks each message's version, reply flag, and size against the layout of its request.

    Why it is bad: the other side reads past the end, or takes the rest of the message for the next one.
    Example: a region structure with its padding left out.
    """
    return _where(said.wrong >= 0, said.number, said.wrong)


@_rule(
    "VH202", "descriptor-count-wrong", E, Culprit.EITHER, "U Ancillary data",
    "{request} comes with {a} file descriptors where {b} belong",
)  # fmt: skip
def descriptor_count_wrong(said: Verdicts) -> Hits:
    """What it does: counts the file descriptors of each message.

    Why it is bad: a missing one leaves memory or a notification unconnected, a surplus one is never closed.
    Example: a memory table of three regions sent with two file descriptors.
    """
    return _where(said.fds_wanted >= 0, said.fds, said.fds_wanted)


@_rule(
    "VH203", "request-not-negotiated", E, FE, "U Protocol features",
    "{request} needs protocol feature {feature}, which was not acknowledged"
    "|{request} needs feature bit 30 (PROTOCOL_FEATURES), which was not offered",
)  # fmt: skip
def request_not_negotiated(said: Verdicts) -> Hits:
    """What it does: checks that the protocol feature behind a request was acknowledged before it is sent.

    Why it is bad: the back end may not know the request, and then it never answers or closes the connection.
    Example: GET_CONFIG sent to a back end that did not offer CONFIG.
    """
    return _where(said.feature >= 0, said.feature, (said.feature == FEATURE_30).astype(np.int64))


@_rule(
    "VH204", "ring-set-up-incomplete", E, FE, "U Starting and stopping rings",
    "ring {a} is started without its size, address or base|ring {a} is started without its size"
    "|ring {a} is started without its address|ring {a} is started without its size and address"
    "|ring {a} is started without its base|ring {a} is started without its size and base"
    "|ring {a} is started without its address and base|ring {a} is started without its size, address and base",
)  # fmt: skip
def ring_set_up_incomplete(said: Verdicts) -> Hits:
    """What it does: checks that a ring has its size, address and base when its kick is given or it is kicked.

    Enabling a ring ahead of its set-up is common and harmless: what starts a ring is the kick.
    Why it is bad: the back end starts at address 0, or at an index that the driver left long ago.
    Example: a front end that restores a ring after a reconnect and forgets SET_VRING_BASE.
    """
    return _where(said.lacking > 0, said.ring, said.lacking)


@_rule("VH205", "kick-before-enable", W, FE, "U Ring states", "ring {a} is kicked before it is enabled")
def kick_before_enable(said: Verdicts) -> Hits:
    """What it does: looks for the first kick of a ring that SET_VRING_ENABLE has not enabled.

    Why it is bad: the back end takes the kick and may not look again; the first requests then wait for ever.
    Example: a driver that is let loose between SET_VRING_KICK and SET_VRING_ENABLE.
    """
    return _where(said.early != 0, said.ring)


@_rule(
    "VH206", "features-not-offered", E, FE, "U SET_FEATURES, SET_PROTOCOL_FEATURES",
    "{request} acknowledges bits {a:#x}, which were not offered",
)  # fmt: skip
def features_not_offered(said: Verdicts) -> Hits:
    """What it does: compares the acknowledged feature words, virtio's and the protocol's, with those offered.

    Why it is bad: both sides then lay out rings and messages differently.
    Example: a front end that passes on its guest's features without masking them.
    """
    return _where(said.surplus != 0, said.surplus)


@_rule(
    "VH207", "address-unmapped", E, FE, "U SET_VRING_ADDR",
    "SET_VRING_ADDR puts a part of a ring at {a:#x}, which is in no memory region",
)  # fmt: skip
def address_unmapped(said: Verdicts) -> Hits:
    """What it does: looks up the addresses of a ring's parts in the memory table, unless an IOMMU translates them.

    Why it is bad: the back end cannot reach the ring and refuses it, or crashes.
    Example: guest-physical addresses sent where the front end's own belong.
    """
    return _where(said.astray != 0, said.address)


@_rule("VH208", "reply-missing", E, BE, "U Communication", "{request} was not answered within {a} ms")
def reply_missing(said: Verdicts) -> Hits:
    """What it does: waits for the answer of each request that demands one: until a later one is answered, until
    `--stuck-after`, or until the back end goes.

    Why it is bad: the front end waits in the middle of its guest's set-up.
    Example: a back end that ignores the acknowledgement flag of a request it does not know.
    """
    return _where(said.silent_ms >= 0, said.silent_ms)


@_rule(
    "VH209", "ring-touched-while-stopped", E, BE, "U Starting and stopping rings",
    "{a} chains came back on {queue} after it was stopped",
)  # fmt: skip
def ring_touched_while_stopped(said: Verdicts) -> Hits:
    """What it does: goes on looking for a moment at rings that GET_VRING_BASE stopped, for chains that come back.

    Why it is bad: the answer told the index to go on from; what comes after it is done twice, or overwrites memory
    that the guest uses for something else.
    Example: a worker thread that completes its request after the ring was handed over.
    """
    return _where(said.late > 0, said.late)


@_rule(
    "VH210", "memory-changed-in-flight", W, FE, "U Memory regions",
    "{request} takes away the memory of {a} chains that the back end has",
)  # fmt: skip
def memory_changed_in_flight(said: Verdicts) -> Hits:
    """What it does: looks up the buffers of outstanding chains in the memory table each time a region goes.

    Why it is bad: the back end works on memory that it had to unmap.
    Example: memory that is unplugged while a request into it is on its way.
    """
    return _where(said.cut_off > 0, said.cut_off)
