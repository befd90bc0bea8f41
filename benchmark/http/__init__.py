"""Measures Backfile over HTTP beside other servers: `python -m benchmark http`.

Searches a second and latencies under load, and the time from a file of articles to the first answer.
"""
