"""Which rendering contexts a device has, as its commands come by."""

import numpy as np

from vdmabuf_inspect import api


class Contexts:
    """A follower: leaves for every request whether its context exists (`context`), in `notes`; 0 always does."""

    def __init__(self) -> None:
        self._live: set[int] = set()

    def __call__(self, messages: api.Messages) -> None:
        number = messages.column("hdr.ctx_id")
        known = np.ones(len(messages), bool)
        changes = np.flatnonzero(messages.told("CTX_CREATE", "CTX_DESTROY") & messages.requests)
        created, begin = messages.told("CTX_CREATE"), 0
        for change in [*changes.tolist(), len(messages)]:
            known[begin:change] = np.isin(number[begin:change], [0, *self._live])
            if change < len(messages):
                (self._live.add if created[change] else self._live.discard)(int(number[change]))
            begin = change + 1
        messages.notes["context"] = known
