"""Queries: from the text that a reader typed (`parse`) to the tree that an engine matches (`resolve`)."""

from __future__ import annotations

from search.query.parser import Operator, Parsed, parse
from search.query.printer import to_text
from search.query.resolve import Resolved, resolve
from search.query.tree import Query

__all__ = ["Operator", "Parsed", "Query", "Resolved", "parse", "resolve", "to_text"]
