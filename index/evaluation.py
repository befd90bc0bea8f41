"""Measures how well article bodies are extracted, on pages whose body is known.

The method is that of the article extraction benchmark by Scrapinghub (now Zyte, 2019), so that figures can be compared.
Bodies are split into words, words into overlapping shingles of four, and shingles are compared as multisets. The counts
of each page are divided by their sum, so that long articles weigh no more than short ones. Precision and recall are
means over pages, and F1 is the harmonic mean of these two.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from index.article import Article
from index.extraction.html_tree import parse_html, text_of
from index.extraction.text_flow import HEADINGS
from index.judged_pages import Reading, Truth
from index.normalize import one_line
from index.sources.encoding import decode
from index.sources.files import read_page

SHINGLE = 4
WORST = 15

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class PageScore:
    """One page: the shares of shingles that were found rightly, found wrongly, and missed; they add up to 1."""

    name: str
    url: str
    right: float
    wrong: float
    missed: float
    article: Article | None
    reason: str = ""
    headings: int = 0
    headings_kept: int = 0
    headings_found: int = 0
    headings_right: int = 0

    @property
    def precision(self) -> float:
        """Share of the extracted text that belongs to the body; 1 if nothing was found and nothing should have been."""
        return self.right / (self.right + self.wrong) if self.right + self.wrong else float(not self.missed)

    @property
    def recall(self) -> float:
        """Share of the body that was extracted."""
        return self.right / (self.right + self.missed) if self.right + self.missed else float(not self.wrong)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return _harmonic(self.precision, self.recall)


@dataclass(frozen=True, slots=True)
class ExtractionScore:
    """All pages, in the order of the ground truth, and how long reading them took."""

    pages: tuple[PageScore, ...]
    seconds: float

    @property
    def precision(self) -> float:
        """Mean over the pages from which something was extracted."""
        return _mean([page.precision for page in self.pages if page.right + page.wrong > 0])

    @property
    def recall(self) -> float:
        """Mean over the pages that have a body."""
        return _mean([page.recall for page in self.pages if page.right + page.missed > 0])

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return _harmonic(self.precision, self.recall)

    @property
    def pages_per_second(self) -> float:
        """Pages read in a second, with their metadata."""
        return len(self.pages) / self.seconds if self.seconds else 0.0

    def coverage(self) -> dict[str, int]:
        """How many pages yielded each part of an article."""
        found = [page.article for page in self.pages if page.article]
        parts = (
            "title",
            "url",
            "summary",
            "sections",
            "authors",
            "tags",
            "published",
            "modified",
            "language",
            "headings",
        )
        return {part: sum(bool(getattr(article, part)) for article in found) for part in parts}

    def report(self, worst: int = WORST) -> str:
        """The figures as text, with the `worst` pages by F1."""
        lines = [
            f"pages      {len(self.pages)} ({self.pages_per_second:.1f} a second)",
            f"F1         {self.f1:.4f}",
            f"precision  {self.precision:.4f}",
            f"recall     {self.recall:.4f}",
            "",
            "found on how many pages",
            *(
                f"  {part:<10} {count:>5}  {count / max(1, len(self.pages)):.0%}"
                for part, count in self.coverage().items()
            ),
        ]
        lines += ["", *self._about_headings()]
        lowest = sorted(self.pages, key=lambda page: page.f1)[:worst]
        if lowest:
            lines += ["", "worst pages", "     F1  precision  recall  page"]
            lines += [
                f"  {page.f1:.3f}      {page.precision:.3f}   {page.recall:.3f}  {_label(page)}" for page in lowest
            ]
        return "\n".join(lines)

    def _about_headings(self) -> Iterator[str]:
        keys = ("headings", "headings_kept", "headings_found", "headings_right")
        stated, kept, found, right = (sum(getattr(page, key) for page in self.pages) for key in keys)
        yield f"headings kept: {kept} of {stated} that are headings on the page and a line of the known body"
        yield f"headings right: {right} of {found} that were found are a line of the known body"


def score_bodies(truth: Truth, readings: Mapping[str, Reading], seconds: float) -> ExtractionScore:
    """Scores what was found on each page by its known body ("name": {"articleBody": …, "url": …})."""
    return ExtractionScore(tuple(_score(name, page, readings[name]) for name, page in truth.items()), seconds)


def shingle_counts(expected: str, found: str) -> tuple[float, float, float]:
    """The shares of four-word shingles that are right, wrong and missed.

    A text of fewer words is one shingle. Two empty texts give 0, 0, 0.
    """
    wanted, got = _shingles(expected), _shingles(found)
    right = (wanted & got).total()
    total = (wanted | got).total()
    if not total:
        return 0.0, 0.0, 0.0
    return right / total, (got.total() - right) / total, (wanted.total() - right) / total


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    words = _WORD.findall(text)
    starts = range(max(1, len(words) - SHINGLE + 1)) if words else range(0)
    return Counter(tuple(words[start : start + SHINGLE]) for start in starts)


def _score(name: str, truth: Mapping[str, Any], reading: Reading) -> PageScore:
    body, article = truth["articleBody"], reading.article
    counts = shingle_counts(body, article.body if article else "")
    lines = set(map(one_line, body.split("\n")))
    stated = _headings_on(reading.file) & lines
    found = {one_line(heading.text) for heading in article.headings} if article else set()
    return PageScore(
        name, truth.get("url", ""), *counts, article, reading.reason,
        len(stated), len(stated & found), len(found), len(found & lines),
    )  # fmt: skip


def _headings_on(file: Path) -> set[str]:
    page = parse_html(decode(read_page(str(file)), markup=True))
    return {one_line(text_of(heading)) for heading in page.iter(*HEADINGS)} - {""}


def _label(page: PageScore) -> str:
    return " ".join(filter(None, (page.name[:12], page.url, page.reason)))


def _mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def _harmonic(first: float, second: float) -> float:
    return 2 * first * second / (first + second) if first + second else 0.0
