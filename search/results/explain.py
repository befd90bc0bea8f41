"""Why a hit has its score, in numbers and in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import ceil
from typing import Final

from search.dates import epoch
from search.document import Head, Moment
from search.engines.base import Explanation, FieldPart, LeafScore, Recency
from search.results.response import ExplainedField, ExplainedHit, ExplainedLeaf

_RARITIES: Final = ((0.001, "very rare"), (0.01, "rare"), (0.1, "not common"), (1.0, "common"))
"""The largest share of the archive's articles that may hold a word for each degree of rarity."""

_FIELDS: Final = {
    "title": "in the title",
    "headings": "in a heading",
    "summary": "in the summary",
    "body": "in the text",
    "author": "in the author's name",
    "tags": "in a tag",
}


def explained(explanation: Explanation, head: Head, articles: int, recency: Recency | None) -> ExplainedHit:
    """The engine's explanation with a summary in words. `articles` is the size of the archive."""
    leaves = sorted(explanation.leaves, key=lambda leaf: (-leaf.score, leaf.text))
    sentences = [_leaf_in_words(leaf, articles) for leaf in leaves if leaf.parts]
    if not sentences:
        sentences = ["no word of the query counts for the score"]
    if recency is not None:
        sentences.append(_recency_in_words(head.published, explanation.recency, recency.now))
    return ExplainedHit("; ".join(sentences), explanation.recency, tuple(_leaf(leaf) for leaf in leaves))


def _leaf(leaf: LeafScore) -> ExplainedLeaf:
    fields = tuple(ExplainedField(part.field, part.frequency, part.length, part.weight) for part in leaf.parts)
    return ExplainedLeaf(leaf.text, leaf.score, leaf.articles, leaf.idf, leaf.saturation, leaf.boost, fields)


def _leaf_in_words(leaf: LeafScore, articles: int) -> str:
    share = leaf.articles / max(articles, 1)
    rarity = next((name for most, name in _RARITIES if share <= most), "common")
    weighed = f", weighed {leaf.boost:g} times" if leaf.boost != 1.0 else ""
    fields = listed([_field_in_words(part) for part in leaf.parts])
    found = f"found in {leaf.articles:,} of {articles:,} articles"
    return f"{_quoted(leaf.text)} is {rarity} ({found}){weighed} and occurs {fields}"


def _quoted(leaf: str) -> str:
    """A leaf in quotation marks; a plain phrase has them already."""
    return f"“{leaf[1:-1]}”" if leaf[0] == leaf[-1] == '"' else f"“{leaf}”"


def _field_in_words(part: FieldPart) -> str:
    field = _FIELDS.get(part.field, f"in {part.field}")
    times = ceil(part.frequency - 1e-9)
    forms = part.frequency != times
    if times <= 1:
        return f"{field} (in another form)" if forms else field
    return f"about {times} times {field} (also in other forms)" if forms else f"{times} times {field}"


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
