"""From a query to its results, by arithmetic over whole arrays."""
