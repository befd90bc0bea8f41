"""Highlighting: which characters of a text made it match, and which passages show that best."""
