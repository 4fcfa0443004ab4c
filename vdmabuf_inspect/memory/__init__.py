"""Guest memory by guest-physical address: segments, faults, and the pages behind a buffer."""

from vdmabuf_inspect.memory.segments import Memory, Segment

__all__ = ["Memory", "Segment"]
