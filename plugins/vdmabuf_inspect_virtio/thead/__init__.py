"""T-Head's virtio-vdmabuf: buffers that are asked for, with their pages listed in the answer itself."""

import vdmabuf_inspect_virtio.thead.rules  # noqa: F401
from vdmabuf_inspect import api

api.requires(1)
