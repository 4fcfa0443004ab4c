"""Recordings told step by step: rings in plain memory, watched by the program's own watchers, read back by it."""

from tests.stories.guest import Guest, Ring
from tests.stories.read_back import codes, findings, read_back
from tests.stories.story import Story, clean

__all__ = ["Guest", "Ring", "Story", "clean", "codes", "findings", "read_back"]
