"""Measures Backfile beside other engines: the same articles, questions and outputs, in one run on one machine.

Run it with `make benchmark` or `python -m benchmark`; docs/explanation/benchmark.md explains the figures.
It is in the repository but is not installed with Backfile.
"""
