"""Chains paired (available with used) and objects taken through their lifecycle tables, a batch at a time."""
