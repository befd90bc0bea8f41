"""One of a story only: articles in order, with the versions of each behind it.

A version is a near-copy (a reprint, a re-post), or a translation of the same day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from search.assist.translations import Marks, are_alike, marks_of, numbers_in
from search.document import Document, Head, Moment
from search.engines.grouping import near_copies
from search.engines.plan import KeywordFilter, Plan
from search.engines.protocols import Searcher
from search.engines.results import Hit, Results
from search.query.match import MatchAny, MatchDates
from search.schema import MISSING

MAX_READ: Final = 64
"""Articles whose texts are read for one answer, to compare them."""
MAX_SAME_DAYS: Final = 300
"""Articles of the stories' days among which more translations are looked for."""


@dataclass(frozen=True, slots=True)
class Version:
    """Another version of an article: a translation, or else a near-copy."""

    head: Head
    is_translation: bool


@dataclass(slots=True)
class Story:
    """A hit and its other versions. One that is `pinned` is shown as it is, whatever versions there are."""

    hit: Hit
    head: Head
    versions: list[Version] = field(default_factory=list)
    pinned: bool = False


@dataclass(frozen=True, slots=True)
class _Face:
    """What of a head tells that two articles cannot be versions of each other, so that few texts have to be read."""

    fingerprint: int
    day: date | None
    language: str
    numbers: frozenset[str]


class Versions:
    """Tells versions of one article from other articles. Reads the texts of MAX_READ articles at most."""

    def __init__(self, searcher: Searcher, own: Document | None = None) -> None:
        """`own` is an article whose text is at hand and need not be read."""
        self._searcher = searcher
        self._own = own
        self._marks: dict[str, Marks | None] = {}
        self._faces: dict[str, _Face] = {}

    def version_of(self, known: Document | Head, other: Head) -> Version | None:
        """What the other article is to a known one; None if it is an article of its own."""
        one, two = self._face(known), self._face(other)
        if near_copies(one.fingerprint, two.fingerprint):
            return Version(other, is_translation=False)
        if not _may_be_translations(one, two):
            return None
        marks, others = self._marks_of(known.id), self._marks_of(other.id)
        return Version(other, is_translation=True) if marks and others and are_alike(marks, others) else None

    def _face(self, head: Document | Head) -> _Face:
        if (face := self._faces.get(head.id)) is None:
            day = None if head.published is None else day_of(head.published)
            face = self._faces[head.id] = _Face(head.fingerprint, day, head.language, numbers_in(head.title))
        return face

    def _marks_of(self, id: str) -> Marks | None:
        if id not in self._marks and len(self._marks) < MAX_READ:
            document = self._own if self._own and id == self._own.id else self._searcher.document(id)
            self._marks[id] = marks_of(document) if document else None
        return self._marks.get(id)


def _may_be_translations(one: _Face, other: _Face) -> bool:
    """Whether two articles have the same day, different languages, and the same numbers in their titles, if both have
    some: Ruby 2.1.2 is not 2.0.0, though both were released on one day, with notes alike in all else."""
    if one.day is None or one.day != other.day or not one.language or not other.language:
        return False
    return one.language != other.language and (not one.numbers or not other.numbers or one.numbers == other.numbers)


def gathered(
    hits: Iterable[Hit], own: Document, limit: int, versions: Versions, first: Iterable[Story] = ()
) -> tuple[list[Story], list[Version]]:
    """The first `limit` stories of hits with heads, the best first, and the versions of `own` among the hits.

    A story is shown by its version in the language of `own`, if there is one, or else by its best. `first` are stories
    that stand before all others.
    """
    stories = list(first)
    others: list[Version] = []
    for hit in hits:
        if (head := hit.head) is None:
            continue
        if (version := versions.version_of(own, head)) is not None:
            others.append(version)
        elif (told := _told(stories, head, versions)) is not None:
            _add(*told, hit, own.language)
        elif len(stories) < limit:
            stories.append(Story(hit, head))
    return stories, others


def told_once(hits: Iterable[Hit], limit: int, versions: Versions, language: str) -> list[Story]:
    """The first `limit` stories of hits with heads, in their order, with those of their versions that are among the
    hits. A story is shown by its version in that language, if there is one, or else by its first."""
    stories: list[Story] = []
    for hit in hits:
        if (head := hit.head) is None:
            continue
        if (told := _told(stories, head, versions)) is not None:
            _add(*told, hit, language)
        elif len(stories) < limit:
            stories.append(Story(hit, head))
    return stories


def _told(stories: Sequence[Story], head: Head, versions: Versions) -> tuple[Story, Version] | None:
    """The story that an article is a version of."""
    found = ((story, versions.version_of(story.head, head)) for story in stories)
    return next(((story, version) for story, version in found if version is not None), None)


def _add(story: Story, version: Version, hit: Hit, language: str) -> None:
    """Adds a version to a story; shows it instead if it alone is in the language."""
    if story.pinned or version.head.language != language or story.head.language == language:
        story.versions.append(version)
        return
    story.versions.insert(0, Version(story.head, version.is_translation))
    story.hit, story.head = hit, version.head


def same_days_plan(own: Document, stories: Sequence[Story], deadline: float | None) -> Plan | None:
    """The search for what was published on the days of an article and of some stories in other languages."""
    heads: list[Document | Head] = [own, *(story.head for story in stories)]
    moments = [head.published for head in heads if head.language]
    days = sorted({day_of(moment) for moment in moments if moment})
    if not days:
        return None
    languages = {head.language for head in heads if head.language}
    rule = KeywordFilter("lang", exclude=(MISSING, *(languages if len(languages) == 1 else ())))
    match = MatchAny(tuple(MatchDates("published", day, day) for day in days))
    return Plan(match, (rule,), sort="newest", limit=MAX_SAME_DAYS, bring="head", deadline=deadline)


def add_translations(
    found: Results, own: Document, stories: Sequence[Story], others: list[Version], versions: Versions
) -> None:
    """Adds those of the articles found that are further versions of `own` or of a story."""
    known = {own.id, *(version.head.id for version in others)}
    for story in stories:
        known |= {story.head.id, *(version.head.id for version in story.versions)}
    for hit in found.hits:
        if hit.head is None or hit.id in known:
            continue
        if (version := versions.version_of(own, hit.head)) is not None:
            others.append(version)
        elif (told := _told(stories, hit.head, versions)) is not None:
            told[0].versions.append(told[1])


def day_of(moment: Moment) -> date:
    """The day of publication in UTC."""
    if isinstance(moment, datetime):
        return (moment if moment.tzinfo is None else moment.astimezone(UTC)).date()
    return moment
