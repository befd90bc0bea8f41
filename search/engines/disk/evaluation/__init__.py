"""From a query to an answer, by arithmetic over whole arrays."""
