"""Backfile measured beside other engines: the same articles, questions and outputs, in one run on one machine.

Run it with `make benchmark` or `python -m benchmark`; docs/explanation/benchmark.md says what the figures mean.
It is part of the repository and not of the installed product.
"""
