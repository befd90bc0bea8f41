"""The engine on an OpenSearch cluster: the same words, the same scores, for archives that outgrow one machine."""
