"""Attacks on the pipeline by seed, for benchmarks and, in small, for tests."""
