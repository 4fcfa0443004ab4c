"""pcapng files of packets that other programs know: Ethernet frames, not ring events."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from vdmabuf_inspect.capture.compose import enhanced_block, interface_block, section_block
from vdmabuf_inspect.capture.schema import SNAPLEN, Direction
from vdmabuf_inspect.capture.writer import APPLICATION


@dataclass(frozen=True, slots=True)
class Packet:
    """`data` are the first of the packet's `size` bytes on the interface called `interface`.

    `sent`: from driver to device; otherwise received.
    """

    interface: str
    time_ns: int
    data: bytes
    size: int
    sent: bool


def write_packets(path: Path, linktype: int, packets: Iterable[Packet]) -> int:
    """Write packets of a link type (https://www.tcpdump.org/linktypes.html) in order; how many.

    An interface is declared when its first packet comes. Raises OSError.
    """
    interfaces: dict[str, int] = {}
    count = 0
    with path.open("wb") as file:
        file.write(section_block(APPLICATION, "", ""))
        for packet in packets:
            if packet.interface not in interfaces:
                interfaces[packet.interface] = len(interfaces)
                file.write(interface_block(packet.interface, "", SNAPLEN, linktype))
            direction = Direction.OUTBOUND if packet.sent else Direction.INBOUND
            number = interfaces[packet.interface]
            file.write(enhanced_block(number, packet.time_ns, packet.data, packet.size, direction))
            count += 1
    return count
