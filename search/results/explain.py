"""Why a hit is ranked where it is, in numbers and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from types import MappingProxyType
from typing import Final

from search.dates import epoch
from search.document import Head, Moment
from search.engines.plan import Recency
from search.engines.results import Explanation, FieldPart, LeafScore, MeaningScore
from search.ranking import MEANING_WEIGHT
from search.results.response import ExplainedField, ExplainedHit, ExplainedLeaf, ExplainedMeaning

_RARITIES: Final = ((0.001, "very rare"), (0.01, "rare"), (0.1, "uncommon"), (1.0, "common"))
"""How rare a word is called, by the largest share of the archive's articles that may contain it."""

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_ROUNDING: Final = 1e-9
_FIELDS: Final = {
    "title": "in the title",
    "headings": "in a heading",
    "summary": "in the summary",
    "body": "in the text",
    "author": "in the author's name",
    "tags": "in a tag",
}


def explained(
    explanation: Explanation,
    head: Head,
    articles: int,
    recency: Recency | None,
    *,
    all_words: bool = True,
    meaning: MeaningScore | None = None,
    spelling_of: Mapping[str, str] = NOTHING,
) -> ExplainedHit:
    """The engine's explanation with a summary in words; `articles` is the number of articles in the archive.

    An article that does not have `all_words` stands behind those that do, whatever its score.
    `spelling_of`: what was typed, by the text of a leaf that is another spelling of it.
    """
    leaves = sorted(explanation.leaves, key=lambda leaf: (-leaf.score, leaf.text))
    sentences = [_leaf_in_words(leaf, articles, spelling_of.get(leaf.text)) for leaf in leaves if leaf.parts]
    if not sentences:
        sentences = ["no word of the query affects the score"]
    if recency is not None:
        sentences.append(_recency_in_words(head.published, explanation.recency, recency.now))
    if meaning is not None:
        sentences.append(_meaning_in_words(meaning))
    if not all_words:
        sentences.append("it does not have all words, so it stands behind those that have them")
    scores = tuple(_leaf(leaf, spelling_of.get(leaf.text)) for leaf in leaves)
    return ExplainedHit("; ".join(sentences), explanation.recency, scores, _meaning(meaning) if meaning else None)


def _meaning(meaning: MeaningScore) -> ExplainedMeaning:
    return ExplainedMeaning(meaning.similarity, meaning.by_words, MEANING_WEIGHT)


def _meaning_in_words(meaning: MeaningScore) -> str:
    if meaning.similarity is None:
        return "by meaning: not known yet, so only its words count"
    return f"by meaning: {meaning.similarity:.2f} of 1, with a weight of {MEANING_WEIGHT:.0%} beside its words"


def _leaf(leaf: LeafScore, typed: str | None) -> ExplainedLeaf:
    fields = tuple(
        ExplainedField(part.field, part.frequency, part.length, part.factor, part.weight) for part in leaf.parts
    )
    return ExplainedLeaf(leaf.text, leaf.score, leaf.articles, leaf.idf, leaf.saturation, leaf.boost, fields, typed)


def _leaf_in_words(leaf: LeafScore, articles: int, typed: str | None) -> str:
    share = leaf.articles / max(articles, 1)
    rarity = next((name for most, name in _RARITIES if share <= most), "common")
    name = _quoted(leaf.text) + (f", another spelling of “{typed}”," if typed else "")
    weight = f", has the weight {leaf.boost:.3g}" if leaf.boost != 1.0 else ""
    found = f"found in {leaf.articles:,} of {articles:,} articles"
    raised = max((part.factor for part in leaf.parts), default=1.0)
    untitled = f", which counts {raised:.3g} times as much where there is no title" if raised > 1.0 else ""
    return f"{name} is {rarity} ({found}){weight} and occurs {_occurrences(leaf.parts)}{untitled}"


def _quoted(leaf: str) -> str:
    """A leaf in quotation marks; a phrase without field or slop has its own, which give way to these."""
    return f"“{leaf[1:-1]}”" if leaf[0] == leaf[-1] == '"' else f"“{leaf}”"


def _occurrences(parts: Sequence[FieldPart]) -> str:
    """ "in the title and, in other forms, about twice in the text". Other forms count less, so frequencies have
    fractions."""
    same = listed([_times(part) for part in parts if _is_whole(part.frequency)])
    other = listed([_times(part) for part in parts if not _is_whole(part.frequency)])
    if not other:
        return same
    if same:
        return f"{same} and, in other forms, {other}"
    return f"in another form {other}" if all(part.frequency <= 1.0 for part in parts) else f"in several forms {other}"


def _times(part: FieldPart) -> str:
    field = _FIELDS.get(part.field, f"in {part.field}")
    times = ceil(part.frequency - _ROUNDING)
    about = "" if _is_whole(part.frequency) else "about "
    if times <= 1:
        return field
    return f"{about}twice {field}" if times == 2 else f"{about}{times} times {field}"


def _is_whole(frequency: float) -> bool:
    return abs(frequency - round(frequency)) <= _ROUNDING


def _recency_in_words(published: Moment | None, factor: float, now: datetime) -> str:
    if published is None:
        return f"undated, so it keeps {factor:.0%} of its score"
    age = age_in_words((now.timestamp() - epoch(published)) / 86_400)
    return f"published {age}, " + (
        "so it keeps its whole score" if factor >= 0.9995 else f"so it keeps {factor:.1%} of its score"
    )


def age_in_words(days: float) -> str:
    """ "this week", "3 months ago", "12 years ago". A date in the future is "this week", as for recency."""
    if days < 7:
        return "this week"
    if days < 60:
        return f"{days / 7:.0f} weeks ago" if days >= 10.5 else "a week ago"
    if days < 730:
        return f"{days / 30.44:.0f} months ago"
    return f"{days / 365.25:.0f} years ago"


def listed(items: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""
