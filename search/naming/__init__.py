"""Finds the spellings of one name in an archive: by their sound, by few edits, and by the company they keep."""
