"""Words that are spelled nearly like another, as the cluster finds them: candidates, with upper bounds of their counts.

They are words of all versions, also of those that the commit does not show. Where the cluster's notion of nearness is
narrower than `search.query.patterns.edit_distance`, other questions fill the gap:

- The term suggester wants the first character to be the same for two edits. A fuzzy query does not, and the profile of
  one lists its words, but without counts.
- Both leave words out that have fewer characters than there are edits, and the fuzzy query also those beyond 1,024.
  A regular expression finds these.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from search.analysis import MAX_TOKEN_LENGTH
from search.engines.opensearch.format.articles import sound
from search.engines.opensearch.format.commits import Commit
from search.engines.opensearch.queries import regular
from search.engines.opensearch.reading.frequent import MAX_BUCKETS
from search.engines.opensearch.transport.connection import Connection
from search.query.limits import MAX_DISTANCE
from search.query.patterns import edit_distance

WORDS: Final = "words"
"""The field of all surfaces of an article."""

MAX_NEAR: Final = 10_000
"""Words that the suggester gives; those with the fewest edits and then in most articles come first."""

_MAX_CLAUSES: Final = 1_024
"""Words of a fuzzy query."""

_SHORT: Final = 3
"""Words of at most so many characters may have neighbours with fewer characters than there are edits."""

_NEAR: Final = "near"
_NAMED: Final = re.compile(rf"\b{WORDS}:([^\s)]+)")
_NOTHING: Final[dict[str, Any]] = {"size": 0, "track_total_hits": False, "query": {"match_none": {}}}

Bounds = Mapping[str, int | None]
"""Words, each with a number that its articles do not exceed, or None where none is known."""


def listing(patterns: Iterable[str], size: int = MAX_BUCKETS) -> dict[str, Any]:
    """The search that lists the words which match one of the regular expressions, up to `size` of each."""
    terms = {"field": WORDS, "size": size, "min_doc_count": 0, "order": {"_key": "asc"}}
    return {**_NOTHING, "aggs": {f"{at}": {"terms": {**terms, "include": one}} for at, one in enumerate(patterns)}}


def listed(answer: Mapping[str, Any]) -> list[str]:
    """The words in the answer to `listing`."""
    found = answer.get("aggregations", {}).values()
    return [bucket["key"] for aggregation in found for bucket in aggregation["buckets"]]


def same_beginning(word: str, distance: int, size: int) -> dict[str, Any]:
    """The search for at most `size` words that begin as `word` does and are at most `distance` edits away from it."""
    if not 0 < len(word) <= MAX_TOKEN_LENGTH + distance:
        return _NOTHING
    body = listing([regular.literal(word), *_shorter_than_edits(word, distance)], size)
    return {**body, "suggest": {_NEAR: _suggestion(word, distance, 1, size)}} if distance > 0 else body


def bounds_of(answer: Mapping[str, Any]) -> dict[str, int | None]:
    """The words in the answer to `same_beginning`."""
    found: dict[str, int | None] = dict.fromkeys(listed(answer))
    for suggestion in answer.get("suggest", {}).values():
        found |= {option["text"]: int(option["freq"]) for entry in suggestion for option in entry["options"]}
    return found


def similar_words(connection: Connection, commit: Commit, word: str, distance: int) -> Bounds:
    """All words at most `distance` edits away from `word`, itself left out. Another trip for those of 3 characters and
    fewer, or with very many neighbours, which in a large archive takes seconds."""
    distance = min(distance, MAX_DISTANCE)
    if len(word) > MAX_TOKEN_LENGTH + distance:
        return {}
    if not word:
        [answer] = connection.search_many([(commit.index, listing([f".{{1,{distance}}}"]))])
        return dict.fromkeys(listed(answer))
    near = {_NEAR: _suggestion(word, 1, 0, MAX_NEAR), f"{_NEAR} 2": _suggestion(word, 2, 1, MAX_NEAR)}
    body = {**_NOTHING, "suggest": near if distance > 1 else {_NEAR: near[_NEAR]}}
    searches = [(commit.index, body)]
    if wide := distance > 1:
        searches.append((commit.index, _fuzzy(word)))
    answers = connection.search_many(searches)
    found = bounds_of(answers[0])
    others = _profiled(answers[1]) if wide else []
    if wide and (len(word) <= _SHORT or len(others) >= _MAX_CLAUSES):
        patterns = [*_shorter_than_edits(word, distance), *_other_beginnings(word)]
        [answer] = connection.search_many([(commit.index, listing(patterns))])
        others += listed(answer)
    near_enough = {other for other in others if edit_distance(word, other, distance) <= distance}
    return {other: found.get(other) for other in sorted(near_enough | found.keys()) if other != word}


def _suggestion(word: str, distance: int, beginning: int, size: int) -> dict[str, Any]:
    return {
        "text": sound(word),
        "term": {
            "field": WORDS,
            "size": size,
            "shard_size": size,
            "suggest_mode": "always",
            "max_edits": distance,
            "prefix_length": beginning,
            "min_word_length": 1,
            "max_term_freq": 2_000_000_000,
            "max_inspections": 1,
            "accuracy": 0.0,
        },
    }


def _fuzzy(word: str) -> dict[str, Any]:
    """A search that counts nothing: its profile has the words that it was rewritten to."""
    value = {"value": sound(word), "fuzziness": MAX_DISTANCE, "max_expansions": _MAX_CLAUSES, "transpositions": True}
    query = {"constant_score": {"filter": {"fuzzy": {WORDS: value}}}}
    return {"size": 0, "track_total_hits": False, "terminate_after": 1, "profile": True, "query": query}


def _profiled(answer: Mapping[str, Any]) -> list[str]:
    searches = (search for shard in answer["profile"]["shards"] for search in shard["searches"])
    texts = (query["description"] for search in searches for query in search["query"])
    return list(dict.fromkeys(word for text in texts for word in _NAMED.findall(text)))


def _shorter_than_edits(word: str, distance: int) -> list[str]:
    """Words with the same beginning, of which one has fewer characters than the other has edits from it."""
    if distance < MAX_DISTANCE or len(word) > _SHORT:
        return []
    return [regular.literal(word[0]) + (".{0,2}" if len(word) == 1 else "")]


def _other_beginnings(word: str) -> Iterator[str]:
    """Expressions that have every word two edits from `word` with another beginning among their matches."""
    if len(word) > MAX_TOKEN_LENGTH // 5:
        return  # no word so long has a thousand neighbours
    yield f".{{0,2}}({_one_edit(word[1:])})"
    if len(word) > 1:
        yield f"{regular.literal(word[1])}{regular.literal(word[0])}({_one_edit(word[2:])})"


def _one_edit(text: str) -> str:
    """All that is at most one edit away from a text, which itself is."""
    parts = [regular.literal(character) for character in text]
    count = len(parts)
    inserted = ["".join([*parts[:at], ".", *parts[at:]]) for at in range(count + 1)]
    changed = ["".join([*parts[:at], ".?", *parts[at + 1 :]]) for at in range(count)]
    swapped = ["".join([*parts[:at], parts[at + 1], parts[at], *parts[at + 2 :]]) for at in range(count - 1)]
    return "|".join([*inserted, *changed, *swapped]) if text else ".?"
