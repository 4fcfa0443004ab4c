"""Rows as text for people, JSON lines and CSV, findings as JUnit and SARIF: lines out, no file touched."""
