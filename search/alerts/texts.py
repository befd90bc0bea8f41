"""The words of the new articles: which articles have each, and where, for those that a phrase is looked for in.

They are read as the index reads them (`search.analysis.bulk`), so a word costs a look-up, and most phrases are decided
by their words alone.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TypeAlias

from search.analysis import VALUE_GAP
from search.analysis.bulk import LANGUAGE_END, SURFACE_END
from search.analysis.compiled import fragment_table
from search.document import Document
from search.engines import spans
from search.query.match import MatchPhrase, Term
from search.schema import TEXT_FIELDS

Articles = int
"""A set of articles: bit n is set if article n of the batch is in it."""

_Values: TypeAlias = "list[array[int]]"
"""The numbers of the fragments of each value of a field."""


class Texts:
    """The text fields of some articles, which are numbered from 0.

    A word has a number for each language that it is stemmed in, so an article has only words of its own language.
    """

    def __init__(self, documents: Sequence[Document]) -> None:
        table = fragment_table()
        self._values: dict[str, list[_Values]] = {field: [] for field in TEXT_FIELDS}
        for document in documents:
            for name, field in TEXT_FIELDS.items():
                values: _Values = []
                for value in field.values(document):
                    values.append(array("I"))
                    table.read(value, document.language, values[-1])
                self._values[name].append(values)
        columns = table.columns()
        self._advances = columns.advances
        self._tokens = [
            tuple(zip(columns.words[start:end], columns.aheads[start:end], strict=True))
            for start, end in pairwise(columns.starts)
        ]
        self._surfaces: dict[str, list[int]] = {}
        self._stems: dict[tuple[str, str], list[int]] = {}
        for number, key in enumerate(table.word_keys()):
            surface, _, stemmed = key.partition(SURFACE_END)
            self._surfaces.setdefault(surface, []).append(number)
            if stemmed:
                language, _, stem = stemmed.partition(LANGUAGE_END)
                self._stems.setdefault((language, stem), []).append(number)
        self._having = {field: self._inverted(values) for field, values in self._values.items()}
        self._places: dict[tuple[str, int], Mapping[int, Sequence[int]]] = {}

    def _inverted(self, articles: Iterable[_Values]) -> Mapping[int, Articles]:
        """The articles that have each word in a field."""
        having: dict[int, Articles] = {}
        for number, values in enumerate(articles):
            bit = 1 << number
            for fragment in set().union(*values):
                for word, _ in self._tokens[fragment]:
                    having[word] = having.get(word, 0) | bit
        return having

    @property
    def surfaces(self) -> Iterable[str]:
        """Every spelling, in any field."""
        return self._surfaces

    def with_surfaces(self, field: str, surfaces: Iterable[str]) -> Articles:
        """The articles that have any of these spellings in a field."""
        return self._any_of(field, (word for surface in surfaces for word in self._surfaces.get(surface, ())))

    def with_term(self, field: str, term: Term) -> Articles:
        """The articles that have a term in a field, in its spelling or in another form."""
        return self._any_of(field, self._words_of(term))

    def _any_of(self, field: str, words: Iterable[int]) -> Articles:
        having, found = self._having[field], 0
        for word in words:
            found |= having.get(word, 0)
        return found

    def _words_of(self, term: Term) -> Iterator[int]:
        yield from self._surfaces.get(term.surface, ())
        for key in term.stems:
            yield from self._stems.get(key, ())

    def have(self, phrase: MatchPhrase, field: str, number: int) -> bool:
        """Whether the words of the phrase stand together in a field of that article."""
        places = self._places_in(field, number)
        terms = [{place for word in self._words_of(term) for place in places.get(word, ())} for term in phrase.terms]
        if phrase.slop is not None:
            weighed = [dict.fromkeys(own, 1.0) for own in terms]
            return bool(spans.near(weighed, spans.span_width(len(terms), phrase.slop)))
        if not terms:
            return False
        rarest = min(range(len(terms)), key=lambda step: len(terms[step]))
        return any(
            all(start + step in own for step, own in enumerate(terms))
            for start in (place - rarest for place in terms[rarest])
        )

    def _places_in(self, field: str, number: int) -> Mapping[int, Sequence[int]]:
        """The positions of each word in a field of that article; those of two values are a gap apart."""
        known = self._places.get((field, number))
        if known is not None:
            return known
        places: dict[int, list[int]] = {}
        position = 0
        for fragments in self._values[field][number]:
            start = position
            for fragment in fragments:
                for word, ahead in self._tokens[fragment]:
                    places.setdefault(word, []).append(position + ahead)
                position += self._advances[fragment]
            if position > start:
                position += VALUE_GAP
        self._places[field, number] = places
        return places
