"""Short articles in any number, each the same in every run, for `benchmark.memory`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Final

WORDS: Final = 80
"""Words of an article. Long articles would hide what is kept of each."""

_VOCABULARY: Final = [
    f"{first}{second}"
    for first in ("ri", "fer", "brid", "coun", "har", "win")
    for second in ("ver", "ge", "cil", "bour", "ter")
]


def articles(many: int) -> Iterator[dict[str, str]]:
    """The first so many articles."""
    return map(article, range(many))


def article(number: int) -> dict[str, str]:
    """One article, by its number from 0."""
    choice = random.Random(number)  # noqa: S311 - no secret
    body = " ".join(choice.choices(_VOCABULARY, k=WORDS))
    return {
        "id": f"article/{number}",
        "url": f"https://news.example/2024/{number}",
        "title": f"Article {number} on the {choice.choice(_VOCABULARY)}",
        "body": f"{body} {number}.",
        "published": f"{2000 + number % 24}-0{1 + number % 9}-1{number % 10}",
    }


def page_of(article: dict[str, str]) -> str:
    """The article as a page."""
    return (
        f"<html><head><title>{article['title']}</title></head><body><article><h1>{article['title']}</h1>"
        f"<p>{article['body']}</p></article></body></html>"
    )
