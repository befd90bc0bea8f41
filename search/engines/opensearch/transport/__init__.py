"""Requests to a cluster, and what may go wrong with them."""
