"""Rules: the registry, the runner over columns, and the rules that hold for any virtqueue."""
