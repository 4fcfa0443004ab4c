"""Widgets: one table for every list, and the few things that are no list."""
