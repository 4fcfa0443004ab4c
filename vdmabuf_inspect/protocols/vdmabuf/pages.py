"""The pages behind a buffer: its reference table, walked in guest memory, and what is kept of such a walk."""

from dataclasses import dataclass, replace
from enum import IntEnum

import numpy as np

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.record import PAGES, RUN
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, PAGE_SIZE

PER_PAGE = PAGE_SIZE // 8
"""Addresses in one page of the table."""
MOST_RUNS = 16000
"""Runs that one record holds."""
MOST_HASHED = 16
"""Data pages that are read for the hash."""


class Presence(IntEnum):
    """Whether pages can be read."""

    THERE = 0
    ABSENT = 1
    OUTSIDE = 2


class Problem(IntEnum):
    """Why a table could not be read to its end."""

    NONE = 0
    ROOT = 1
    SECOND = 2
    COUNT = 3


@dataclass(frozen=True, slots=True)
class Run:
    """Pages that follow each other in memory."""

    gpa: int
    pages: int
    table: bool = False
    presence: Presence = Presence.THERE

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.gpa + self.pages * PAGE_SIZE


@dataclass(frozen=True)
class PageMap:
    """One walk of a buffer's table: its pages in their order as `runs`, its table's pages as `tables`.

    `problem_at` is the address at which the table could not be read on. Times are nanoseconds since the epoch.
    """

    reference: int
    pages: int
    listed: int = 0
    runs: tuple[Run, ...] = ()
    tables: tuple[Run, ...] = ()
    problem: Problem = Problem.NONE
    problem_at: int = 0
    table_hash: int = 0
    data_hash: int = 0
    hashed: int = 0
    name: int = 0
    key: int = 0
    export_ns: int = 0
    began_ns: int = 0
    took_ns: int = 0
    left_out: int = 0
    """Runs that the record did not hold."""

    @property
    def trouble(self) -> str:
        """Why not every address could be read, in words; empty when all were."""
        words = {
            Problem.COUNT: f"{self.pages} pages: one root page holds 1 to {MAX_PAGES}",
            Problem.ROOT: f"the root page at {self.problem_at:#x} is not in guest memory",
            Problem.SECOND: f"a second-level page at {self.problem_at:#x} is not in guest memory; "
            f"{self.listed} of {self.pages} addresses could be read",
        }
        return words.get(self.problem, "")

    def count(self, presence: Presence) -> int:
        """Data pages that are so."""
        return sum(run.pages for run in self.runs if run.presence is presence)

    def addresses(self) -> Array:
        """uint64[pages listed]: the address of each page, in the buffer's order."""
        parts = [run.gpa + np.arange(run.pages, dtype=np.uint64) * np.uint64(PAGE_SIZE) for run in self.runs]
        return np.concatenate(parts) if parts else np.empty(0, np.uint64)

    def same(self, other: "PageMap") -> bool:
        """Whether another walk of the same export found the same."""
        return replace(self, began_ns=other.began_ns, took_ns=other.took_ns) == other

    def pack(self) -> bytes:
        """The payload of a PAGES event: at most MOST_RUNS runs of it."""
        runs = [*self.runs, *self.tables]
        head = np.zeros(1, PAGES)
        for name in PAGES.names or ():
            head[name] = len(runs) if name == "runs" else getattr(self, name)
        body = np.zeros(min(len(runs), MOST_RUNS), RUN)
        for place, run in enumerate(runs[: len(body)]):
            body[place] = (run.gpa, run.pages, run.table, run.presence, 0)
        return head.tobytes() + body.tobytes()


def unpack_map(data: bytes) -> PageMap | None:
    """A PAGES payload read back, as much as is there; None when it is shorter than its head."""
    if len(data) < PAGES.itemsize:
        return None
    head = np.frombuffer(data[: PAGES.itemsize], PAGES)[0]
    body = data[PAGES.itemsize :]
    rows = np.frombuffer(body[: len(body) - len(body) % RUN.itemsize], RUN)[: min(int(head["runs"]), MOST_RUNS)]
    rows = rows[np.cumsum(rows["pages"], dtype=np.int64) <= 2 * MAX_PAGES]  # what nobody wrote is not believed
    runs = [
        Run(int(r["gpa"]), int(r["pages"]), bool(r["kind"]), Presence(min(int(r["presence"]), Presence.OUTSIDE)))
        for r in rows
    ]
    plain = {name: int(head[name]) for name in PAGES.names or () if name not in ("runs", "problem")}
    return PageMap(
        **plain, runs=tuple(r for r in runs if not r.table), tables=tuple(r for r in runs if r.table),
        problem=Problem(min(int(head["problem"]), Problem.COUNT)), left_out=max(0, int(head["runs"]) - len(runs)),
    )  # fmt: skip


