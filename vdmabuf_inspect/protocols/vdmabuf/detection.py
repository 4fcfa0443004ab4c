"""Which dialect a device speaks, judged by its first messages, with reasons.

Size comes first, then who sends a command, then whether its body is plausible: the numbers alone cannot decide
(0x11 is a release in the RFC, an export at MediaTek).
"""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.vdmabuf.dialects import DEFAULT, DIALECTS, Dialect
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, Op
from vdmabuf_inspect.protocols.vdmabuf.messages import Messages, messages_of
from vdmabuf_inspect.track.events import Events

SAMPLE = 64
"""Messages that are looked at."""
_SIZE, _COMMAND, _BODY, _DEVICE_ID, _DOUBT = 4, 3, 2, 1, 1


@dataclass(frozen=True)
class Verdict:
    """The dialect chosen, why, and what else it could be.

    `score` is the mean of the points per message, out of 9; 0 means that no message looks like vdmabuf.
    """

    dialect: Dialect
    score: float
    reasons: tuple[str, ...]
    rivals: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """The messages are as long as the dialect's."""
        return self.score >= _SIZE

    @property
    def ambiguous(self) -> bool:
        """Another dialect fits as well and would read these messages differently, or none fits."""
        return bool(self.rivals) or not self.fits


@dataclass(frozen=True)
class _Trial:
    dialect: Dialect
    score: float
    ops: tuple[int, ...]
    reasons: tuple[str, ...]


def detect(events: Events, device_id: int, complete: bool) -> Verdict | None:
    """Judge one device's events; None when they hold no message at all.

    device_id: 0 where unknown. complete: the device was watched from its set-up.
    """
    trials = [t for t in (_try(d, events, device_id, complete) for d in DIALECTS.values()) if t is not None]
    if not trials:
        return None
    best = max(trials, key=lambda t: t.score)
    rivals = tuple(t.dialect.name for t in trials if t.score >= best.score - 1e-9 and t.ops != best.ops)
    if best.score < _SIZE:
        reason = "no message has the size of any dialect; read as the specification's"
        return Verdict(DEFAULT, 0.0 if best.score <= _DEVICE_ID else best.score, (reason,))
    return Verdict(best.dialect, best.score, best.reasons, rivals)


def _try(dialect: Dialect, events: Events, device_id: int, complete: bool) -> _Trial | None:
    messages = _sample(messages_of(events, dialect))
    if not len(messages):
        return None
    sized = messages.size == dialect.size
    known = sized & (messages.op != Op.UNKNOWN) & ~messages.wrong_sender
    body = known & plausible(messages)
    doubtful = body & _unexplained(messages)
    points = float(np.mean(_SIZE * sized + _COMMAND * known + _BODY * body - _DOUBT * doubtful))
    points += _DEVICE_ID * 0.5 * (device_id in dialect.device_ids)
    if complete and not dialect.asks_vmid and body[0] and messages.op[0] == Op.EXPORT:
        points += _DEVICE_ID * 0.25
    reasons = (
        f"{int(sized.sum())} of {len(messages)} messages have {dialect.size} bytes",
        f"{int(known.sum())} carry a command that its sender may send",
        f"{int(body.sum())} have a plausible body",
    )
    return _Trial(dialect, points, tuple(messages.op.tolist()), reasons)


def _unexplained(messages: Messages) -> Array:
    """Mask: releases and withdrawals of an ID that no message before them exported."""
    named = (messages.op == Op.DMABUF_REL) | (messages.op == Op.UNEXPORT)
    exported: set[int] = set()
    result = np.zeros(len(messages), bool)
    for i in np.flatnonzero(named | (messages.op == Op.EXPORT)):
        if messages.op[i] == Op.EXPORT:
            exported.add(int(messages.name[i]))
        else:
            result[i] = int(messages.name[i]) not in exported
    return result


def _sample(messages: Messages) -> Messages:
    """The first messages, without those of which a snapshot has no bytes left."""
    part = np.flatnonzero(~messages.stale | (messages.kept > 0))[:SAMPLE]
    return Messages(
        messages.dialect, messages.events, messages.at[part], messages.base[part], messages.size[part],
        messages.kept[part], messages.from_device[part],
    )  # fmt: skip


def plausible(messages: Messages) -> Array:
    """Mask: bodies that look like what their command says."""
    op = messages.op
    pages = messages.word("pages").astype(np.int64)
    reference = messages.word("reference") | messages.word_after("reference").astype(np.uint64) << np.uint64(32)
    export = (messages.name != 0) & (pages > 0) & (pages <= MAX_PAGES) & (reference % 4096 == 0)
    asks = (op == Op.NEED_VMID) & ~messages.set_from(op == Op.NEED_VMID, 1)
    asks &= messages.from_device | (messages.word("id.low") == 0)
    names = ((op == Op.DMABUF_REL) | (op == Op.UNEXPORT)) & (messages.name != 0)
    return np.asarray(asks | ((op == Op.EXPORT) & export) | names)
