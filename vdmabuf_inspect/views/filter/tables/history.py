"""What other logs say of a message: its buffer's state and exports so far, its chain's way through the ring."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.filter.kinds.base import Values
from vdmabuf_inspect.views.filter.rows import event_column


def state_after(session: Session, event: Array, buffer: Array) -> Values:
    """uint8[n]: states of buffers (-1 for none) after the messages at ascending event rows: their own transitions."""
    log = session.transitions
    if not len(event):
        return Values(np.zeros(0, np.uint8))
    first, end = int(event[0]), int(event[-1]) + 1
    low, high = np.searchsorted(log.row, [first, end])
    table = np.zeros(end - first, np.uint8)
    table[log.row[low:high] - first] = log.state[low:high]
    return Values(table[event - first], buffer >= 0)


def exports_so_far(session: Session, numbers: Array) -> Values:
    """int64[n]: how often the buffers of ascending messages `numbers` were exported, up to and with each."""
    if not len(numbers):
        return Values(np.zeros(0, np.int64))
    first, end = int(numbers[0]), int(numbers[-1]) + 1
    buffer = session.messages.object[:end]
    exported = (session.messages.op[:end] == Op.EXPORT) & (buffer >= 0)
    before = np.bincount(buffer[:first][exported[:first]], minlength=len(session.objects) + 1)
    count = before[buffer[first:]] + _running(buffer[first:], exported[first:])
    return Values(count[numbers - first], buffer[numbers] >= 0)


def _running(group: Array, marked: Array) -> Array:
    """int64[n]: how many of the same group were marked, up to and with each."""
    order = np.argsort(group, kind="stable")
    group, marked = group[order], marked[order]
    total = np.cumsum(marked)
    opens = np.r_[True, group[1:] != group[:-1]]
    before = np.maximum.accumulate(np.where(opens, total - marked, 0))
    count = np.empty(len(group), np.int64)
    count[order] = total - before
    return count


def latency(session: Session, chain: Array, seq: int) -> Values:
    """int64[n]: nanoseconds from available to used of chains (-1 for none) that came back before event `seq`."""
    log = session.chains
    if not len(log):
        return Values(np.zeros(len(chain), np.int64), np.zeros(len(chain), bool))
    made, back = log.available.take(chain, mode="clip"), log.used.take(chain, mode="clip")
    there = (chain >= 0) & (made >= 0) & (back >= 0) & (back < seq)
    return Values(event_column(session, "time_ns", back) - event_column(session, "time_ns", made), there)
