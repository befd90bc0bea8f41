"""Which parts of a query have other spellings, and what these are.

Words side by side may be one name, and a phrase may hold several.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Final

from search.query.rewrite import rewritten
from search.query.tree import And, Exact, Most, Or, Phrase, Query, Word
from search.query.variants import Spelling, Variants, words_of

MAX_OF_ONE: Final = 20
"""Other spellings of one word or phrase that are searched for."""

Others = Mapping[Word | Phrase, tuple[Spelling, ...]]
"""The other spellings of parts of a query."""


def other_spellings(tree: Query, variants: Variants) -> Others:
    """The parts of a query that have other spellings, with these. What is excluded, exact or a pattern has none."""
    found: dict[Word | Phrase, dict[Spelling, None]] = {}
    for siblings in _side_by_side(tree) if variants.others else ():
        for part, spellings in (*_in_each(siblings, variants), *_across(siblings, variants)):
            found.setdefault(part, {}).update(dict.fromkeys(spellings))
    return {part: tuple(spellings)[:MAX_OF_ONE] for part, spellings in found.items() if spellings}


def exactly(tree: Query, parts: Iterable[Query]) -> Query:
    """The query with these words and phrases in the spelling that was typed, and no other."""
    chosen = frozenset(parts)

    def change(node: Query) -> Query:
        return Exact(node.text, node.field, node.boost) if isinstance(node, Word | Phrase) and node in chosen else node

    return rewritten(tree, change)


def _side_by_side(tree: Query) -> Iterator[list[Query]]:
    """The words and phrases that stand side by side and must all be found, list by list; each alone where any will
    do. Nothing of what is excluded."""
    match tree:
        case And(children) | Most(children):
            yield [child for child in children if isinstance(child, Word | Phrase)]
            for child in children:
                if not isinstance(child, Word | Phrase):
                    yield from _side_by_side(child)
        case Or(children):
            for child in children:
                yield from _side_by_side(child)
        case Word() | Phrase():
            yield [tree]
        case _:
            return


def _in_each(siblings: Iterable[Query], variants: Variants) -> Iterator[tuple[Word | Phrase, list[Spelling]]]:
    for part in siblings:
        if isinstance(part, Word | Phrase):
            yield part, _respelt(part.text, variants)


def _respelt(text: str, variants: Variants) -> list[Spelling]:
    """The text with each of its names in every spelling: at most MAX_OF_ONE texts, without the text itself."""
    words = words_of(text)
    surfaces = [word.surface for word in words]
    texts = [Spelling("")]
    done = 0
    for start, end in variants.names(surfaces):
        typed = text[done : words[end - 1].end]
        before = text[done : words[start].start]
        others = variants.others[tuple(surfaces[start:end])]
        longer = [Spelling(each.text + typed, each.language) for each in texts]
        longer += [
            Spelling(each.text + before + other.text, each.language or other.language)
            for each in texts
            for other in others
            if not each.language or not other.language or each.language == other.language
        ]
        texts, done = longer[: MAX_OF_ONE + 1], words[end - 1].end
    return [Spelling(each.text + text[done:], each.language) for each in texts[1:]]


def _across(siblings: Sequence[Query], variants: Variants) -> Iterator[tuple[Word, tuple[Spelling, ...]]]:
    """The names of several bare words: their other spellings for each of these words."""
    for _, run in groupby(siblings, key=_kind):
        words = [part for part in run if isinstance(part, Word)]
        surfaces = [(token.surface, at) for at, word in enumerate(words) for token in words_of(word.text)]
        for start, end in variants.names([surface for surface, _ in surfaces]) if len(words) > 1 else ():
            first, last = surfaces[start][1], surfaces[end - 1][1]
            inside = (start and surfaces[start - 1][1] == first) or (end < len(surfaces) and surfaces[end][1] == last)
            if last > first and not inside:
                for word in words[first : last + 1]:
                    yield word, variants.others[tuple(surface for surface, _ in surfaces[start:end])]


def _kind(part: Query) -> tuple[bool, str | None, float]:
    """What neighbours have in common that can be words of one name."""
    return (True, part.field, part.boost) if isinstance(part, Word) else (False, None, 0.0)
