"""Frozen values that flow through the inspector, and the record that a ring event is."""
