"""Names that fields choose from."""

from vdmabuf_inspect.model.event import EventKind
from vdmabuf_inspect.protocols.numbers import command_names, state_names
from vdmabuf_inspect.protocols.vdmabuf.layout import Op
from vdmabuf_inspect.views.filter.kinds.texts import Choice
from vdmabuf_inspect.views.names import TO_DEVICE, TO_DRIVER

_ALSO: dict[int, tuple[str, ...]] = {Op.DMABUF_REL: ("RELEASE", "REL"), Op.NEED_VMID: ("VMID",)}

COMMANDS = Choice("command", lambda: [(name, *_ALSO.get(i, ())) for i, name in enumerate(command_names())], zero=0)
"""The specification calls a release both DMABUF_REL and RELEASE (Device Operation)."""
STATES = Choice("state", lambda: [(name,) for name in state_names()], zero=0)
DIRECTIONS = Choice("direction", lambda: [(TO_DEVICE,), (TO_DRIVER,)])
CARRIERS = Choice("kind", lambda: [("available",), ("used",)], first=EventKind.AVAILABLE)
"""The ring events that carry a message."""
