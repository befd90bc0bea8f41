"""The words of a query as index terms: their spelling, and their stem in every language of the archive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from search.analysis.folding import fold
from search.analysis.languages import LANGUAGES, primary_language
from search.analysis.tokens import Token, analyze

if TYPE_CHECKING:
    from search.query.match import Term


def query_terms(text: str, languages: Iterable[str]) -> list[tuple[Token, Term]]:
    """Each token of `text` with what it matches in an archive of these languages (tags as the articles state them).

    A regional tag is listed under its primary subtag too. Languages without a stemmer are left out:
    there the folded spelling is all there is to match. Text is analysed as an article would be in each language,
    so that a word of a query and the same word of an article cannot differ.
    """
    from search.query.match import Term  # the query package is built on this one and would be imported half-made

    tags = sorted({known for tag in languages for known in (tag, primary_language(tag)) if _is_stemmed(tag)})
    by_tag = {tag: analyze(text, tag) for tag in tags}
    return [
        (token, Term(token.surface, tuple((tag, tokens[at].stem) for tag, tokens in by_tag.items())))
        for at, token in enumerate(analyze(text, ""))
    ]


def query_term(surface: str, languages: Iterable[str]) -> Term:
    """What one word matches, stems sorted by tag; see `query_terms`. Of a joined word, the compound.

    Give the word as it was typed: accents tell the stemmer what its ending is.
    """
    from search.query.match import Term

    found = query_terms(surface, languages)
    whole = [term for token, term in found if token.compound or len(found) == 1]
    return whole[0] if whole else Term(fold(surface))


def _is_stemmed(tag: str) -> bool:
    row = LANGUAGES.get(primary_language(tag))
    return row is not None and row.stemmer is not None
