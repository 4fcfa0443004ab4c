"""Virtqueues seen from outside: layout, walking a chain, and how two looks at a ring become events."""
