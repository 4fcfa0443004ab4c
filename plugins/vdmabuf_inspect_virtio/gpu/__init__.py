"""virtio-gpu: 2D, blob and 3D commands, cursors and fences, resources and their backing (virtio 1.2, 5.7)."""

from vdmabuf_inspect import api
from vdmabuf_inspect_virtio.gpu import dialogue, geometry, lifetimes
from vdmabuf_inspect_virtio.gpu.protocol import GPU

api.requires(1)

__all__ = ["GPU", "dialogue", "geometry", "lifetimes"]
