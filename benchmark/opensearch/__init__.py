"""Starts real OpenSearch clusters on this machine, for the tests and the benchmark.

`python -m benchmark.opensearch` runs one until Ctrl-C. A server needs Java 21 or later; it is fetched once, with Maven.
"""
