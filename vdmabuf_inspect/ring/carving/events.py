"""Which event suppression structures belong to which packed ring.

Linux gives each a page of its own, allocated after the ring's: driver's, then device's. The pages that hold one word
are few, and the word tells a descriptor of its ring.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.model.features import Feature
from vdmabuf_inspect.ring.carving.candidate import Candidate, Reason
from vdmabuf_inspect.ring.carving.packed import Slotted
from vdmabuf_inspect.ring.packed.slots import place_of

_NEAR = 1 << 22
"""How far from its ring, in bytes, a structure is looked for."""
_MOST = 12
"""The nearest pages that are considered."""
_FAR, _WRONG, _EXACT = 64, 32, 16
"""What a page that is no neighbour costs, one whose word tells another descriptor, and what the right word is worth.

A neighbour costs 1.
"""
_BY_DESCRIPTOR = 2
_PAGE = 4096


@dataclass(frozen=True)
class _Match:
    cost: float
    ring: Slotted
    pages: tuple[int, ...]


def complete(memory: Memory, rings: Iterable[Slotted], lone: NDArray[Any]) -> Iterator[Candidate]:
    """The rings with their structures. `lone`: ascending addresses of pages that hold one word.

    What is not found is taken to lie in zeros behind what was found, which ask for every notification.
    """
    matches = sorted((m for ring in rings for m in _matches(memory, ring, lone)), key=lambda m: m.cost)
    taken: set[int] = set()
    done: set[int] = set()
    for match in matches:
        if match.ring.desc not in done and not taken.intersection(match.pages):
            done.add(match.ring.desc)
            taken.update(match.pages)
            yield _candidate(memory, match)


def _matches(memory: Memory, ring: Slotted, lone: NDArray[Any]) -> Iterator[_Match]:
    """Every choice of pages, and the one of none at all, which costs most."""
    yield _Match(4 * (_FAR + _WRONG), ring, ())
    near = lone[np.searchsorted(lone, ring.desc - _NEAR) : np.searchsorted(lone, ring.desc + _NEAR)]
    near = near[np.argsort(np.abs(near - ring.desc), kind="stable")][:_MOST]
    words = {int(page): int.from_bytes(memory.read_some(int(page), 4), "little") for page in near}
    fit = [page for page, word in words.items() if (word & 0x7FFF) <= ring.size and word >> 16 <= _BY_DESCRIPTOR]
    for page in fit:
        yield _Match(2 * _FAR + _WRONG + _way(page, ring.desc), ring, (page,))
    for driver, device in permutations(fit, 2):
        way = 0.75 * _way(driver, ring.desc) + _way(device, driver)
        way += _strange(words[device], ring, 0) + _strange(words[driver], ring, ring.size)
        yield _Match(way, ring, (driver, device))


def _way(page: int, other: int) -> float:
    """Pages between two; any that are no neighbours are far."""
    pages = abs(page - other) / _PAGE
    return pages if pages <= 1 else _FAR + min(pages / _FAR, 1)


def _strange(word: int, ring: Slotted, behind: int) -> int:
    """The cost of a structure that asks for another descriptor than the driver's next or one of `behind` before it.

    A device asks for the driver's next one, a driver for one that it has made available in the last lap. Negative
    where it is exactly the next one.
    """
    if word >> 16 != _BY_DESCRIPTOR:
        return 0
    late = (ring.place - place_of(word & 0xFFFF, ring.size)) % (2 * ring.size)
    return -_EXACT if late == 0 else _WRONG if late > behind else 0


def _candidate(memory: Memory, match: _Match) -> Candidate:
    ring, pages = match.ring, match.pages
    driver = pages[0] if pages else ring.desc + 16 * ring.size
    device = pages[1] if len(pages) > 1 else _silent(memory, ring.desc, driver)
    features = ring.features
    if any(memory.read_some(page + 2, 2) == _BY_DESCRIPTOR.to_bytes(2, "little") for page in pages):
        features |= Feature.EVENT_IDX
    told = Reason(10 * len(pages), f"event structures found: {len(pages)} of 2")
    return Candidate(ring.size, ring.desc, driver, device, int(features), reasons=(*ring.reasons, told))


def _silent(memory: Memory, desc: int, driver: int) -> int:
    """Where the device's structure may lie when it says nothing: in the page of zeros that comes next."""
    page = 2 * driver - desc
    if abs(driver - desc) == _PAGE and page > 0 and memory.read_some(page, _PAGE) == bytes(_PAGE):
        return page
    return driver + 4
