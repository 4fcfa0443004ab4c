"""The three-level page reference table: one root page of second-level pages of data pages (RFC v4, share_buf)."""

from collections.abc import Sequence

import numpy as np

from vdmabuf_inspect.errors import FaultError
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, PAGE_SIZE
from vdmabuf_inspect.reference.ram import Ram

PER_PAGE = PAGE_SIZE // 8


def seconds_needed(pages: int) -> int:
    """Second-level pages behind so many data pages."""
    return -(-pages // PER_PAGE)


def write_table(ram: Ram, root: int, seconds: Sequence[int], pages: Sequence[int]) -> None:
    """Write addresses of `pages` (bytes, not page frame numbers) through `seconds` into the root page."""
    ram.write(root, np.array(seconds, "<u8").tobytes())
    for at, second in enumerate(seconds):
        ram.write(second, np.array(pages[at * PER_PAGE : (at + 1) * PER_PAGE], "<u8").tobytes())


def read_table(ram: Ram, root: int, pages: int) -> list[int]:
    """The data pages' addresses. Raises FaultError for an address outside memory, ValueError for a senseless count."""
    if not 0 < pages <= MAX_PAGES:
        raise ValueError(f"{pages} pages")
    if root % PAGE_SIZE:
        raise FaultError(root, PAGE_SIZE)
    seconds = np.frombuffer(ram.read(root, 8 * seconds_needed(pages)), "<u8").tolist()
    found: list[int] = []
    for second in seconds:
        count = min(PER_PAGE, pages - len(found))
        found += np.frombuffer(ram.read(second, 8 * count), "<u8").tolist()
    return found


def gather(ram: Ram, pages: Sequence[int], first_offset: int, last_length: int) -> bytes:
    """The buffer's bytes: from `first_offset` in the first page to `last_length` in the last one. Raises FaultError."""
    if first_offset >= PAGE_SIZE or not 0 < last_length <= PAGE_SIZE:
        raise ValueError(f"first offset {first_offset}, last length {last_length}")
    whole = b"".join(ram.read(page, PAGE_SIZE) for page in pages)
    return whole[first_offset : len(whole) - PAGE_SIZE + last_length]


def scatter(ram: Ram, pages: Sequence[int], data: bytes) -> None:
    """Write `data` over the pages from the first one's start."""
    for at, page in enumerate(pages):
        ram.write(page, data[at * PAGE_SIZE : (at + 1) * PAGE_SIZE])
