"""Fences: what the answer to a fenced request must repeat (virtio 1.2, 5.7.6.7)."""

import numpy as np

from vdmabuf_inspect import api

FENCE, RING_IDX = 1, 2
_MOST = 1 << 16


class Fences:
    """A follower: leaves for every answer whether its request was `fenced`, and with which `fence`, in `notes`."""

    def __init__(self) -> None:
        self._out: dict[int, int] = {}

    def __call__(self, messages: api.Messages) -> None:
        chain = messages.events.chain[messages.at]
        asks = messages.requests & ~messages.stale & (messages.column("hdr.flags") & FENCE != 0)
        self._out.update(zip(chain[asks].tolist(), messages.column("hdr.fence_id")[asks].tolist(), strict=True))
        fenced, fence = np.zeros(len(messages), bool), np.zeros(len(messages), np.int64)
        for answer in np.flatnonzero(messages.from_device).tolist() if self._out else ():
            number = self._out.pop(int(chain[answer]), None)
            if number is not None:
                fenced[answer], fence[answer] = True, number
        if len(self._out) > _MOST:
            self._out.clear()
        messages.notes.update(fenced=fenced, fence=fence)
