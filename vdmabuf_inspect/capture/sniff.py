"""What a file is, by its first bytes."""

PCAPNG = "pcapng"
HEAD = 64
"""Bytes that recognition needs at most."""

_MAGICS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x0a\x0d\x0d\x0a", PCAPNG),
    (0, b"\xd4\xc3\xb2\xa1", "legacy pcap file"),
    (0, b"\xa1\xb2\xc3\xd4", "legacy pcap file"),
    (0, b"\x4d\x3c\xb2\xa1", "legacy pcap file (nanoseconds)"),
    (0, b"\xa1\xb2\x3c\x4d", "legacy pcap file (nanoseconds)"),
    (0, b"\x34\xcd\xb2\xa1", "legacy pcap file (modified)"),
    (0, b"\xa1\xb2\xcd\x34", "legacy pcap file (modified)"),
    (0, b"\x7fELF", "ELF file"),
    (0, b"KDUMP   ", "kdump-compressed dump"),
    (0, b"makedumpfile\0", "flattened kdump"),
    (0, b"EMiL", "LiME memory dump"),
    (0, b"QEVM", "QEMU migration stream"),
    (0, b"\x1f\x8b", "gzip file"),
    (0, b"\x28\xb5\x2f\xfd", "zstd file"),
    (0, b"\x04\x22\x4d\x18", "lz4 file"),
    (0, b"\xfd7zXZ\0", "xz file"),
    (0, b"BZh", "bzip2 file"),
    (0, b"PK\x03\x04", "zip file"),
    (0, b"snoop\0\0\0", "snoop capture"),
    (0, b"btsnoop\0", "btsnoop capture"),
    (0, b"PAR1", "Parquet file"),
    (0, b"{", "JSON text"),
)
_PACKED = ("gzip file", "zstd file", "lz4 file", "xz file", "bzip2 file", "zip file")


def recognise(head: bytes) -> str | None:
    """The format whose magic `head` (the first HEAD bytes) begins with, as a noun; None when no known one."""
    return next((name for at, magic, name in _MAGICS if head[at : at + len(magic)] == magic), None)


def advice(name: str | None) -> str:
    """What to do with a file that is `name` instead of a capture."""
    if name in _PACKED:
        return "unpack it first"
    if name and name.startswith("legacy pcap"):
        return "legacy pcap cannot hold virtqueue events; record with `vdmabuf-inspect record`"
    return "record one with `vdmabuf-inspect record`"