def page_map(memory: Memory, reference: int, pages: int, whole: bool = True) -> PageMap:
    """Follow a three-level table: `reference` is the root page, which lists pages of page addresses.

    `whole`: what is not in `memory` is not in the guest either; a dump may have left pages out. Never raises: a table
    that leaves memory, or a count that no root page can hold, ends the list with a problem.
    """
    if not 0 < pages <= MAX_PAGES:
        return PageMap(reference, pages & 0xFFFFFFFF, problem=Problem.COUNT)
    try:
        seconds = _entries(memory, reference, -(-pages // PER_PAGE))
    except FaultError:
        return PageMap(reference, pages, problem=Problem.ROOT, problem_at=reference)
    from hashlib import blake2b  # loads OpenSSL, which a screen that opens does not wait for

    digest, parts, problem, problem_at = blake2b(seconds.tobytes(), digest_size=8), [], Problem.NONE, 0
    for at, second in enumerate(seconds.tolist()):
        try:
            parts.append(_entries(memory, second, min(PER_PAGE, pages - at * PER_PAGE)))
        except FaultError:
            problem, problem_at = Problem.SECOND, second
            break
        digest.update(parts[-1].tobytes())
    found = np.concatenate(parts) if parts else np.empty(0, np.uint64)
    tables = np.concatenate([np.array([reference], np.uint64), seconds])
    return PageMap(
        reference, pages, len(found), _runs(memory, found, False, whole), _runs(memory, tables, True, whole),
        problem, problem_at, _number(digest.digest()),
    )  # fmt: skip


def listed_map(addresses: Array, memory: Memory | None, whole: bool = True) -> PageMap:
    """The map of pages that something else than a table lists: uint64[n] `addresses`, in the buffer's order.

    `whole` as for `page_map`; without `memory` all pages are taken to be there.
    """
    nowhere = Memory([]) if memory is None else memory
    runs = _runs(nowhere, addresses, False, whole)
    if memory is None:
        runs = tuple(replace(run, presence=Presence.THERE) for run in runs)
    return PageMap(0, len(addresses), len(addresses), runs)


def with_data(found: PageMap, memory: Memory) -> PageMap:
    """The same with a hash over at most MOST_HASHED of its data pages, spread evenly over those that are there."""
    there = [run for run in found.runs if run.presence is Presence.THERE]
    addresses = replace(found, runs=tuple(there)).addresses()
    step = max(1, -(-len(addresses) // MOST_HASHED))
    from hashlib import blake2b

    digest, hashed = blake2b(digest_size=8), 0
    for run in _runs(memory, addresses[::step], False, True):
        data = memory.read_some(run.gpa, run.pages * PAGE_SIZE)
        digest.update(data)
        hashed += len(data) // PAGE_SIZE
    return replace(found, data_hash=_number(digest.digest()), hashed=hashed)


def _number(digest: bytes) -> int:
    return int.from_bytes(digest, "little")


def _entries(memory: Memory, page: int, count: int) -> Array:
    """uint64[count]: addresses in a page of the table. Raises FaultError."""
    return np.frombuffer(memory.read(page, 8 * count), "<u8").astype(np.uint64)


def _runs(memory: Memory, addresses: Array, table: bool, whole: bool) -> tuple[Run, ...]:
    if not len(addresses):
        return ()
    presence = _presence(memory, addresses, whole)
    follows = (addresses[1:] == addresses[:-1] + np.uint64(PAGE_SIZE)) & (presence[1:] == presence[:-1])
    first = np.flatnonzero(np.r_[True, ~follows])
    counts = np.diff(np.r_[first, len(addresses)])
    return tuple(
        Run(int(addresses[at]), int(count), table, Presence(int(presence[at])))
        for at, count in zip(first.tolist(), counts.tolist(), strict=True)
    )


def _presence(memory: Memory, addresses: Array, whole: bool) -> Array:
    """uint8[n]: whether each page lies in memory."""
    regions = np.array(memory.regions() or [(0, 0)], np.uint64)
    start, end = regions[:, 0], regions[:, 0] + regions[:, 1]
    at = np.searchsorted(start, addresses, side="right").astype(np.int64) - 1
    held = np.maximum(at, 0)
    inside = (at >= 0) & (addresses < end[held]) & (end[held] - np.minimum(addresses, end[held]) >= PAGE_SIZE)
    missing = np.where(whole | (addresses >= end[-1]), Presence.OUTSIDE, Presence.ABSENT)
    return np.where(inside, Presence.THERE, missing).astype(np.uint8)
