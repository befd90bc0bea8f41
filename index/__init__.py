"""Fills the archive: sources, the extraction of articles, and the run that brings an index up to date."""
