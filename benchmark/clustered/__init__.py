"""Backfile's engine on a cluster beside its local one: the same archive, the same questions, the same program above."""
