"""virtio-net: frames with their headers and offloads, the control queue, Ethernet files (virtio 1.2, 5.1)."""

import vdmabuf_inspect_virtio.net.control_rules
import vdmabuf_inspect_virtio.net.ethernet
import vdmabuf_inspect_virtio.net.frame_rules  # noqa: F401
from vdmabuf_inspect import api

api.requires(1)
