"""An interactive visual debugger and inspector for virtqueues, first of all for virtio-vdmabuf."""

__version__ = "0.1.0"
