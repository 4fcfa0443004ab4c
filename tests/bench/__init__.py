"""Benchmarks of the speed that ARCHITECTURE.md claims, as ratios within one run; `python -m tests.bench`."""
