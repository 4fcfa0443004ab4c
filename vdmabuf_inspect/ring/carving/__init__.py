"""Rings found in memory that nobody says the place of: by their shape and by how their parts agree."""
