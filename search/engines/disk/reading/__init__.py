"""A commit as mapped arrays: its segments, their postings, and the columns of their articles."""
