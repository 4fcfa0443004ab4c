"""A capture file: the capture reader opens it, this only says where it is."""

from vdmabuf_inspect.sources.base import CapturePath
from vdmabuf_inspect.sources.file import EvidenceFile
from vdmabuf_inspect.sources.lease import being_written
from vdmabuf_inspect.sources.options import SourceOptions


def open_file(name: str, file: EvidenceFile, options: SourceOptions) -> CapturePath:
    """The capture at the file's path."""
    follow = being_written(file.path) is True if options.follow is None else options.follow
    return CapturePath(file.path, name, follow)
