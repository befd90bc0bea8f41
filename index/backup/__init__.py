"""The commands that back an archive up, and restore it with its ledger and the memory of its runs."""
