"""Results: from an engine's hits and counts to the answer that is shown, with its links."""
