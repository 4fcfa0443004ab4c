"""What the program makes of a recording in captures/, with the plugins that come with it."""

from pathlib import Path

from vdmabuf_inspect.plugins.door import Door
from vdmabuf_inspect.session.load import inspect
from vdmabuf_inspect.testing import Seen

CAPTURES = Path(__file__).parents[2] / "captures"


def recorded(name: str) -> Seen:
    """The recording of this name, read to its end."""
    door = Door(user=False)
    door.open()
    try:
        return Seen(inspect(str(CAPTURES / f"{name}.pcapng")))
    finally:
        door.close()
