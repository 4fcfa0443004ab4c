"""Protocols that are said as tables: queues, commands, layouts, and the objects that the commands name."""
