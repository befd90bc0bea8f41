"""The leaves of a query: which documents each matches, and how often they have it, field by field.

The frequency of a word is a sum of term frequencies, so that no position is looked at. A surface stands in the index in
one of three spellings (`positions.spelling_words`), a stem in one for derived forms and one for others
(`positions.stem_words`), and each of these counts so that an occurrence comes to its weight:

    the spelling of the query, with its own stem     0.2 (spelling) + 0.8 (stem)
    the same spelling without a stem, or another's   1.0 (spelling)
    another form, inflected alike                    0.8 (stem)
    another form, one of the two derived             0.25 (stem)

If the query was written with accents on which its stem depends, "with its own stem" cannot be told from the spelling,
and the places where it stands without are looked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import permutations
from typing import Final, NamedTuple

from search.analysis import is_derived
from search.analysis.stemming import LONGEST_INFLECTION
from search.analysis.tokens import stem_of
from search.batching import in_batches
from search.engines.expansion import expansion_weight
from search.engines.opensearch.format.mapping import POSITION_SEPARATOR, TOKENS, WORD_SEPARATOR
from search.engines.opensearch.format.positions import spelling_words, stem_words
from search.engines.opensearch.queries import regular
from search.engines.opensearch.queries.clauses import Clause, every, scripted, some
from search.engines.spans import span_width
from search.query.match import Leaf, MatchFuzzy, MatchPhrase, MatchPrefix, MatchTerm, MatchWildcard, Term
from search.ranking import DERIVED_WEIGHT, STEM_WEIGHT
from search.schema import TEXT_FIELDS

Expansions = Mapping[Leaf, Sequence[str]]
"""The words of each pattern, as the cluster's vocabulary has them."""


class Context(NamedTuple):
    """What the translation of a leaf depends on besides the leaf.

    `languages`: the codes of the archive's languages that have a stemmer. `compact`: the words of a phrase that may
    stand at one place are a regular expression, which the cluster counts as one clause and takes longer to set up.
    """

    expansions: Expansions
    languages: Collection[str]
    compact: bool = False


_MOST_ORDERS: Final = 3
"""Terms of a near phrase whose orders are tried one by one, so that each of them has a position of its own. Of more,
two may share the position of a joined word and its first part."""

_ANY: Final = {"*": "[^:!=]*", "?": "[^:!=]"}
_SPELLINGS: Final = 3
_FEW: Final = 340
"""Words that are counted at once, in all spellings: a cluster takes at most 1,024 terms as one."""

_PLACES: Final = "params.weight * Math.rint(_score / (1.000000001 - _score))"
"""An `intervals` query with n matches without gaps scores n / (n + 1)."""
_NEAR_PLACES: Final = "params.weight * _score / (1.000000001 - _score)"
"""One with gaps counts a match for less, the wider it is."""


