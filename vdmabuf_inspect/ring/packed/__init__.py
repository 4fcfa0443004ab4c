"""Packed virtqueues from outside: one ring that both sides write, and what two looks at it mean (virtio 1.2, 2.8)."""
