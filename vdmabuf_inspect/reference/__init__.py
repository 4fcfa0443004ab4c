"""A conforming vdmabuf driver and device over real vhost-user sockets, which can commit planned faults."""
