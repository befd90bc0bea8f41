"""Assistance: completions, corrections, relaxations and related articles."""
