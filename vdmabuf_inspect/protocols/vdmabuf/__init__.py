"""virtio-vdmabuf: the device by which a guest shares page-backed dma-bufs with its host."""
