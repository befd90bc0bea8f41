"""From articles to a commit: segments are built in bulk, merged array by array, and committed whole."""
