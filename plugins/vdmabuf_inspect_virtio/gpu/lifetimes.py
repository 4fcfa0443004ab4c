"""Rules of the life of resources, their backing, and contexts (VG82x)."""

from functools import partial

import numpy as np

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.gpu.layouts import COMMANDS
from vdmabuf_inspect_virtio.gpu.protocol import GPU, LIVE, STEPS

E, W, N = api.Severity.ERROR, api.Severity.WARNING, api.Severity.NOTE
DRIVER = api.Culprit.DRIVER
CREATES = tuple(name for name, step in STEPS.items() if step == "create")
OTHERS = tuple(name for name in COMMANDS if name not in CREATES)
_NAMES_ONE = tuple(command.name for command in GPU.commands if command.object == "resource_id")
_IN_CONTEXT = ("CTX_ATTACH_RESOURCE", "CTX_DETACH_RESOURCE", "TRANSFER_TO_HOST_3D", "TRANSFER_FROM_HOST_3D")
_MAY_BE_ZERO = ("SET_SCANOUT", "SET_SCANOUT_BLOB", "UPDATE_CURSOR", "MOVE_CURSOR")
_STATES = GPU.lifecycle.states if GPU.lifecycle else ()

rule = partial(api.rule, on=api.On.MESSAGES, protocol="gpu", history=api.History.NEEDED)


def _was(m: api.Messages, *states: str) -> api.Array:
    """Mask of requests about an object that was in one of these states."""
    known: api.Array = m.requests & (m.object >= 0) & np.isin(m.before, [_STATES.index(each) for each in states])
    return known


def _without_backing(m: api.Messages, *names: str) -> api.Array:
    known: api.Array = m.told(*names) & m.requests & (m.notes["number"] > 0) & (m.notes["backing"] == 0)
    bare: api.Array = known & (m.notes["blob"] == 0)
    return bare


@rule("VG821", "gpu-object-unknown", E, DRIVER, "5.7.6.8", "{command} of {buffer}, which was never created")
def object_unknown(m: api.Messages) -> api.Array:
    """What it does: checks that resources and contexts are created before they are used.

    Why it is bad: the device answers ERR_INVALID_RESOURCE_ID or ERR_INVALID_CONTEXT_ID.
    Example: a driver that attaches backing before the resource is made.
    """
    unknown: api.Array = m.told(*OTHERS) & _was(m, "none")
    return unknown


@rule("VG822", "gpu-object-used-after-end", E, DRIVER, "5.7.6.8", "{command} of {buffer}, which is gone")
def object_used_after_end(m: api.Messages) -> api.Array:
    """What it does: checks that nothing is done to a resource after RESOURCE_UNREF, to a context after CTX_DESTROY, or
    to either when its creation failed.

    Why it is bad: the number may stand for another resource by then, which is shown or overwritten instead.
    Example: a flush of a frame buffer that was closed meanwhile.
    """
    gone: api.Array = m.told(*OTHERS) & _was(m, "unreferenced", "destroyed", "refused")
    return gone


@rule("VG823", "gpu-id-reused-while-live", E, DRIVER, "5.7.6.8", "{command} of {buffer}, which is live already")
def id_reused_while_live(m: api.Messages) -> api.Array:
    """What it does: checks that a new resource or context has a number that no live one has.

    Why it is bad: the device refuses it, and what follows is done to the old one.
    Example: a driver whose counter of numbers wraps.
    """
    live: api.Array = m.told(*CREATES) & _was(m, *LIVE)
    return live


@rule("VG824", "gpu-resource-id-zero", E, DRIVER, "5.7.6.8", "{command} of resource 0, which stands for none")
def resource_id_zero(m: api.Messages) -> api.Array:
    """What it does: checks that resource 0 is only named to switch a scanout or a cursor off.

    Why it is bad: the device answers ERR_INVALID_RESOURCE_ID.
    Example: a driver that sends the number before it has been given.
    """
    named = [name for name in _NAMES_ONE if name not in _MAY_BE_ZERO]
    zero: api.Array = m.told(*named) & m.requests & m.has("resource_id") & (m.column("resource_id") == 0)
    return zero


@rule(
    "VG825", "gpu-backing-attached-twice", E, DRIVER, "5.7.6.8", "{buffer} is given backing, it has {a} bytes already"
)
def backing_attached_twice(m: api.Messages) -> api.Hits:
    """What it does: checks that a resource with backing is not given another before RESOURCE_DETACH_BACKING.

    Why it is bad: devices refuse it, or leak the old mapping of guest memory.
    Example: a driver that moves a buffer and forgets to detach it.
    """
    backing = m.notes["backing"]
    return api.Hits(m.told("RESOURCE_ATTACH_BACKING") & m.requests & (backing > 0), backing)


@rule("VG826", "gpu-backing-shared", W, DRIVER, "5.7.6.8", "{buffer} is backed by bytes that back resource {a}, too")
def backing_shared(m: api.Messages) -> api.Hits:
    """What it does: checks that the backing of two live resources has no byte in common.

    Why it is bad: what is drawn into one shows in the other, unless both were meant to be the same buffer.
    Example: pages given back to the kernel before RESOURCE_DETACH_BACKING was.
    """
    return api.Hits(m.notes["overlaps"] > 0, m.notes["overlaps"])


@rule("VG827", "gpu-detach-without-backing", W, DRIVER, "5.7.6.8", "{buffer} has no backing to detach")
def detach_without_backing(m: api.Messages) -> api.Array:
    """What it does: checks that RESOURCE_DETACH_BACKING is about a resource that has backing.

    Why it is bad: the device refuses it; the driver's idea of the resource is another.
    Example: a driver that detaches again when it frees the resource.
    """
    return _without_backing(m, "RESOURCE_DETACH_BACKING")


@rule("VG828", "gpu-transfer-without-backing", E, DRIVER, "5.7.6.8", "{command} of {buffer}, which has no backing")
def transfer_without_backing(m: api.Messages) -> api.Array:
    """What it does: checks that a resource has backing before its contents are transferred.

    Why it is bad: there is nothing to transfer; the device refuses it.
    Example: a driver that draws before the pages were attached.
    """
    return _without_backing(m, "TRANSFER_TO_HOST_2D", "TRANSFER_TO_HOST_3D", "TRANSFER_FROM_HOST_3D")


@rule("VG829", "gpu-unref-on-scanout", N, DRIVER, "5.7.6.8", "{buffer} is given up while {a} scanouts show it")
def unref_on_scanout(m: api.Messages) -> api.Hits:
    """What it does: tells resources that go away while they are shown.

    Why it is bad: the screen turns black until another resource is set.
    Example: a compositor that frees the old frame before it has set the new one.
    """
    return api.Hits(m.told("RESOURCE_UNREF") & m.requests & (m.notes["shown"] > 0), m.notes["shown"])


@rule("VG830", "gpu-context-unknown", E, DRIVER, "5.7.6.9", "{command} of {buffer} in context {a}, which there is not")
def context_unknown(m: api.Messages) -> api.Hits:
    """What it does: checks that a context exists to which a resource is attached, from which it is detached, or in
    which it is transferred.

    Why it is bad: the device answers ERR_INVALID_CONTEXT_ID.
    Example: a process that ended, and a resource of it that is given up later.
    """
    return api.Hits(m.told(*_IN_CONTEXT) & m.requests & ~m.notes["context"], m.column("hdr.ctx_id"))
