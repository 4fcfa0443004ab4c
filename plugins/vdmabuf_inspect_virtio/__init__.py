"""The protocols of the devices that most guests have, as their chapters of the virtio specification say them."""
