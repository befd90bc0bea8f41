"""What a query is about, as plain words: what an encoder is given of it."""

from __future__ import annotations

from collections.abc import Iterator

from search.query.tree import And, Exact, Fuzzy, Most, Or, Phrase, Query, Word


def words_meant(query: Query) -> str:
    """The words and phrases of a query in their order, as they were typed, without what is excluded, filtered by, or
    only the beginning or a pattern of a word; "" if nothing is left."""
    return " ".join(_words(query))


def _words(query: Query) -> Iterator[str]:
    match query:
        case And(children) | Most(children) | Or(children):
            for child in children:
                yield from _words(child)
        case Word(text) | Exact(text) | Phrase(text) | Fuzzy(text):
            yield text
        case _:
            return
