"""The terminal interface: it polls a session and draws what is visible. Only this package knows Textual."""

import os

os.environ.setdefault("TEXTUAL_FPS", "250")
"""Textual paints on a beat, of its own accord 60 a second: up to 16 ms go by with all ready. Read at import."""
