"""Measure a model: benchmarks as rows, and what is made of them."""
