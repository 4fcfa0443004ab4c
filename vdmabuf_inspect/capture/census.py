"""What was met in a file besides records, and one line for the user when that is all there was."""

from dataclasses import dataclass

from vdmabuf_inspect.capture.blocks import Damage, Interface, Section
from vdmabuf_inspect.capture.packets import Columns
from vdmabuf_inspect.capture.schema import LINKTYPE, MARK
from vdmabuf_inspect.capture.sniff import PCAPNG, advice
from vdmabuf_inspect.model.record import VERSION

_FRAMES = {
    0: "loopback frames",
    1: "Ethernet frames",
    101: "IP packets",
    105: "802.11 frames",
    113: "Linux cooked packets",
    127: "802.11 frames",
    147: "USER0 packets that are no records of ours",
    187: "Bluetooth packets",
    189: "USB packets",
    201: "Bluetooth packets",
    220: "USB packets",
    227: "CAN frames",
    249: "USB packets",
    253: "netlink messages",
    271: "vsock packets",
    276: "Linux cooked packets",
}
"""Link types that a user may have by mistake."""


@dataclass(slots=True)
class Census:
    """Counts over the whole file so far."""

    records: int = 0
    skipped: int = 0
    others: int = 0
    newest: int = 0

    def add(self, columns: Columns) -> None:
        """Count one stretch."""
        self.records += len(columns.offset)
        self.skipped += columns.skipped
        self.others += columns.others
        self.newest = max(self.newest, columns.newest)

    def remark(self, path: str) -> str | None:
        """One line on the packets that were skipped; None when there are none."""
        if not self.skipped:
            return None
        if self.newest > VERSION:
            return f"{path}: {self.skipped} packets skipped, {_newer(self.newest)}"
        return f"{path}: {self.skipped} packets skipped that are no records of ours"


def complaint(path: str, census: Census, sections: list[Section], interfaces: list[Interface]) -> str | None:
    """Why a file without a record is none of ours; None when it is an empty recording."""
    if census.newest > VERSION:
        return f"{path} cannot be read: {_newer(census.newest)}"
    ours = any(MARK.partition("/")[0] in s.comment + s.application for s in sections)
    if ours and not census.others and not census.skipped:
        return None
    writer = next((f" written by {s.application}" for s in sections if s.application), "")
    what = f"a pcapng file of {_frames(interfaces)}{writer}"
    return f"{path} is {what}; it holds no virtqueue events; {advice(PCAPNG)}"


def damaged(path: str, damage: Damage) -> str:
    """One line for a file that begins like pcapng and then does not go on like it."""
    return f"{path} is no readable pcapng file: {damage.reason} (byte {damage.offset}); {advice(PCAPNG)}"


def _newer(version: int) -> str:
    return f"its records have version {version} and this program knows {VERSION}; use a newer vdmabuf-inspect"


def _frames(interfaces: list[Interface]) -> str:
    known = {_FRAMES.get(i.linktype, f"packets of link type {i.linktype}"): i.linktype for i in interfaces}
    foreign = [name for name, linktype in known.items() if linktype != LINKTYPE or len(known) == 1]
    return " and ".join(foreign[:3]) if foreign else "no packets"
