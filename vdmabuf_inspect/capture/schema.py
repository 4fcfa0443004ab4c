"""What a capture is on disk: pcapng with link type USER0, marked with the version of our schema."""

from enum import IntEnum

MARK = "vdmabuf-inspect/1"
"""Stands in the section's comment; a reader need not see it, a person and `capinfos` do."""
LINKTYPE = 147
"""LINKTYPE_USER0: no link type is registered for virtqueue events."""
SNAPLEN = 262144
"""The largest packet that Wireshark accepts of a link type that it does not know."""
BLOCK_LIMIT = 1 << 28
"""A longer block is damage, not data: nothing writes one, and a follower must not wait for it."""


class Block(IntEnum):
    """Block types that the reader tells apart; every other one is stepped over by its length."""

    INTERFACE = 1
    SIMPLE = 3
    ENHANCED = 6
    SECTION = 0x0A0D0D0A


class Option(IntEnum):
    """Option codes of the pcapng draft, those that are read or written here."""

    END = 0
    COMMENT = 1
    HARDWARE = 2  # of a section
    SYSTEM = 3  # of a section
    APPLICATION = 4  # of a section
    NAME = 2  # of an interface
    DESCRIPTION = 3  # of an interface
    RESOLUTION = 9  # of an interface
    OFFSET = 14  # of an interface
    FLAGS = 2  # of a packet
    DROPPED = 4  # of a packet


class Direction(IntEnum):
    """The two low bits of a packet's flags, as the driver sees it: what it gives is outbound."""

    UNKNOWN = 0
    INBOUND = 1
    OUTBOUND = 2
