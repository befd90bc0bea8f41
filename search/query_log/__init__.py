"""The query log: how often readers asked what, and what they did not find, without anything about who they are."""
