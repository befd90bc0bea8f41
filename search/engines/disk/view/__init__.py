"""What plain Whoosh sees of an index: a codec that reads our arrays, and the table of contents that names it."""
