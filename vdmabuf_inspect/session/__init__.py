"""One inspection: append-only logs, their single writer, and the state at any moment."""
