"""A capture file: the capture reader opens it, this only says where it is."""

from vdmabuf_inspect.sources.base import CapturePath
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.options import SourceOptions


def open_file(name: str, file: EvidenceFile, options: SourceOptions) -> CapturePath:
    """The capture at the file's path."""
    return CapturePath(file.path, name, options.follow)
