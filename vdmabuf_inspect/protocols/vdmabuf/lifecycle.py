"""The life of a shared buffer, as a table."""

from enum import IntEnum

from vdmabuf_inspect.track.lifecycle import Lifecycle


class State(IntEnum):
    """Where a buffer is; the names are the table's."""

    NONE = 0
    EXPORTING = 1
    """The export is in the ring; the device has not returned its chain."""
    EXPORTED = 2
    """The device has the buffer."""
    WITHDRAWN = 3
    """The exporter wants it back (UNEXPORT); the device has not released it."""
    RELEASED = 4


class Step(IntEnum):
    """What happens to a buffer."""

    EXPORT = 0
    EXPORT_USED = 1
    """The device returned the export's chain."""
    RELEASE = 2
    UNEXPORT = 3
    EXPORT_IN_PLACE = 4
    """Dialects that answer in the request's buffer keep the export's chain until the release."""


LIFECYCLE = Lifecycle(
    states=("none", "exporting", "exported", "withdrawn", "released"),
    operations=("export", "export-used", "release", "unexport", "export-in-place"),
    after={
        ("none", "export"): "exporting",
        ("exported", "export"): "exporting",
        ("withdrawn", "export"): "exporting",
        ("released", "export"): "exporting",
        ("none", "export-used"): "exported",
        ("exporting", "export-used"): "exported",
        ("none", "release"): "released",
        ("exporting", "release"): "released",
        ("exported", "release"): "released",
        ("withdrawn", "release"): "released",
        ("none", "unexport"): "withdrawn",
        ("exporting", "unexport"): "withdrawn",
        ("exported", "unexport"): "withdrawn",
        ("none", "export-in-place"): "exported",
        ("exporting", "export-in-place"): "exported",
        ("withdrawn", "export-in-place"): "exported",
        ("released", "export-in-place"): "exported",
    },
    live=frozenset({"exporting", "exported", "withdrawn"}),
)
