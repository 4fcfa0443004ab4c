"""Requests by which a front end shares its memory, carried out on a Ram."""

from vdmabuf_inspect.reference.ram import Block, Ram, map_region
from vdmabuf_inspect.vhost_user.connection import Fds, Message
from vdmabuf_inspect.vhost_user.payload import MemoryTable, Region, SingleRegion

MEMORY_SLOTS = 32


class RefusedError(Exception):
    """A request that cannot be carried out; its front end hears of it when it asked for an acknowledgement."""


def set_table(ram: Ram, message: Message) -> None:
    """SET_MEM_TABLE: these regions and no others. Raises RefusedError, OSError, ValueError."""
    table = MemoryTable.parse(message.payload)
    if table is None or len(table.regions) != table.declared or len(message.fds) != table.declared:
        raise RefusedError(f"a memory table with {len(message.fds)} file descriptors")
    ram.replace(_map_all(table.regions, message.fds))


def add_region(ram: Ram, message: Message) -> None:
    """ADD_MEM_REG: one region more. Raises RefusedError, OSError, ValueError."""
    single = SingleRegion.parse(message.payload)
    if single is None or len(message.fds) != 1:
        raise RefusedError("no region or no file descriptor")
    if len(ram.blocks) >= MEMORY_SLOTS:
        raise RefusedError("all memory slots are taken")
    ram.replace([*ram.blocks, *_map_all((single.region,), message.fds)])


def remove_region(ram: Ram, message: Message) -> None:
    """REM_MEM_REG: without this region. Raises RefusedError."""
    single = SingleRegion.parse(message.payload)
    if single is None:
        raise RefusedError("no region")
    gone = (single.region.gpa, single.region.size)
    ram.replace([block for block in ram.blocks if (block.gpa, block.size) != gone])


def _map_all(regions: tuple[Region, ...], fds: Fds) -> list[Block]:
    return [map_region(region, fd) for region, fd in zip(regions, fds.numbers, strict=True)]
