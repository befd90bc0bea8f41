"""The words of a query as index terms: the spelling, and the stem in every language of the archive."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from search.analysis.folding import fold
from search.analysis.languages import STEMMERS, primary_language
from search.analysis.scripts import is_unspaced
from search.analysis.tokens import MAX_TOKEN_LENGTH, Token, spellings, stem_of
from search.query.match import Term


def query_terms(text: str, languages: Iterable[str]) -> list[tuple[Token, Term]]:
    """Each token of `text`, with the term that it matches in an archive of these languages (BCP 47 tags).

    Stems are listed by primary subtag ("pt" for "pt-BR"). Languages without a stemmer are left out,
    because only the folded spelling matches there. The text is analysed just as an article of each language is,
    so that a word of a query and the same word of an article give the same term.
    """
    stemmed = _stemmed(tuple(languages))
    return [
        (
            Token(word.surface, word.surface, word.start, word.end, word.position, word.compound),
            _term(word.raw[:MAX_TOKEN_LENGTH], word.surface, stemmed),
        )
        for word in spellings(text)
    ]


@lru_cache(maxsize=64)
def _stemmed(languages: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(STEMMERS.keys() & set(map(primary_language, languages))))


@lru_cache(maxsize=4096)
def _term(raw: str, surface: str, languages: tuple[str, ...]) -> Term:
    """The term of a word. Remembered, because an archive may have a dozen languages and its readers ask for the same
    words."""
    if not _has_forms(surface):
        return Term(surface)
    return Term(surface, tuple((language, stem_of(raw, surface, language)) for language in languages))


def _has_forms(surface: str) -> bool:
    """Whether the word may have stems; numbers and words in unspaced scripts have none in any language."""
    return not is_unspaced(surface) and not any(map(str.isdigit, surface))


def query_term(surface: str, languages: Iterable[str]) -> Term:
    """The term for one word, stems sorted by language; see `query_terms`. For a joined word, that of the compound.

    Pass the word as it was typed, because stemmers depend on accents.
    """
    found = query_terms(surface, languages)
    whole = [term for token, term in found if token.compound or len(found) == 1]
    return whole[0] if len(whole) == 1 else Term(fold(surface))
