"""What the first descriptors of a queue's chains are like: a used descriptor leaves nothing of one but its address."""

from vdmabuf_inspect.model.record import Descriptor

_MOST = 4096


class Firsts:
    """Lengths and flags of first descriptors that were seen, by address and by how many slots their chains had."""

    def __init__(self) -> None:
        self._by_address: dict[tuple[int, int], tuple[int, int]] = {}
        self._by_slots: dict[int, tuple[int, int]] = {}

    def note(self, first: Descriptor, slots: int) -> None:
        """A chain of so many slots was seen whole."""
        if len(self._by_address) >= _MOST:
            self._by_address.clear()
        self._by_address[first.addr, slots] = self._by_slots[slots] = first.len, first.flags

    def guess(self, address: int, slots: int) -> tuple[int, int] | None:
        """Length and flags of the descriptor that was there, None where no chain of so many slots was seen yet."""
        return self._by_address.get((address, slots), self._by_slots.get(slots))
