"""virtio-vsock: packets, connections and their life, the credit of each side (virtio 1.2, 5.10)."""

import vdmabuf_inspect_virtio.vsock.connection_rules
import vdmabuf_inspect_virtio.vsock.packet_rules  # noqa: F401
from vdmabuf_inspect import api

api.requires(1)
