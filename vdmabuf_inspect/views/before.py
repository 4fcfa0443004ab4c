"""A returned chain's device-writable bytes as they were when it was offered, against those that came back."""

from typing import NamedTuple

import numpy as np

from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.session.session import Session


class Before(NamedTuple):
    """`old` and `new` are the writable part of one chain; `said`: how they differ, and what else has changed.

    Both are empty where there is nothing to compare; `said` tells why.
    """

    old: bytes
    new: bytes
    said: str

    @property
    def changed(self) -> int:
        """How many bytes differ."""
        length = min(len(self.old), len(self.new))
        return int((np.frombuffer(self.old, np.uint8, length) != np.frombuffer(self.new, np.uint8, length)).sum())


def before(session: Session, seq: int) -> Before:
    """The chain of the event `seq`, whether the event is that it was offered or that it came back."""
    chain = int(session.events.chain[seq - 1])
    offered = int(session.chains.available[chain]) if chain >= 0 else -1
    back = int(session.chains.used[chain]) if chain >= 0 else -1
    if offered < 0:
        return Before(b"", b"", "nobody saw what was offered" if back >= 0 else "the event is about no chain")
    if back < 0:
        return Before(b"", b"", f"the chain has not come back since #{offered + 1}")
    first, last = session.record(offered), session.record(back)
    if not first.writable:
        return Before(b"", b"", _readable(last.flags))
    old, new = first.writable_bytes, last.writable_bytes
    if not old or not new:
        return Before(b"", b"", "the writable bytes were not kept, or were all zero when the chain was offered")
    found = Before(old, new, "")
    return found._replace(said=f"{found.changed} of {len(new)} bytes written since #{offered + 1}{_tail(last.flags)}")


def _readable(flags: int) -> str:
    if flags & EventFlag.READABLE_CHANGED:
        return "no writable bytes; the readable ones were others when the chain came back"
    kept = "; the readable ones were the same when the chain came back" if flags & EventFlag.COMPARED else ""
    return f"no writable bytes{kept}"


def _tail(flags: int) -> str:
    return ", also behind the used length" if flags & EventFlag.TAIL_CHANGED else ""
