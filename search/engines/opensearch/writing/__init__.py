"""Transactions: the lease, the articles that are sent, the commit, and the clearing away."""
