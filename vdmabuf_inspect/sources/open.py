"""Chooses the source for what the user gave: by scheme where there is one, by content otherwise.

A new source is one file here and one line in SCHEMES (a URI) or in FORMATS (a file's first bytes). Both name the
source's module, which is imported when it is needed: start-up counts.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from stat import S_ISBLK, S_ISDIR, S_ISFIFO, S_ISREG, S_ISSOCK
from types import ModuleType

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.memory import Memory
from vdmabuf_inspect.sources.base import CapturePath, Mode, Producer
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.stream import copy_stream, standard_input

PCAPNG = b"\n\r\r\n"


@dataclass(frozen=True)
class Format:
    """A kind of file known by its first bytes: the module that opens it, or (empty) what to do with it instead."""

    magic: bytes
    what: str
    module: str
    advice: str = ""


SCHEMES: dict[str, str] = {"raw": "raw", "kdump": "kdump", "vhost-user": "vhost_user", "qemu": "qemu"}
"""URI schemes by name: the module with `open_uri(rest, options) -> Producer` and how the URI is written, `SYNTAX`."""


@dataclass(frozen=True)
class Opener:
    """A source that came from a plugin: how its URI is written, and what opens what follows the colon."""

    syntax: str
    open: Callable[[str, SourceOptions], Producer]


OPENERS: dict[str, Opener] = {}
"""Further URI schemes by name."""

_UNPACK = "unpack it first"
FORMATS: list[Format] = [
    Format(PCAPNG, "a pcapng capture", "pcapng"),
    Format(b"\x7fELF", "an ELF core", "elf"),
    Format(b"KDUMP   ", "a compressed kernel dump", "kdump"),
    Format(b"DISKDUMP", "a compressed kernel dump", "kdump"),
    Format(b"makedumpfile\0", "a flattened kernel dump", "flattened"),
    Format(b"EMiL", "a LiME memory image", "lime"),
    Format(b"AVML", "an AVML memory image", "lime"),
    Format(b"QEVM", "a QEMU migration stream", "migration"),
    Format(b"LibvirtQemudSave", "a libvirt save file", "libvirt_save"),
    Format(b"LibvirtQemudPart", "a libvirt save file", "", "libvirt did not finish it: save again"),
    Format(b"\xd4\xc3\xb2\xa1", "a classic pcap file", "", "only pcapng keeps what a virtqueue needs"),
    Format(b"\xa1\xb2\xc3\xd4", "a classic pcap file", "", "only pcapng keeps what a virtqueue needs"),
    Format(b"\x4d\x3c\xb2\xa1", "a classic pcap file", "", "only pcapng keeps what a virtqueue needs"),
    Format(b"\x1f\x8b", "a gzip file", "", _UNPACK),
    Format(b"\xfd7zXZ", "an xz file", "", _UNPACK),
    Format(b"\x28\xb5\x2f\xfd", "a zstd file", "", _UNPACK),
    Format(b"BZh", "a bzip2 file", "", _UNPACK),
    Format(b"\x89LZO\0", "an lzop file", "", _UNPACK),
    Format(b"\x04\x22\x4d\x18", "an lz4 file", "", _UNPACK),
    Format(b"PAGEDU64", "a Windows crash dump", "", "dump again as an ELF core (dump-guest-memory FILE)"),
]

PLACES: dict[str, str] = {"/proc/kcore": "kcore"}
"""Paths that are no ordinary files: the module with `open_path(path, options) -> Producer`."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]+):(.*)", re.IGNORECASE | re.DOTALL)
_PROBE = 64


def open_source(spec: str, options: SourceOptions | None = None) -> Producer | CapturePath:
    """Open a path, `-` (a pcapng stream on standard input) or a URI.

    Raises SourceError when it cannot be read, UsageError when the URI or an option makes no sense.
    """
    options = options or SourceOptions()
    if spec == "-":
        return copy_stream("standard input", standard_input(), _check_stream)
    match = _SCHEME.fullmatch(spec)
    scheme = SCHEMES.get(match[1].lower()) if match else None
    if match and match[1].lower() in OPENERS:
        return OPENERS[match[1].lower()].open(match[2], options)
    if match and scheme:
        source: Producer = _module(scheme).open_uri(match[2], options)
        return source
    if match and not Path(spec).exists():
        known = ", ".join([_module(each).SYNTAX for each in SCHEMES.values()] + [o.syntax for o in OPENERS.values()])
        raise SourceError(f"{spec}: no such file, and no source is called {match[1]!r}; known: {known}")
    place = PLACES.get(str(Path(spec).absolute()))
    if place:
        special: Producer = _module(place).open_path(spec, options)
        return special
    return _open_path(spec, options)


def is_uri(spec: str) -> bool:
    """Whether a source is given by a scheme that is known, not by a path."""
    match = _SCHEME.fullmatch(spec)
    return match is not None and (match[1].lower() in SCHEMES or match[1].lower() in OPENERS)


def open_memory(spec: str) -> Memory:
    """The memory in a dump that is read beside a source, not for its rings.

    Raises SourceError when it cannot be read or is no dump, UsageError when the URI makes no sense.
    """
    source = open_source(spec)
    if isinstance(source, CapturePath) or source.mode is not Mode.SNAPSHOT or source.memory is None:
        raise SourceError(f"--memory {spec}: no memory dump; give an ELF core, another dump, or raw:FILE@GPA")
    return source.memory


def _open_path(spec: str, options: SourceOptions) -> Producer | CapturePath:
    try:
        mode = Path(spec).stat().st_mode
    except OSError as error:
        raise SourceError(f"{spec}: {(error.strerror or str(error)).lower()}") from None
    if S_ISFIFO(mode):
        return copy_stream(spec, Path(spec).open("rb", buffering=0), _check_stream)
    if S_ISDIR(mode):
        raise SourceError(f"{spec}: a directory; give a capture or a memory dump")
    if S_ISSOCK(mode):
        proxy = _module("vhost_user").SYNTAX
        raise SourceError(
            f"{spec}: a socket; if it is QEMU's monitor (QMP), say qemu:{spec}; "
            f"to watch a vhost-user session put a proxy before it: {proxy}"
        )
    if not S_ISREG(mode) and not S_ISBLK(mode):
        raise SourceError(f"{spec}: a character device; give a capture or a memory dump")
    return _open_file(spec, EvidenceFile(spec), options)


def _open_file(spec: str, file: EvidenceFile, options: SourceOptions) -> Producer | CapturePath:
    start = file.read(0, _PROBE)
    for known in FORMATS:
        if not start.startswith(known.magic):
            continue
        if known.module:
            source: Producer | CapturePath = _module(known.module).open_file(spec, file, options)
            return source
        raise SourceError(f"{spec}: {known.what}, which is not read; {known.advice}")
    if not start:
        raise SourceError(f"{spec}: empty")
    raise SourceError(
        f"{spec}: no capture and no memory dump of a known kind (it begins with {start[:8].hex(' ')}); "
        f"if it is raw guest memory, say where: raw:{spec}@GPA"
    )


def _check_stream(name: str, start: bytes) -> None:
    if start[: len(PCAPNG)] == PCAPNG:
        return
    known = next((f.what for f in FORMATS if start.startswith(f.magic)), None)
    what = "nothing came" if not start else f"{known or 'no pcapng'} ({start[:8].hex(' ')})"
    raise SourceError(f"{name}: {what}; only pcapng can be read from a stream, give other files by their path")


def _module(name: str) -> ModuleType:
    return import_module(f"vdmabuf_inspect.sources.{name}")
