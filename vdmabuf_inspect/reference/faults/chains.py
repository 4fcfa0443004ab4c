"""Chains that a driver gets wrong (VR130 to VR144)."""

import time
from functools import partial

from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.reference.driver_ring import inner_table
from vdmabuf_inspect.reference.faults.pages import WATCHED
from vdmabuf_inspect.reference.faults.table import Side, fault
from vdmabuf_inspect.reference.place import INDIRECT, NEXT, WRITE, Desc
from vdmabuf_inspect.reference.steps import ChainStep, FeaturesStep, PublishedStep


def is_request(step: ChainStep) -> bool:
    """A chain that carries a message of the driver, and not a receive buffer."""
    return step.request


def is_split(step: ChainStep) -> bool:
    """A chain that carries a message of the driver, on a split ring."""
    return step.request and not step.place.packed


def _may_indirect(step: ChainStep) -> bool:
    return step.request and step.negotiated


chain = partial(fault, side=Side.DRIVER, step=ChainStep, when=is_request)
indirect = partial(fault, side=Side.DRIVER, step=ChainStep, when=_may_indirect)


def _may_share(step: ChainStep) -> bool:
    return not step.place.packed and bool(step.outstanding) and step.parts[0].writable


def _is_split_room(step: PublishedStep) -> bool:
    return step.writable and not step.place.packed


def _last(step: ChainStep) -> int:
    return list(step.table)[-1]


def _direct(step: ChainStep) -> None:
    """Make it one direct descriptor whatever the framing was, and let it stand for a while before the device has it."""
    step.linger = WATCHED
    first = step.parts[0]
    total = sum(part.len for part in step.parts)
    step.table = {step.head: Desc(first.addr, total, WRITE if first.writable else 0)}


def _indirect(step: ChainStep, inner: list[Desc], size: int | None = None, flags: int = 0) -> None:
    """Make it an indirect chain over a table written here."""
    at = step.scratch(16 * len(inner))
    step.ram.write(at, inner_table(inner, step.place.packed))
    step.table = {step.head: Desc(at, 16 * len(inner) if size is None else size, INDIRECT | flags)}


def _inner(step: ChainStep) -> Desc:
    _direct(step)
    return step.table[step.head]


@chain("descriptor-loop", rules="VR130", when=is_split)
def _loop(step: ChainStep) -> None:
    """Sends a chain that comes back on itself."""
    _direct(step)
    old = step.table[step.head]
    step.table[step.head] = Desc(old.addr, old.len, old.flags | NEXT, step.head)
    step.spoilt = True


@chain("descriptor-next-out-of-range", rules="VR131", when=is_split)
def _next(step: ChainStep) -> None:
    """Sends a chain that goes on behind the descriptor table."""
    _direct(step)
    old = step.table[step.head]
    step.table[step.head] = Desc(old.addr, old.len, old.flags | NEXT, step.place.size + 7)
    step.spoilt = True


@indirect("chain-too-long", rules="VR132")
def _long(step: ChainStep) -> None:
    """Sends an indirect chain of more descriptors than the queue holds."""
    old, count = _inner(step), step.place.size + 1
    flags = old.flags & WRITE
    tail = [Desc(old.addr, 4, flags | NEXT, i + 1) for i in range(1, count - 1)]
    _indirect(step, [Desc(old.addr, old.len, flags | NEXT, 1), *tail, Desc(old.addr, 4, flags)])
    step.spoilt = True


@indirect("chain-too-large", rules="VR133")
def _large(step: ChainStep) -> None:
    """Sends an indirect chain of more than four GiB."""
    old = _inner(step)
    _indirect(step, [Desc(old.addr, 0xFFFFF000, old.flags | NEXT, 1), Desc(old.addr, 0xFFFFF000, old.flags)])
    step.spoilt = True


@indirect("writable-first", rules="VR134")
def _writable(step: ChainStep) -> None:
    """Puts a device-writable part ahead of the readable message."""
    old = _inner(step)
    readable = Desc(old.addr, old.len, old.flags & ~WRITE)
    _indirect(step, [Desc(step.scratch(16), 16, WRITE | NEXT, 1), readable])
    step.spoilt = True


@chain("descriptor-outside", rules="VR135")
def _outside(step: ChainStep) -> None:
    """Points a descriptor where no memory is."""
    _direct(step)
    old = step.table[step.head]
    step.table[step.head] = Desc(step.outside, old.len, old.flags)
    step.spoilt = True


@indirect("descriptor-empty", rules="VR136")
def _empty(step: ChainStep) -> None:
    """Ends a chain with a descriptor of no bytes."""
    old = _inner(step)
    _indirect(step, [Desc(old.addr, old.len, old.flags | NEXT, 1), Desc(old.addr, 0, old.flags)])


@chain("descriptor-flags", rules="VR137")
def _flags(step: ChainStep) -> None:
    """Sets descriptor flags that nobody defined."""
    last = _last(step)
    old = step.table[last]
    step.table[last] = Desc(old.addr, old.len, old.flags | 0x100, old.next)


@chain("descriptor-shared", rules="VR138", when=_may_share)
def _shared(step: ChainStep) -> None:
    """Links a chain to a descriptor of another outstanding chain."""
    _direct(step)
    old = step.table[step.head]
    step.table[step.head] = Desc(old.addr, old.len, old.flags | NEXT, step.outstanding[-1])


@fault(
    "descriptor-changed", Side.DRIVER, PublishedStep, "VR139", when=lambda s: s.writable and not s.place.packed, first=2
)
def _changed(step: PublishedStep) -> None:
    """Changes a descriptor's length while the device has the chain."""
    lengthen(step)


def lengthen(step: PublishedStep) -> None:
    """Make the first descriptor of what was made available four bytes longer."""
    time.sleep(WATCHED)
    at = step.place.descriptor(step.head) + 8
    step.ram.write(at, (int.from_bytes(step.ram.read(at, 4), "little") + 4).to_bytes(4, "little"))
    time.sleep(WATCHED)


@fault("indirect-not-negotiated", Side.DRIVER, FeaturesStep, "VR140", first=1)
def _unagreed(step: FeaturesStep) -> None:
    """Uses indirect descriptors without having acknowledged the feature."""
    step.acknowledged &= ~Feature.INDIRECT_DESC
    step.framing = "indirect"


@indirect("indirect-nested", rules="VR141")
def _nested(step: ChainStep) -> None:
    """Puts an indirect descriptor into an indirect table."""
    _indirect(step, [_inner(step)])
    _indirect(step, [step.table[step.head]])
    step.spoilt = True


@chain("indirect-with-next", rules="VR142", when=lambda s: _may_indirect(s) and s.spare is not None)
def _with_next(step: ChainStep) -> None:
    """Gives an indirect descriptor a next one."""
    assert step.spare is not None
    old = _inner(step)
    _indirect(step, [old], flags=NEXT)
    first = step.table[step.head]
    step.table[step.head] = Desc(first.addr, first.len, first.flags, step.spare)
    step.table[step.spare] = Desc(old.addr, 4, old.flags)
    step.spoilt = True


@indirect("indirect-length", rules="VR143")
def _length(step: ChainStep) -> None:
    """Gives an indirect table a length that is no multiple of sixteen."""
    _indirect(step, [_inner(step)], size=24)
    step.spoilt = True


@indirect("indirect-outside", rules="VR144")
def _table_outside(step: ChainStep) -> None:
    """Puts an indirect table where no memory is."""
    step.table = {step.head: Desc(step.outside, 16, INDIRECT)}
    step.spoilt = True
