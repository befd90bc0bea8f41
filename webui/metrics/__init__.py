"""What the server measures of itself, for Prometheus: counted in the workers, added up and served by their parent."""