class Forms(NamedTuple):
    """What stands in the index for a word of a query: its spelling, its other forms, and those that are derived where
    it is not, or the other way round. `told`: every occurrence of the spelling that is no `!spelling` has its own stem.
    """

    spelling: tuple[str, str, str]
    like: tuple[str, ...]
    derived: tuple[str, ...]
    told: bool

    @property
    def all(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(dict.fromkeys((*self.spelling, *self.like, *self.derived)))


def forms_of(term: Term, languages: Collection[str]) -> Forms:
    """The forms of a term in an archive of these languages (the codes of those that have a stemmer)."""
    like: list[str] = []
    derived: list[str] = []
    told = {language for language, _ in term.stems}.issuperset(languages)
    for language, stem in term.stems:
        is_one = is_derived(term.surface, stem, language)
        like += stem_words(language, stem, is_one)
        if language in LONGEST_INFLECTION:
            derived.append(stem_words(language, stem, not is_one)[0])
        told &= stem == stem_of(term.surface, term.surface, language)
    return Forms(spelling_words(term.surface), tuple(dict.fromkeys(like)), tuple(derived), told)


def matching(leaf: Leaf, context: Context) -> Clause:
    """The documents that a leaf matches; scores nothing."""
    if isinstance(leaf, MatchTerm):
        return _with_any(leaf, forms_of(leaf.term, context.languages).all)
    if isinstance(leaf, MatchPhrase):
        forms = [forms_of(term, context.languages) for term in leaf.terms]
        rough = [_with_any(leaf, form.all) for form in forms] if _is_everywhere(leaf) else []
        return every(
            [*rough, some([_phrase(field, leaf, [form.all for form in forms], context) for field in leaf.fields])]
        )
    words = context.expansions[leaf]
    if _is_everywhere(leaf):
        return {"terms": {"words": list(words)}}
    return _with_any(leaf, _spellings(words))


def holding(surfaces: Sequence[str], fields: Sequence[str]) -> Clause:
    """The documents in which one of the surfaces stands in one of the fields; scores mean nothing."""
    return _anywhere_in(fields, _spellings(surfaces))


def _with_any(leaf: Leaf, words: Sequence[str]) -> Clause:
    return {"terms": {"any": list(words)}} if _is_everywhere(leaf) else _anywhere_in(leaf.fields, words)


def _anywhere_in(fields: Sequence[str], words: Sequence[str]) -> Clause:
    return some([{"terms": {f"text.{field}": list(words)}} for field in fields])


def _is_everywhere(leaf: Leaf) -> bool:
    return len(leaf.fields) == len(TEXT_FIELDS)


def frequency(leaf: Leaf, field: str, context: Context) -> Clause:
    """The documents that a leaf matches in one field, each scored with its weighted number of occurrences."""
    if isinstance(leaf, MatchTerm):
        return _summed(_of_term(field, forms_of(leaf.term, context.languages), context))
    if isinstance(leaf, MatchPhrase):
        return _summed(_of_phrase(field, leaf, [forms_of(term, context.languages) for term in leaf.terms], context))
    words = context.expansions[leaf]
    if not isinstance(leaf, MatchFuzzy) and len(words) < _FEW:
        pattern = {"regexp": {"pattern": _regular(leaf), "max_expansions": _FEW * _SPELLINGS}}
        return scripted({"intervals": {f"text.{field}": pattern}}, _PLACES, weight=1.0)
    by_weight: dict[float, list[str]] = {}
    for word in words:
        by_weight.setdefault(expansion_weight(leaf, word), []).append(word)
    return _summed(
        [
            _counted(field, _spellings(part), weight)
            for weight, words in by_weight.items()
            for part in in_batches(words, _FEW)
        ]
    )


def _regular(leaf: MatchPrefix | MatchWildcard) -> str:
    """A pattern as a regular expression of Lucene's, for the spellings of surfaces and for no stem.

    Where a joined word and its first part both fit at one position, they are counted once, unlike terms.
    """
    pattern = f"{leaf.prefix}*" if isinstance(leaf, MatchPrefix) else leaf.pattern
    return "[!=]?" + "".join(_ANY.get(letter) or regular.literal(letter) for letter in pattern)


def _summed(clauses: Sequence[Clause]) -> Clause:
    return clauses[0] if len(clauses) == 1 else some(clauses)


def _spellings(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(spelling for word in words for spelling in spelling_words(word))


def _of_term(field: str, forms: Forms, context: Context) -> list[Clause]:
    plain, accented, unstemmed = forms.spelling
    if not forms.like:
        return [_counted(field, forms.spelling, 1.0)]
    alike = _counted(field, forms.like, STEM_WEIGHT)
    others = [_counted(field, forms.derived, DERIVED_WEIGHT)] if forms.derived else []
    if forms.told:
        own = [_counted(field, (accented, unstemmed), 1.0), _counted(field, (plain,), 1.0 - STEM_WEIGHT)]
    else:
        with_stems = (plain, accented)
        elsewhere = {"intervals": {f"text.{field}": _elsewhere(with_stems, forms.like, context)}}
        own = [
            _counted(field, (unstemmed,), 1.0),
            _counted(field, with_stems, 1.0 - STEM_WEIGHT),
            scripted(elsewhere, _PLACES, weight=STEM_WEIGHT),
        ]
    return [*own, alike, *others]


def _of_phrase(field: str, leaf: MatchPhrase, forms: Sequence[Forms], context: Context) -> list[Clause]:
    count = _PLACES if leaf.slop is None or len(forms) == 1 else _NEAR_PLACES
    exact = _phrase(field, leaf, [form.spelling for form in forms], context)
    if not any(form.like for form in forms):
        return [scripted(exact, count, weight=1.0)]
    loose = _phrase(field, leaf, [form.all for form in forms], context)
    return [scripted(exact, count, weight=1.0 - STEM_WEIGHT), scripted(loose, count, weight=STEM_WEIGHT)]


def _counted(field: str, words: Sequence[str], weight: float) -> Clause:
    """Scores the occurrences of all the words, each with the weight."""
    if len(words) == 1:
        return {"term": {f"text.{field}": {"value": words[0], "boost": weight}}}
    query = {"query": WORD_SEPARATOR.join(words), "analyzer": TOKENS, "boost": weight}
    return {"match": {f"text.{field}": query}}


def _phrase(field: str, leaf: MatchPhrase, terms: Sequence[Sequence[str]], context: Context) -> Clause:
    """Scores the places of a phrase in one field: see `_PLACES` and `_NEAR_PLACES`."""
    gaps = 0 if leaf.slop is None else span_width(len(terms), leaf.slop) - len(terms)
    if leaf.slop is None or len(terms) == 1:
        places = _places(terms, context)
    elif len(terms) > _MOST_ORDERS or (context.compact and _are_apart(terms)):
        places = _places(terms, context, gaps=gaps, ordered=False)
    else:
        orders = [_places(order, context, gaps=gaps) for order in dict.fromkeys(permutations(map(tuple, terms)))]
        places = orders[0] if len(orders) == 1 else {"any_of": {"intervals": orders}}
    return {"intervals": {f"text.{field}": places}}


def _are_apart(terms: Sequence[Sequence[str]]) -> bool:
    """Whether no two terms have a word in common, so that they hardly ever stand at the same position."""
    return len({word for words in terms for word in words}) == sum(map(len, terms))


def _places(terms: Sequence[Sequence[str]], context: Context, *, gaps: int = 0, ordered: bool = True) -> Clause:
    """The places at which one word of each list stands, with at most so many other positions between them."""
    if not context.compact:
        query = POSITION_SEPARATOR.join(map(WORD_SEPARATOR.join, terms))
        return {"match": {"query": query, "analyzer": TOKENS, "max_gaps": gaps, "ordered": ordered}}
    one_by_one = [{"regexp": {"pattern": "|".join(map(regular.literal, words))}} for words in terms]
    return {"all_of": {"intervals": one_by_one, "max_gaps": gaps, "ordered": ordered}}


def _elsewhere(words: Sequence[str], others: Sequence[str], context: Context) -> Clause:
    """The positions at which one of the words stands, and none of the others."""
    [(kind, places)] = _places([words], context).items()
    return {kind: {**places, "filter": {"not_overlapping": _places([others], context)}}}
