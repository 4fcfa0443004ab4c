"""Screens: the workbench with its panes, and the help."""
