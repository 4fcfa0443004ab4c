"""QEMU's guest-physical address space: the ranges of RAM in it, as `info mtree -f` prints the flat view."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_SPACE = re.compile(r' AS "(?P<name>[^"]*)"')
_RANGE = re.compile(
    r"\s+(?P<first>[0-9a-f]{16})-(?P<last>[0-9a-f]{16}) \(prio -?\d+, (?P<kind>[^)]*)\): "
    r"(?P<name>.*?)(?: @(?P<offset>[0-9a-f]{16}))?(?: KVM| HVF| NVMM| WHPX| MSHV)?$"
)
_KINDS = frozenset({"ram", "rom"})
"""What holds guest memory. Not: flash that answers commands (romd), a device's registers mapped through (ramd)."""
_IOMMU = re.compile(r"iommu|vtd|smmu")
MEMORY = "memory"
"""The address space that RAM of the machine is in."""


@dataclass(frozen=True)
class RamRange:
    """`size` bytes at guest-physical `gpa`, from `offset` of the RAM block called `block` on."""

    gpa: int
    size: int
    block: str
    offset: int


def ram_ranges(text: str) -> tuple[RamRange, ...]:
    """The RAM of the machine's address space in address order, neighbours within one block joined."""
    joined: list[RamRange] = []
    for each in _ranges(text):
        last = joined[-1] if joined else None
        if last and last.block == each.block and _reach(last) == (each.gpa, each.offset):
            joined[-1] = RamRange(last.gpa, last.size + each.size, last.block, last.offset)
        else:
            joined.append(each)
    return tuple(joined)


def _reach(each: RamRange) -> tuple[int, int]:
    return each.gpa + each.size, each.offset + each.size


def _ranges(text: str) -> Iterator[RamRange]:
    for view in text.split("FlatView #"):
        if MEMORY not in {match["name"] for match in _SPACE.finditer(view)}:
            continue
        for match in filter(None, map(_RANGE.fullmatch, view.splitlines())):
            if match["kind"] in _KINDS:
                first, last = int(match["first"], 16), int(match["last"], 16)
                yield RamRange(first, last - first + 1, match["name"], int(match["offset"] or "0", 16))


def translates(text: str) -> bool:
    """Whether an IOMMU is at work: an address space of its own that is not simply the machine's memory."""
    return any(
        any(_IOMMU.search(match["name"]) for match in _SPACE.finditer(view)) and ", ram): " not in view
        for view in text.split("FlatView #")
        if "No rendered FlatView" not in view
    )
