"""Kinds of field: how each reads what the user wrote, and how it compares a column with it."""
