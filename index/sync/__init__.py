"""Keeping an archive in step with its sources, as the tables [[sources]] of the configuration name them."""
