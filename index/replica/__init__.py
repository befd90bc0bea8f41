"""Following another server's index: its commits are taken over by generation, and only files that are new travel."""
