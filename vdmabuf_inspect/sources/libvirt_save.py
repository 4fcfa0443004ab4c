"""What `virsh save` writes: a header, the domain's XML, then QEMU's migration stream."""

from struct import Struct

from vdmabuf_inspect.errors import SourceError
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.migration import open_stream
from vdmabuf_inspect.sources.options import SourceOptions
from vdmabuf_inspect.sources.snapshot import Snapshot

MAGIC = b"LibvirtQemudSave"
SIZE = 92
_VERSIONS = (1, 2, 3)
_FIELDS = "5I"
"""Version, bytes of XML (and cookie), was running, compression, offset of the cookie."""
_COMPRESSIONS = {1: "gzip", 2: "bzip2", 3: "xz", 4: "lzop", 5: "zstd", 6: "sparse (mapped-ram)"}
_ADVICE = 'set save_image_format = "raw" in /etc/libvirt/qemu.conf and save again, or use virsh dump --memory-only'


def open_file(name: str, file: EvidenceFile, options: SourceOptions) -> Snapshot:
    """A snapshot from the stream inside. Raises SourceError with one line on what is wrong with it."""
    start = file.read(0, SIZE).ljust(SIZE, b"\0")
    found = [Struct(order + _FIELDS).unpack_from(start, len(MAGIC)) for order in "<>"]
    version, xml_size, _running, compression, _cookie = next((f for f in found if f[0] in _VERSIONS), found[0])
    if version not in _VERSIONS:
        raise SourceError(f"{name}: a libvirt save file of version {version}, which is not known")
    if compression:
        said = _COMPRESSIONS.get(compression, f"compression {compression}")
        raise SourceError(f"{name}: a libvirt save file compressed with {said}; {_ADVICE}")
    return open_stream(name, file, SIZE + xml_size, options)
