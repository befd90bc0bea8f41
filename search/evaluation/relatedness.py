"""How good the related articles are, on articles that editors have labelled: two that share a label are related.

Every system gets the same articles, title and text alone, without their labels and their dates.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from statistics import fmean, median
from time import process_time
from typing import Final, Literal, get_args

from search.archive import Archive
from search.assist.subject import Subject
from search.document import Document
from search.engines.grouping import near_copies
from search.engines.protocols import Engine
from search.errors import SourceError
from search.meaning import open_encoder
from search.meaning.encoding import encode_missing
from search.schema import KEYWORD_FIELDS
from search.settings import Settings

LabelField = Literal["tag", "section"]
LABEL_FIELDS: Final[tuple[LabelField, ...]] = get_args(LabelField)

CUTOFF: Final = 10
"""Related articles that are judged."""
DEPTH: Final = 50
"""Articles that other systems are asked for, of which near-copies are left out."""


@dataclass(frozen=True, slots=True)
class LabelledArticles:
    """Articles with at least one label each, the labels by id, and the articles that are asked for related ones."""

    documents: Sequence[Document]
    labels: Mapping[str, frozenset[str]]
    subjects: Sequence[str]


@dataclass(frozen=True, slots=True)
class FoundRelated:
    """What a system found for each subject, the best first, and the processor time that each took, in milliseconds."""

    found: Mapping[str, Sequence[str]]
    milliseconds: Sequence[float]


@dataclass(frozen=True, slots=True)
class RelatedScores:
    """The precision of the first CUTOFF for each subject."""

    name: str
    precision: Mapping[str, float]
    milliseconds: Sequence[float]

    @property
    def mean(self) -> float:
        """The mean precision."""
        return fmean(self.precision.values())

    @property
    def median_ms(self) -> float:
        """The median of the processor time, in milliseconds."""
        return median(self.milliseconds)


def labelled_articles(
    documents: Iterable[Document],
    *,
    field: LabelField = "tag",
    without: Collection[str] = (),
    articles: int | None = None,
    subjects: int = 300,
    seed: int = 1,
) -> LabelledArticles:
    """The articles that have a label: a tag or a section that fits none of the patterns `without` (as in a shell).

    If `articles` is given, only so many of them are kept, drawn at random. Of those with at least CUTOFF related
    articles, so that all of the first could be right, `subjects` are drawn at random; the same `seed` draws the same.
    Raises SourceError if there are none.
    """
    kept: list[Document] = []
    labels: dict[str, frozenset[str]] = {}
    for document in documents:
        own = {each for each in KEYWORD_FIELDS[field].values(document) if not _fits(each, without)}
        if own and document.id not in labels:
            labels[document.id] = frozenset(own)
            kept.append(_bare(document))
    if articles is not None and articles < len(kept):
        kept = sorted(random.Random(seed).sample(kept, articles), key=lambda document: document.id)  # noqa: S311
        labels = {document.id: labels[document.id] for document in kept}
    sizes = Counter(label for own in labels.values() for label in own)
    able = [document.id for document in kept if max(sizes[label] for label in labels[document.id]) > CUTOFF]
    if not able:
        raise SourceError("the articles", f"no {field} is shared by more than {CUTOFF} of them, so nothing is judged")
    drawn = random.Random(seed).sample(sorted(able), min(subjects, len(able)))  # noqa: S311 - a sample, no secret
    return LabelledArticles(kept, labels, drawn)


def _fits(label: str, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(label, pattern) for pattern in patterns)


def _bare(document: Document) -> Document:
    """The article without what tells its labels, and what other systems do not get."""
    return replace(document, sections=(), tags=(), authors=(), published=None, modified=None, url=None, html="")


def indexed(articles: LabelledArticles, engine: Engine) -> Engine:
    """The engine, which holds the articles in place of what it held. Raises EngineError."""
    with engine.writer(replace=True) as writer:
        for document in articles.documents:
            writer.add(document)
    return engine


def related_by_us(articles: LabelledArticles, engine: Engine, meaning: str = "") -> FoundRelated:
    """The related articles of each subject in an engine that holds them all.

    With `meaning`, the folder of a model, they are encoded first, and ordered by meaning too.
    Raises EngineError, ConfigError.
    """
    if encoder := open_encoder(meaning):
        encode_missing(engine, encoder)
    with Archive(engine, Settings.model_validate({"meaning_model": meaning})).pinned() as pinned:

        def ask(name: str) -> list[str]:
            (found,) = pinned.related_by_mode(Subject(id=name), ("background",), limit=CUTOFF, snippets=False)
            return [row.hit.id for row in found.hits]

        return timed(articles.subjects, ask)


def timed(subjects: Sequence[str], ask: Callable[[str], Sequence[str]]) -> FoundRelated:
    """Asks for the related articles of every subject, one after the other."""
    found: dict[str, Sequence[str]] = {}
    milliseconds = []
    for name in subjects:
        started = process_time()
        found[name] = ask(name)
        milliseconds.append((process_time() - started) * 1000.0)
    return FoundRelated(found, milliseconds)


def score(name: str, articles: LabelledArticles, related: FoundRelated) -> RelatedScores:
    """The share of the first CUTOFF that have a label of the subject; what is missing counts as wrong.

    The subject, its near-copies, and near-copies of what came before are passed over: a copy is no second article.
    """
    fingerprints = {document.id: document.fingerprint for document in articles.documents}
    precision = {}
    for subject, found in related.found.items():
        first = _without_copies(subject, found, fingerprints)[:CUTOFF]
        right = sum(not articles.labels[subject].isdisjoint(articles.labels[each]) for each in first)
        precision[subject] = right / CUTOFF
    return RelatedScores(name, precision, related.milliseconds)


def _without_copies(subject: str, found: Sequence[str], fingerprints: Mapping[str, int]) -> list[str]:
    kept = [subject]
    for name in found:
        if name not in kept and not any(near_copies(fingerprints[name], fingerprints[other]) for other in kept):
            kept.append(name)
    return kept[1:]
