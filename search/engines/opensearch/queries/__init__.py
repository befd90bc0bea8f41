"""Plans and query trees as OpenSearch's query language."""
