"""`backfile evaluate language`: how often the language of an article is detected rightly, by what articles state."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from time import process_time
from typing import Any, Final

import click

from index.commands import require_locations
from index.judged_articles import read_documents
from index.language import Detector, open_detector
from search.commands.context import interruptible, json_option
from search.document import Document
from search.errors import SourceError

FEW: Final = 200
PARTS: Final[Mapping[str, Callable[[Document], tuple[str, str]]]] = {
    "title and text": lambda document: (document.title, document.body),
    f"{FEW} characters of the text": lambda document: ("", document.body[:FEW]),
    "title alone": lambda document: (document.title, ""),
}
"""What the detector is shown of an article."""

_WRITTEN: Final = {"nb": "no"}
"""Tags of languages that are detected under another one."""


@dataclass(slots=True)
class _Score:
    """What was detected for the articles that state one language."""

    right: int = 0
    wrong: int = 0
    abstained: int = 0
    mistaken_for: Counter[str] = field(default_factory=Counter)


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(), callback=require_locations)
@click.option("--languages", default="", metavar="TAGS", help="Detect only these languages, such as de,en.")
@json_option
def language(paths: tuple[str, ...], languages: str, as_json: bool) -> None:
    """Detect the language of every article of SOURCE that states one, and compare.

    Prints for each language how many articles state it, for how many it is detected rightly and wrongly, and for how
    many the detector is not sure; for the title and the text, for a short text, and for the title alone.

    \b
    Example:
      backfile evaluate language articles.jsonl.gz
    """
    detector = open_detector([tag for tag in languages.replace(",", " ").split() if tag])
    with interruptible():
        documents = [document for document in read_documents(paths) if document.language]
        if not documents:
            raise SourceError("the articles", "none states its language, so there is nothing to compare with")
        rows = [row for part in PARTS for row in _rows(part, documents, detector)]
    click.echo(json.dumps(rows, ensure_ascii=False) if as_json else "\n".join(_lines(rows)))


def _rows(part: str, documents: Sequence[Document], detector: Detector) -> Iterator[dict[str, Any]]:
    detector.detect("The model is loaded", "before the clock starts")
    scores: dict[str, _Score] = {}
    started = process_time()
    for document in documents:
        base = document.language.partition("-")[0]
        stated = _WRITTEN.get(base, base)
        _take(scores.setdefault(stated, _Score()), stated, detector.detect(*PARTS[part](document)))
    milliseconds = (process_time() - started) / len(documents) * 1000
    for stated, score in sorted(scores.items(), key=lambda item: -item[1].right - item[1].wrong - item[1].abstained):
        yield {
            "part": part,
            "language": stated,
            "articles": score.right + score.wrong + score.abstained,
            "right": score.right,
            "wrong": score.wrong,
            "abstained": score.abstained,
            "mistaken_for": dict(score.mistaken_for.most_common()),
            "milliseconds": milliseconds,
        }


def _take(score: _Score, stated: str, found: str) -> None:
    score.right += found == stated
    score.abstained += not found
    if found and found != stated:
        score.wrong += 1
        score.mistaken_for[found] += 1


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    part = ""
    for row in rows:
        if row["part"] != part:
            part = row["part"]
            yield f"{part}, {row['milliseconds']:.2f} ms an article"
            yield f"{'language':<10}{'articles':>9}{'right':>8}{'wrong':>8}{'unsure':>8}  mistaken for"
        mistaken = ", ".join(f"{name} {count:,}" for name, count in list(row["mistaken_for"].items())[:5])
        yield (
            f"{row['language']:<10}{row['articles']:>9,}{row['right']:>8,}{row['wrong']:>8,}{row['abstained']:>8,}"
            f"  {mistaken}".rstrip()
        )
