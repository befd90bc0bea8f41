"""Results: turns an engine's hits and counts into the parts of an answer."""
