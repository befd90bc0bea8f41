"""What stands on the cluster: the schema, articles as documents, and the commit record."""
