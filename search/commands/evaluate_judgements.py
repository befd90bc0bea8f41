"""The part of `backfile evaluate ranking` that measures an archive on what its own editors judged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import click

from search.archive import Archive, current_minute
from search.commands.context import loaded_settings
from search.commands.evaluate_trials import Task, Tried, beside_today, trial_lines, trial_rows
from search.commands.terminal import one_line
from search.engines import open_engine
from search.errors import NotFound
from search.evaluation.own_judgements import (
    COLUMNS,
    OwnJudgements,
    archive_rankings,
    own_judgements,
    score_own,
    unjudged,
)
from search.evaluation.ranking_scores import SetScores
from search.evaluation.rankings import Rankings
from search.evaluation.trials import Trial
from search.query import Operator
from search.settings import Settings

FEWEST: Final = 6
"""Queries that differ, of which all have to be better for a two-sided p of the randomisation test below 0.05: with
five it is 2 / 2^5 at least."""
ENOUGH: Final = 25
"""Queries that a comparison should have at least (Buckley and Voorhees: "Evaluating evaluation measure stability",
SIGIR 2000)."""
MOSTLY_JUDGED: Final = 0.8
"""The part of the first ten hits below which what nobody judged decides more than what somebody did."""
_MAX_IN_ADDRESS: Final = 40
"""Articles that an address of the desk names."""
_TESTED: Final = ("ndcg_at_10", "ndcg_of_judged")


@dataclass(frozen=True, slots=True)
class OwnArchive:
    """An archive that is to be measured on its own judgements, and the task that any process can do for that."""

    settings: Settings
    own: OwnJudgements
    task: Task


@dataclass(frozen=True, slots=True)
class Measured:
    """An archive as it ranks today, and as it would in trials."""

    own: OwnJudgements
    present: SetScores
    tried: Sequence[Tried]
    notes: Sequence[str]
    unjudged: Mapping[str, Sequence[str]]
    prefix: str


def own_archive(ctx: click.Context, index: str | None, operator: Operator) -> OwnArchive:
    """Reads the judgements of the index in force. Raises NotFound if there are none to measure by, ConfigError."""
    settings = loaded_settings(ctx, index=index).settings
    archive = Archive(open_engine(settings.index), settings.model_copy(update={"meaning_model": ""}))
    own = own_judgements(archive)
    archive.close()
    if not own.good:
        what = "no article of the archive is judged good" if own.gone or own.without_good else "nothing is judged yet"
        raise NotFound(f"{what}; judge hits at /desk/judge, or with `backfile judgements add`")
    arguments = {
        "settings": settings.model_dump_json(),
        "now": current_minute().isoformat(),
        "queries": tuple(own.good),
        "operator": operator,
    }
    return OwnArchive(settings, own, Task("search.evaluation.own_judgements:archive_rankings", arguments))


def measured(archive: OwnArchive, trials: Sequence[Trial], rankings: Sequence[Rankings]) -> Measured:
    """Measures an archive, given what each trial found."""
    own = archive.own
    today = archive_rankings(**archive.task.arguments)
    present = score_own(own, today)
    tried = beside_today(present, trials, [score_own(own, each) for each in rankings])
    missing = unjudged(own, (today, *rankings))
    return Measured(own, present, tried, list(_notes(own, present, tried)), missing, archive.settings.public_url)


def own_row(measured: Measured, *, per_query: bool, list_unjudged: bool) -> dict[str, Any]:
    """What was measured, as JSON."""
    own, present = measured.own, measured.present
    row: dict[str, Any] = {
        "name": present.name,
        "documents": present.documents,
        "queries": present.queries,
        "good": sum(map(len, own.good.values())),
        "bad": sum(map(len, own.bad.values())),
        "gone": own.gone,
        "queries_without_good": own.without_good,
        **present.means,
        "notes": list(measured.notes),
    }
    if measured.tried:
        row["trials"] = trial_rows(present, measured.tried)
    if per_query:
        row["per_query"] = present.scores
    if list_unjudged:
        row["unjudged"] = measured.unjudged
    return row


def own_lines(measured: Measured, *, per_query: bool, list_unjudged: bool) -> Iterator[str]:
    """What was measured, for people to read."""
    own, present = measured.own, measured.present
    yield _line("judged by editors", "articles", "queries", COLUMNS.values())
    means = [f"{present.means[name]:.3f}" for name in COLUMNS]
    yield _line(present.name, f"{present.documents:,}", f"{present.queries:,}", means)
    good, bad = (sum(map(len, each.values())) for each in (own.good, own.bad))
    yield f"  {good:,} good and {bad:,} bad"
    if measured.tried:
        tested = {name: COLUMNS[name] for name in _TESTED}
        yield from trial_lines(present, measured.tried, tested, {"judged_at_10": COLUMNS["judged_at_10"]})
    if per_query:
        yield ""
        yield f"{'query':<34}" + "".join(f"{name:>11}" for name in COLUMNS.values())
        for query in own.good:
            scores = "".join(f"{present.scores[name][query]:>11.3f}" for name in COLUMNS)
            yield f"{f'  {one_line(query)}'[:33]:<34}{scores}"
    if list_unjudged and measured.unjudged:
        yield ""
        yield "among the first ten and not judged:"
        for query, articles in measured.unjudged.items():
            asked = [("q", query), *(("article", name) for name in articles[:_MAX_IN_ADDRESS])]
            yield f"  {len(articles):>3}  {measured.prefix.rstrip('/')}/desk/judge?{urlencode(asked)}"


def _line(name: str, documents: str, queries: str, figures: Any) -> str:
    return f"{name:<17}{documents:>9} {queries:>7}" + "".join(f"{figure:>11}" for figure in figures)


def _notes(own: OwnJudgements, present: SetScores, tried: Sequence[Tried]) -> Iterator[str]:
    count = present.queries
    if count < FEWEST:
        yield (
            f"{count} judged {'query is' if count == 1 else 'queries are'} too few to say anything: no difference "
            f"could be told from chance; judge {ENOUGH} or more"
        )
    elif count < ENOUGH:
        yield f"{count} judged queries show great differences only; judge {ENOUGH} or more"
    share = min(each.means["judged_at_10"] for each in (present, *(row.scores for row in tried)))
    if share < MOSTLY_JUDGED:
        whose = "the first ten hits" if not tried else "the first ten hits of a ranking"
        yield (
            f"only {share:.0%} of {whose} are judged, and nDCG@10, MRR and recall take the others for bad: look at "
            "`of judged` and bpref, and judge what `--unjudged` lists"
        )
    if not any(own.bad.values()):
        yield "no article is judged bad, so `of judged` and bpref cannot tell rankings apart; judge bad ones too"
    if own.gone:
        yield f"judgements of articles that are no longer in the archive, which do not count: {own.gone:,}"
    if own.without_good:
        yield f"judged queries without a good article in the archive, which are left out: {own.without_good:,}"
