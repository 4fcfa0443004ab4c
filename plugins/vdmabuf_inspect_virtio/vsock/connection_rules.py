"""What may be said of a connection in each state, and how much may be sent (virtio 1.2, 5.10.6.3 to 5.10.6.6)."""

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.vsock.protocol import VSOCK

E, W = api.Severity.ERROR, api.Severity.WARNING
EITHER = api.Culprit.EITHER
NEEDED, HELPS = api.History.NEEDED, api.History.HELPS
ESTABLISHED = ("RW", "CREDIT_UPDATE", "CREDIT_REQUEST", "SHUTDOWN")


def _was(m: api.Messages, *states: str) -> api.Array:
    """Mask: packets whose connection was in one of these states; not where the other side spoke in the same look."""
    known = VSOCK.lifecycle.states if VSOCK.lifecycle else ()
    sure = (m.object >= 0) & ~m.notes["crossed"]
    return np.asarray(np.isin(m.before, [known.index(state) for state in states]) & sure)


@api.rule(
    "VS811", "vsock-data-before-connect", E, EITHER, "5.10.6.4", "{command} for {buffer}, which is not connected",
    on=api.On.MESSAGES, protocol="vsock", history=NEEDED,
)  # fmt: skip
def data_before_connect(m: api.Messages) -> api.Array:
    """What it does: checks that a connection was asked for and granted before anything is sent on it.

    Why it is bad: the other side answers with a reset.
    Example: a driver that sends with its REQUEST, not waiting for RESPONSE.
    """
    return np.asarray(m.told(*ESTABLISHED) & _was(m, "none", "requested"))


@api.rule(
    "VS812", "vsock-response-without-request", E, EITHER, "5.10.6.4",
    "RESPONSE for {buffer}, which nobody asked for|RESPONSE for {buffer} from the side that asked",
    on=api.On.MESSAGES, protocol="vsock", history=NEEDED,
)  # fmt: skip
def response_without_request(m: api.Messages) -> api.Hits:
    """What it does: checks that a RESPONSE follows a REQUEST of the other side.

    Why it is bad: the other side has no socket for it and answers with a reset.
    Example: a device that answers twice.
    """
    own = _was(m, "requested") & (m.notes["opener"] == m.from_device)
    unasked = ~_was(m, "requested") & ~m.notes["crossed"]
    return api.Hits(m.told("RESPONSE") & (unasked | own), 0, own.astype(np.int64))


@api.rule(
    "VS813", "vsock-request-twice", W, EITHER, "5.10.6.4", "REQUEST for {buffer}, which exists",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def request_twice(m: api.Messages) -> api.Array:
    """What it does: checks that a pair of ports is not asked for while it is in use.

    Why it is bad: the other side answers with a reset, and the connection that there was is gone.
    Example: a driver that reuses a port before the connection is closed.
    """
    return np.asarray(m.told("REQUEST") & _was(m, "requested", "connected", "shutting"))


@api.rule(
    "VS814", "vsock-credit-exceeded", E, EITHER, "5.10.6.3",
    "{a} bytes for {buffer} are under way, there is room for {b}",
    on=api.On.MESSAGES, protocol="vsock", history=HELPS,
)  # fmt: skip
def credit_exceeded(m: api.Messages) -> api.Hits:
    """What it does: counts the data of each connection against the receiver's buf_alloc and fwd_cnt.

    Why it is bad: the receiver has no room, and drops the data or the connection.
    Example: a sender that counts its headers' fwd_cnt instead of the other side's.
    """
    flying, room = m.notes["flying"], m.notes["room"]
    return api.Hits(m.told("RW") & (flying > room), flying, room)


@api.rule(
    "VS815", "vsock-data-after-shutdown", E, EITHER, "5.10.6.5", "RW for {buffer} from a side that sends no more",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def data_after_shutdown(m: api.Messages) -> api.Array:
    """What it does: checks that a side that said in SHUTDOWN that it sends no more does not.

    Why it is bad: the receiver has closed that way, and drops the data.
    Example: a socket whose last bytes are sent after it was shut down.
    """
    return np.asarray(m.told("RW") & m.notes["ended"])


@api.rule(
    "VS816", "vsock-data-after-reset", W, EITHER, "5.10.6.5", "{command} for {buffer}, which is closed",
    on=api.On.MESSAGES, protocol="vsock",
)  # fmt: skip
def data_after_reset(m: api.Messages) -> api.Array:
    """What it does: tells packets of connections that were reset: legitimate only while the reset is on its way.

    Why it is bad: the other side answers each with another reset.
    Example: an application that goes on writing to a socket whose peer is gone.
    """
    return np.asarray(m.told(*ESTABLISHED) & _was(m, "closed", "refused", "reset"))
