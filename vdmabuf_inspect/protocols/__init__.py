"""Device protocols: layouts, dialects, objects and their rules. One folder a protocol."""
