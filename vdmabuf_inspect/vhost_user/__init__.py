"""The vhost-user protocol: request names, framing and payloads, and a connection that carries file descriptors."""
