"""What is to be said of the messages of a batch, as columns; the rules read these."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from vdmabuf_inspect.model.columns import Array


@dataclass(slots=True)
class Verdict:
    """Of one event `row` on queue number `qid`. What is not said is as it should be.

    wrong: heard.WRONG_..., with the number that is. fds_wanted: where `fds` were other. feature: the protocol feature
    (its bit) that was not acknowledged. lacking: LACKS_... of ring `ring`. early: a kick of ring `ring`. surplus: bits
    that were not offered. astray: an address in no region. silent_ms: a request unanswered. late: chains that came
    back on a stopped ring. cut_off: chains that lost their memory.
    """

    row: int
    qid: int
    back_end: bool = False
    wrong: int = -1
    number: int = 0
    fds: int = 0
    fds_wanted: int = -1
    feature: int = -1
    ring: int = -1
    lacking: int = 0
    early: bool = False
    surplus: int = 0
    surplus_protocol: bool = False
    astray: bool = False
    address: int = 0
    silent_ms: int = -1
    late: int = 0
    cut_off: int = 0


@dataclass(eq=False, repr=False)
class Verdicts:
    """Columns of n verdicts, one a field of Verdict; 64-bit words as the int64 of the same bits."""

    row: Array
    qid: Array
    back_end: Array
    wrong: Array
    number: Array
    fds: Array
    fds_wanted: Array
    feature: Array
    ring: Array
    lacking: Array
    early: Array
    surplus: Array
    surplus_protocol: Array
    astray: Array
    address: Array
    silent_ms: Array
    late: Array
    cut_off: Array

    @classmethod
    def of(cls, said: Sequence[Verdict]) -> "Verdicts":
        """The columns of these."""
        words = ([int(getattr(v, f.name)) & (1 << 64) - 1 for v in said] for f in fields(Verdict))
        return cls(*(np.array(column, np.uint64).view(np.int64) for column in words))
