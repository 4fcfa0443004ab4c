"""Many chains at a time: the rows of `ChainsView.make`, gathered from the records' headers."""

from collections.abc import Callable, Iterator

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.event import EventFlag
from vdmabuf_inspect.session.session import Session
from vdmabuf_inspect.views.base import Row
from vdmabuf_inspect.views.chains import OUTSTANDING, PRESUMED, USED, problem_names

_FLAGS, _HEAD, _USED_LEN, _PROBLEMS, _READABLE, _WRITABLE, _LENGTH = 1, 2, 4, 5, 6, 7, 11
_READABLE_KEPT, _WRITABLE_KEPT = 8, 9
"""Words of a record's header; of FLAGS, HEAD and LENGTH the low half."""
_LOW = np.uint32(0xFFFF)


def chain_rows(session: Session, index: Array, seq: int) -> Iterator[Row]:
    """A row for each of these rows (int64[n]) of the chain log, as of `seq`."""
    store, chains, events = session.store, session.chains, session.events
    if store is None or not len(index):
        return
    available, used = chains.available[index], chains.used[index]
    first = np.where(available >= 0, available, used)
    used = np.where(used < seq, used, -1)
    back = np.maximum(used, 0)

    def words(rows: Array, word: int) -> Array:
        return store.words.take((events.offset[rows] >> 2) + word, mode="clip")

    last = np.where(used >= 0, back, first)
    kept = words(first, _READABLE_KEPT) + words(last, _WRITABLE_KEPT)
    cut = (words(first, _FLAGS) | words(last, _FLAGS)) & EventFlag.SHORTENED.value
    problems = words(first, _PROBLEMS) | np.where(used >= 0, words(back, _PROBLEMS), 0).astype(np.uint32)
    columns = (
        first, events.qid[first], words(first, _HEAD) & _LOW, words(first, _FLAGS) & _LOW, available >= 0, used >= 0,
        words(first, _LENGTH) & _LOW, words(first, _READABLE), words(first, _WRITABLE), words(back, _USED_LEN),
        events.time_ns[back] - events.time_ns[first], problems, kept, cut,
    )  # fmt: skip
    yield from map(_maker(session), *(column.tolist() for column in columns))


def _maker(session: Session) -> Callable[..., Row]:
    queues = [queue.name for queue in session.queues.queues]

    def make(
        first: int, qid: int, head: int, flags: int, made: bool, back: bool, length: int, readable: int,
        writable: int, used_len: int, latency: int, problems: int, kept: int, cut: int,
    ) -> Row:  # fmt: skip
        return {
            "seq": first + 1,
            "queue": queues[qid],
            "head": head,
            "kind": "indirect" if flags & EventFlag.INDIRECT.value else "direct",
            "state": _state(flags, made, back),
            "descriptors": length,
            "readable": readable,
            "writable": writable,
            "used_len": used_len if back else None,
            "kept": kept if cut else None,
            "latency_ns": latency if back and made else None,
            "problem": problem_names(problems) if problems else None,
        }

    return make


def _state(flags: int, made: bool, back: bool) -> str:
    if not made:
        return PRESUMED
    if back:
        return USED
    return PRESUMED if flags & EventFlag.STALE.value else OUTSTANDING
