"""Measurements that a promise rests on; each prints ratios, never bare seconds: `python -m tests.benchmarks`."""
