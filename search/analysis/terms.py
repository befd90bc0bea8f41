"""A word of a query as an index term: its spelling, and its stem in every language of the archive."""

from __future__ import annotations

from collections.abc import Iterable

from search.analysis.folding import fold
from search.analysis.languages import LANGUAGES, primary_language
from search.analysis.stemming import stem
from search.query.match import Term


def query_term(surface: str, languages: Iterable[str]) -> Term:
    """What one word matches in an archive of these languages (tags as the articles state them), sorted by tag.

    Give the word as it was typed: accents tell the stemmer what its ending is. A regional tag is listed under its
    primary subtag too. Languages without a stemmer are left out: there the folded spelling is all there is to match.
    """
    tags = {known for tag in languages for known in (tag, primary_language(tag)) if _is_stemmed(tag)}
    stems = tuple((tag, stem(surface, tag)) for tag in sorted(tags))
    return Term(fold(surface), stems)


def _is_stemmed(tag: str) -> bool:
    row = LANGUAGES.get(primary_language(tag))
    return row is not None and row.stemmer is not None
