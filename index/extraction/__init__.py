"""From markup and plain text to an article: its running text with headings, and what it states about itself."""
