"""The pages behind a buffer: its reference table, read from guest memory where there is any."""

from dataclasses import dataclass

import numpy as np

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, PAGE_SIZE

PER_PAGE = PAGE_SIZE // 8
"""Addresses in one page of the table."""


@dataclass(frozen=True)
class PageList:
    """Guest-physical page addresses in the buffer's order, as many as could be read; `problem` says why not more."""

    addresses: tuple[int, ...] = ()
    problem: str = ""

    def runs(self) -> list[tuple[int, int]]:
        """(address, pages) of each stretch of pages that follow each other in memory."""
        result: list[tuple[int, int]] = []
        for address in self.addresses:
            if result and address == result[-1][0] + result[-1][1] * PAGE_SIZE:
                result[-1] = (result[-1][0], result[-1][1] + 1)
            else:
                result.append((address, 1))
        return result


def page_list(memory: Memory, reference: int, pages: int) -> PageList:
    """Follow a three-level table: `reference` is the root page, which lists pages of page addresses.

    Never raises: a table that leaves memory, or a count that no root page can hold, ends the list with a reason.
    """
    if not 0 < pages <= MAX_PAGES:
        return PageList((), f"{pages} pages: one root page holds 1 to {MAX_PAGES}")
    if reference % PAGE_SIZE:
        return PageList((), f"the reference {reference:#x} is not the address of a page")
    found: list[int] = []
    try:
        for second in _addresses(memory, reference, -(-pages // PER_PAGE)):
            found += _addresses(memory, second, min(PER_PAGE, pages - len(found)))
    except FaultError as fault:
        return PageList(tuple(found), f"{fault}; {len(found)} of {pages} addresses could be read")
    return PageList(tuple(found))


def _addresses(memory: Memory, page: int, count: int) -> list[int]:
    values: list[int] = np.frombuffer(memory.read(page, 8 * count), "<u8").tolist()
    return values
