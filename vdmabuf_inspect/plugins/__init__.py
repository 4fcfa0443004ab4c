"""The door through which protocols, dialects, decoders, rules, views, sources and exporters come in."""
