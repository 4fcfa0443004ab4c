"""Memory with rings planted in it, as drivers and devices leave them, and pages of noise around them."""

from dataclasses import dataclass
from struct import pack, pack_into

import numpy as np

from vdmabuf_inspect.memory import Memory, Segment

PAGE = 4096
GPA = 0x4000_0000
"""Where the memory begins."""


@dataclass(frozen=True)
class Split:
    """A split ring: chains of one descriptor, `heads` of which take turns; the last `held` are not returned."""

    size: int
    page: int
    alignment: int
    chains: int
    heads: int
    held: int = 0
    event_idx: bool = False

    @property
    def place(self) -> tuple[int, int, int]:
        """Guest-physical addresses of the parts."""
        desc = GPA + PAGE * self.page
        avail = desc + 16 * self.size
        return desc, avail, -(-(avail + 6 + 2 * self.size) // self.alignment) * self.alignment

    def plant(self, ram: bytearray) -> None:
        """Clear its pages, as an allocator does, and run it."""
        desc, avail, used = (each - GPA for each in self.place)
        end = -(-(used + 6 + 8 * self.size) // PAGE) * PAGE
        ram[desc:end] = bytes(end - desc)
        back = max(self.chains - self.held, 0)
        for chain in range(self.chains):
            head = chain % self.heads
            pack_into("<QIHH", ram, desc + 16 * head, GPA + 64 * head, 64, 2 * (chain & 1), 0)
            pack_into("<H", ram, avail + 4 + 2 * (chain % self.size), head)
            if chain < back:
                pack_into("<II", ram, used + 4 + 8 * (chain % self.size), head, 64)
        pack_into("<HH", ram, avail, 0, self.chains & 0xFFFF)
        pack_into("<HH", ram, used, 0, back & 0xFFFF)
        if self.event_idx:
            pack_into("<H", ram, avail + 4 + 2 * self.size, back & 0xFFFF)
            pack_into("<H", ram, used + 4 + 8 * self.size, self.chains & 0xFFFF)


@dataclass(frozen=True)
class Packed:
    """A packed ring in its first or second lap: all its chains came back; event structures on the pages behind."""

    size: int
    page: int
    chains: int

    @property
    def place(self) -> tuple[int, int, int]:
        """Guest-physical addresses of the parts."""
        desc = GPA + PAGE * self.page
        driver = desc + -(-16 * self.size // PAGE) * PAGE
        return desc, driver, driver + PAGE

    def plant(self, ram: bytearray) -> None:
        """Clear its pages and run it."""
        desc, driver, device = (each - GPA for each in self.place)
        ram[desc : device + PAGE] = bytes(device + PAGE - desc)
        for chain in range(self.chains):
            wrap = 1 - chain // self.size % 2
            entry = pack("<QIHH", GPA + 64 * (chain % 8), 64, chain % 8, 0x8080 * wrap)
            at = desc + 16 * (chain % self.size)
            ram[at : at + 16] = entry
        word = self.chains % self.size | (1 - self.chains // self.size % 2) << 15
        for structure in (driver, device):
            pack_into("<HH", ram, structure, word, 2)


def noise(pages: int, seed: int) -> bytearray:
    """Pages of zeros, random bytes, small numbers, pointers, text and pages that hold one word, in turn."""
    rng = np.random.default_rng(seed)
    made = []
    for kind in rng.integers(0, 6, pages).tolist():
        words = np.zeros(512, "<u8")
        if kind == 1:
            words = rng.integers(0, 1 << 63, 512, "u8")
        elif kind == 2:
            words = rng.integers(0, 200, 512).astype("<u8")
        elif kind == 3:
            words = (rng.integers(0, pages * 512, 512) * 8 + GPA).astype("<u8")
        elif kind == 4:
            words = rng.integers(32, 127, PAGE).astype("u1").view("<u8")
        elif kind == 5:
            words[0] = rng.integers(1, 1 << 32)
        made.append(words.tobytes())
    return bytearray(b"".join(made))


def memory(ram: bytearray) -> Memory:
    """It as guest memory at GPA."""
    data = bytes(ram)
    return Memory([Segment(GPA, len(data), lambda offset, size: data[offset : offset + size])])
