"""Readings of the pages behind live buffers as columns, for the rules about pages."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.protocols.vdmabuf.pages import PageMap, Presence, Problem

ROOT, SECOND, DATA = range(3)


@dataclass(frozen=True)
class Look:
    """One reading of a live buffer's pages. Addresses are guest-physical, -1 for none."""

    row: int
    qid: int
    object: int
    found: PageMap
    before: PageMap | None
    """The reading before, of the same export."""
    sharer: int
    """Another live buffer with a page of this one, -1 for none."""
    shared_at: int
    overlap: int
    """What a data page holds: 0 a ring, 1 a message, 2 a page table."""
    overlap_at: int
    sure: bool = True
    """Its export was seen, or is in the ring still: it is no memory of a past that a release may have ended."""

    @property
    def outside(self) -> tuple[int, int]:
        """(level, address) of the first page outside the guest's memory."""
        found = self.found
        tables = [run for run in found.tables if run.presence is Presence.OUTSIDE]
        if found.problem in (Problem.ROOT, Problem.SECOND) and (tables or not found.tables):
            return found.problem - 1, found.problem_at
        data = next((run.gpa for run in found.runs if run.presence is Presence.OUTSIDE), -1)
        return DATA, data

    @property
    def repeated(self) -> tuple[int, int]:
        """(how many entries repeat an earlier one, address of the first such page)."""
        addresses = self.found.addresses()
        unique, first = np.unique(addresses, return_index=True)
        if len(unique) == len(addresses):
            return 0, -1
        again = np.setdiff1d(np.arange(len(addresses)), first)
        return len(again), int(addresses[again[0]])

    @property
    def table_changed(self) -> bool:
        """The table says otherwise than it did at the reading before."""
        return self.before is not None and self.before.table_hash != self.found.table_hash

    @property
    def data_changed(self) -> bool:
        """The data differs from that of the reading before, of the same pages."""
        before, now = self.before, self.found
        if before is None or self.table_changed or before.hashed != now.hashed:
            return False
        return before.data_hash != now.data_hash


@dataclass(eq=False, repr=False)
class Looks:
    """Columns of n readings; see Look."""

    row: Array
    qid: Array
    object: Array
    level: Array
    outside_at: Array
    repeats: Array
    repeated_at: Array
    sharer: Array
    shared_at: Array
    overlap: Array
    overlap_at: Array
    table_changed: Array
    data_changed: Array
    reference: Array
    sure: Array

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def of(cls, looks: Sequence[Look]) -> "Looks":
        """The columns of one batch."""

        def column(values: list[int]) -> Array:
            return np.array([v - (1 << 64) if v >> 63 == 1 else v for v in values], np.int64)

        return cls(
            column([look.row for look in looks]), column([look.qid for look in looks]),
            column([look.object for look in looks]),
            column([look.outside[0] for look in looks]), column([look.outside[1] for look in looks]),
            column([look.repeated[0] for look in looks]), column([look.repeated[1] for look in looks]),
            column([look.sharer for look in looks]), column([look.shared_at for look in looks]),
            column([look.overlap for look in looks]), column([look.overlap_at for look in looks]),
            np.array([look.table_changed for look in looks], bool),
            np.array([look.data_changed for look in looks], bool),
            column([look.found.reference for look in looks]),
            np.array([look.sure for look in looks], bool),
        )  # fmt: skip
