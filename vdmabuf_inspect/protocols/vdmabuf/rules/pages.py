"""Rules about the page list of an export, as far as the message itself shows it (VP601 to VP604, VP610)."""

import numpy as np

from vdmabuf_inspect.model.columns import Array
from vdmabuf_inspect.model.finding import Culprit, Severity
from vdmabuf_inspect.protocols.vdmabuf.layout import MAX_PAGES, PAGE_SIZE
from vdmabuf_inspect.protocols.vdmabuf.messages import Messages
from vdmabuf_inspect.protocols.vdmabuf.rules.identity import exports
from vdmabuf_inspect.protocols.vdmabuf.rules.messages import vdmabuf
from vdmabuf_inspect.rules.registry import Hits

E, N = Severity.ERROR, Severity.NOTE
DRV = Culprit.DRIVER


@vdmabuf("VP601", "page-count-invalid", E, DRV, "S Export", "{buffer} has {a} pages; 1 to 262144 can be listed")
def page_count_invalid(m: Messages) -> Hits:
    """What it does: checks the page count: at least one, at most what one root page can list.

    Why it is bad: known hosts use the count unchecked, a negative one too.
    Example: a buffer above 1 GiB, whose list overruns its root page.
    """
    pages = m.word("pages").astype(np.int32).astype(np.int64)
    return Hits(exports(m) & ((pages <= 0) | (pages > MAX_PAGES)), pages)


@vdmabuf("VP602", "first-offset-invalid", E, DRV, "S Export", "{buffer} begins at byte {a} of its first page")
def first_offset_invalid(m: Messages) -> Hits:
    """What it does: checks that the first offset is below the page size.

    Why it is bad: the host maps memory in front of or behind the buffer.
    Example: an offset into the buffer where the offset into its first page is meant.
    """
    offset = m.word("first_offset").astype(np.int64)
    return Hits(exports(m) & (offset >= PAGE_SIZE), offset)


@vdmabuf(
    "VP603", "last-length-invalid", E, DRV, "S Export",
    "{buffer} has {a} bytes in its last page|{buffer} ends at byte {a} of its only page, where it has not begun",
)  # fmt: skip
def last_length_invalid(m: Messages) -> Hits:
    """What it does: checks that the last page holds 1 to 4096 bytes of the buffer, and an only page one behind its
    first offset.

    Why it is bad: the size computed from it is wrong by up to 4 GiB.
    Example: a size that is a multiple of the page size, taken modulo it.
    """
    length, offset = m.word("last_length").astype(np.int64), m.word("first_offset").astype(np.int64)
    invalid = (length == 0) | (length > PAGE_SIZE)
    empty = ~invalid & (m.word("pages") == 1) & (length <= offset) & (offset < PAGE_SIZE)
    return Hits(exports(m) & (invalid | empty), length, empty.astype(np.int64))


def _halves(m: Messages) -> tuple[Array, Array]:
    return m.word("reference"), m.word_after("reference")


def _swapped(m: Messages) -> Array:
    """Mask: an address only with its two words exchanged."""
    low, high = _halves(m)
    swapped_aligned = (high >= PAGE_SIZE) & (high % PAGE_SIZE == 0)
    small = (low == 0) | ((low < 0x10000) & (low % PAGE_SIZE != 0))
    return np.asarray(swapped_aligned & small)


@vdmabuf("VP604", "reference-misaligned", E, DRV, "S Export", "the page list of {buffer} is at {a:#x}")
def reference_misaligned(m: Messages) -> Hits:
    """What it does: checks that the address of the page list is page-aligned and not 0.

    Why it is bad: the host reads addresses from the wrong place and maps arbitrary pages.
    Example: a page number in place of an address.
    """
    low, high = _halves(m)
    value = (low | high.astype(np.uint64) << np.uint64(32)).astype(np.int64)
    return Hits(exports(m) & ((low % PAGE_SIZE != 0) | ((low == 0) & (high == 0))) & ~_swapped(m), value)


@vdmabuf("VP610", "reference-words-swapped", N, DRV, "S Export", "the page list of {buffer} has its words exchanged")
def reference_words_swapped(m: Messages) -> Array:
    """What it does: looks for a page list whose address makes sense only with its two words exchanged.

    Why it is bad: the headers name the words in the wrong order; drivers copy a native 64-bit value.
    Example: a driver written from the header's comment.
    """
    return np.asarray(exports(m) & _swapped(m))
