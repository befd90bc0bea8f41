"""Related articles: those most like an article or a draft, each with the words that it shares, one of a story only.

1. The most distinctive words of the subject are searched for (`distinctive`).
2. The first hits are put in order by how alike they are in all of these words (`similarity`).
3. Near-copies and translations are gathered behind one article (`stories`), and the list is filled with others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from search.assist.ageing import aged
from search.assist.article_meaning import ordered_by_meaning
from search.assist.distinctive import DistinctiveTerm, distinctive_terms
from search.assist.names import FoundName, found_names, mentions
from search.assist.pinned import pinned_stories
from search.assist.reasons import Reasons
from search.assist.related_modes import MODES, Mode, covers, mode_plan, mode_warnings
from search.assist.similarity import similarities
from search.assist.stories import Story, Version, Versions, add_translations, gathered, same_days_plan
from search.assist.subject import Subject, own_article
from search.document import Document
from search.engines.conventions import Deadline
from search.engines.plan import DateFilter, Plan
from search.engines.results import Hit
from search.errors import ParameterError
from search.ledger.choices import NOTHING_CHOSEN, Chosen
from search.query.match import MatchNone
from search.ranking import SCORE_DIGITS
from search.request.parameters import MAX_HALF_LIFE
from search.request.planning import Planner
from search.request.wording import out_of_range, unknown
from search.translation import gettext as _

MAX_LIMIT: Final = 50
DEPTHS: Final = (50, 200)
"""Hits that are compared with the subject; more where the first tell too few stories."""
LEAST_SHARED: Final = 2
"""Terms that a related article must share: a single one is chance."""

_NOTHING: Final = Plan(MatchNone(), limit=0)


@dataclass(frozen=True, slots=True)
class Relative:
    """A related article, the terms it shares (the most distinctive first), its other versions, and the `reasons` that
    a reader is told.

    `pinned`: an editor has put it there. `names`: those of the subject's text that its own has too.
    """

    hit: Hit
    shared: tuple[DistinctiveTerm, ...]
    versions: tuple[Version, ...]
    reasons: tuple[str, ...] = ()
    pinned: bool = False
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Relatives:
    """What `related` found, the best first, and the other `versions` of the subject itself, which is `own`.

    `total` counts every article within the mode's dates that shares a term. `names` are those in the subject's text.
    `timed_out`: time ran out, or parts of the index did not answer, so `found` and `total` may be incomplete.
    """

    mode: Mode
    terms: tuple[DistinctiveTerm, ...]
    total: int
    found: tuple[Relative, ...]
    versions: tuple[Version, ...]
    warnings: tuple[str, ...]
    plan: Plan
    own: Document
    names: tuple[FoundName, ...] = ()
    timed_out: bool = False


def related(
    planner: Planner,
    subject: Subject,
    *,
    modes: Sequence[Mode] = ("background",),
    limit: int = 10,
    texts: bool = True,
    deadline: float | None = None,
    half_life: int | None = None,
    chosen: Callable[[str], Chosen] | None = None,
) -> tuple[Relatives, ...]:
    """For each mode the articles related to an article of the archive, or to a draft, which counts as published now.

    Modes: "background" is what was published up to that day (for a draft everything, with or without a date),
    "same-days" within three days of it, "follow-ups" after it, and "any" at any time.
    An engine without the capability "vocabulary" finds nothing, and `warnings` say so.
    `texts`: each hit brings its text, and the names in the subject's are found. `deadline` is in seconds, for all.
    `half_life`: in so many days between two articles, half of how alike they are is lost. `chosen` says what editors
    chose for an article: what is pinned stands first in the modes whose days it fits, what is blocked in none.
    Raises NotFound, ParameterError, EngineError.
    """
    for mode in modes:
        if mode not in MODES:
            raise ParameterError("mode", unknown(str(mode), MODES))
    if not 1 <= limit <= MAX_LIMIT:
        raise ParameterError("limit", out_of_range(1, MAX_LIMIT))
    if half_life is not None and not 1 <= half_life <= MAX_HALF_LIFE:
        raise ParameterError("half_life", out_of_range(1, MAX_HALF_LIFE))
    own, stored = own_article(planner, subject)
    if "vocabulary" not in planner.capabilities:
        warnings = (_("this index cannot count words, which related articles need"),)
        return tuple(Relatives(mode, (), 0, (), (), warnings, _NOTHING, own) for mode in modes)
    choices = chosen(own.id) if chosen and stored else NOTHING_CHOSEN
    search = _Search(planner, own, stored, limit, Deadline(deadline), half_life, choices)
    found = [search.relatives(mode) for mode in modes]
    return tuple(search.with_texts(each) for each in found) if texts else tuple(found)


class _Search:
    """The search for articles related to one article: what its modes have in common is done once."""

    def __init__(
        self,
        planner: Planner,
        own: Document,
        stored: bool,
        limit: int,
        deadline: Deadline,
        half_life: int | None,
        chosen: Chosen,
    ) -> None:
        self._planner = planner
        self._searcher = planner.searcher
        self._status = planner.status
        self._own = own
        self._stored = stored
        self._limit = limit
        self._deadline = deadline
        self._half_life = half_life
        self._chosen = chosen
        self._versions = Versions(planner.searcher, own)
        self._terms: tuple[DistinctiveTerm, ...] = ()
        if "vocabulary" in planner.capabilities:
            self._terms = distinctive_terms(planner.searcher, own, self._status.articles, stored=stored)
        self._reasons = Reasons(own, self._terms)

    def relatives(self, mode: Mode) -> Relatives:
        """The related articles of a mode, without their texts."""
        languages = (self._own.language,) if self._stored and self._own.language else self._status.languages
        plan = mode_plan(self._own, self._terms, languages, mode, stored=self._stored)
        stories: list[Story] = []
        others: list[Version] = []
        for depth in DEPTHS if self._half_life is None else DEPTHS[-1:]:
            plan = replace(plan, limit=max(depth, 2 * self._limit) + self._stored, deadline=self._deadline.left())
            results = self._searcher.search(plan)
            ranked = self._ranked(results.hits)
            pins = self._pins(plan, ranked)
            hits = [hit for hit in ranked if hit.id not in self._chosen.pinned]
            stories, others = gathered(hits, self._own, self._limit, self._versions, pins)
            if len(stories) >= self._limit or results.total <= plan.limit or results.timed_out:
                break
        timed_out = results.timed_out | results.partial | self._add_translations(stories, others)
        self_counted = self._stored and bool(self._terms) and covers(plan, self._own)
        return Relatives(
            mode=mode,
            terms=self._terms,
            # Out of time, the article itself may not have been counted; what is pinned may share no term.
            total=max(len(stories), results.total - self_counted),
            found=tuple(self._relative(story) for story in stories),
            versions=self._allowed(others),
            warnings=mode_warnings(
                self._own, mode, self._terms, self._half_life, drafted=not self._stored and not results.total
            ),
            plan=plan,
            own=self._own,
            timed_out=timed_out,
        )

    def _ranked(self, found: Sequence[Hit]) -> list[Hit]:
        """The hits that share enough terms, without the article itself and what is blocked, the most alike first."""
        least = min(LEAST_SHARED, len(self._terms))
        left_out = self._chosen.blocked | ({self._own.id} if self._stored else set())
        hits = [hit for hit in found if len(_leaves(hit)) >= least and hit.id not in left_out]
        scores = similarities(hits, self._terms)
        scored = [
            replace(hit, score=round(score, SCORE_DIGITS), sort_key=None)
            for hit, score in zip(hits, scores, strict=True)
        ]
        alike = sorted(scored, key=lambda hit: -hit.score)
        by_meaning = ordered_by_meaning(self._planner, self._own, alike, stored=self._stored)
        return aged(by_meaning, self._own.published, self._half_life)

    def _pins(self, plan: Plan, ranked: Sequence[Hit]) -> list[Story]:
        """The pinned pieces that the mode's dates allow, as many as are wanted."""
        if not self._pinned:
            return []
        dates = next((rule for rule in plan.filters if isinstance(rule, DateFilter)), None)
        known = {hit.id: hit for hit in ranked}
        return pinned_stories(self._pinned, self._terms, dates, known)[: self._limit]

    @cached_property
    def _pinned(self) -> tuple[Document, ...]:
        """The pinned pieces that are in the archive."""
        return tuple(filter(None, map(self._searcher.document, self._chosen.pinned)))

    def _allowed(self, versions: Sequence[Version]) -> tuple[Version, ...]:
        return tuple(version for version in versions if version.head.id not in self._chosen.blocked)

    def _relative(self, story: Story) -> Relative:
        shared = self._shared(story.hit)
        versions, reasons = self._allowed(story.versions), self._reasons.of(shared)
        return Relative(story.hit, shared, versions, reasons, pinned=story.pinned)

    def _shared(self, hit: Hit) -> tuple[DistinctiveTerm, ...]:
        return tuple(self._terms[leaf] for leaf in _leaves(hit))

    def _add_translations(self, stories: Sequence[Story], others: list[Version]) -> bool:
        """Adds translations that are not among the hits; whether there was no time to find all of them."""
        if len(self._status.languages) < 2:
            return False
        plan = same_days_plan(self._own, stories, self._deadline.left())
        if plan is None:
            return False
        results = self._searcher.search(plan)
        add_translations(results, self._own, stories, others, self._versions)
        return results.timed_out or results.partial

    def with_texts(self, relatives: Relatives) -> Relatives:
        """The same with the text of each hit, and with the names in the subject's."""
        found = tuple(self._read(row) for row in relatives.found)
        return replace(relatives, found=found, names=self._names)

    def _read(self, row: Relative) -> Relative:
        document = self._searcher.document(row.hit.id)
        if document is None:
            return row
        text = f"{document.title}\n{document.summary}\n{document.body}"
        names = tuple(name.text for name in self._names if name.kind == "name" and mentions(text, name.text))
        return replace(row, hit=replace(row.hit, body=document.body), names=names)

    @cached_property
    def _names(self) -> tuple[FoundName, ...]:
        return found_names(self._planner, self._own, self._terms, stored=self._stored)


def _leaves(hit: Hit) -> tuple[int, ...]:
    return hit.matched.leaves if hit.matched else ()
