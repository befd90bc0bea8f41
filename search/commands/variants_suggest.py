"""`backfile variants suggest`: candidates for the file of variants, mined from the archive, each with its evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click

from search.commands.context import index_option, interruptible, json_option, loaded_settings, opened_engine
from search.commands.progress import progress_bar
from search.commands.terminal import one_line
from search.naming.mining import LEAST_SCORE, Suggestion, suggestions
from search.results.as_json import adapter
from search.variants import BOTH_WAYS, load_variants


@click.command()
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="How many to print at most."
)
@click.option(
    "--least", type=click.FloatRange(0, 1), default=LEAST_SCORE, show_default=True, help="The lowest score to print."
)
@click.option(
    "--articles", type=click.IntRange(1), default=200_000, show_default=True, help="How many articles to read at most."
)
@click.option(
    "--seconds",
    type=click.FloatRange(1, 86_400),
    default=600.0,
    show_default=True,
    help="About how long to take.",
)
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@index_option
@json_option
@click.pass_context
def suggest(
    ctx: click.Context,
    limit: int,
    least: float,
    articles: int,
    seconds: float,
    quiet: bool,
    index: str | None,
    as_json: bool,
) -> None:
    """Print names that the archive seems to spell in two ways, the likeliest first, as a file to edit.

    Two names are compared by their sound, in whatever script, and by the names that stand beside them. Look through the
    lines, delete those that are wrong, and paste the rest into the file of the setting variants. What the file has
    already is left out.

    \b
    Example:
      backfile variants suggest > suggested.toml
    """
    known = load_variants(loaded_settings(ctx, index=index).settings.variants)
    engine = opened_engine(ctx, index)
    with interruptible(), progress_bar("Reading", quiet=quiet) as show, engine.searcher() as searcher:
        found = suggestions(searcher, known, articles=articles, seconds=seconds, least=least, progress=show)[:limit]
    if as_json:
        click.echo(adapter(tuple[Suggestion, ...]).dump_json(tuple(found)))
        return
    for line in _as_toml(found):
        click.echo(line)


def _as_toml(found: Sequence[Suggestion]) -> Iterator[str]:
    yield f"{BOTH_WAYS} = ["
    for each in found:
        evidence = each.evidence
        names = json.dumps(each.names, ensure_ascii=False)  # a list of strings in JSON is one in TOML
        why = f"{each.articles[0]:,} and {each.articles[1]:,} articles, {evidence.kind}, sound {evidence.likeness:.2f}"
        beside = f", company {evidence.company:.2f}: {', '.join(evidence.companions)}" if evidence.companions else ""
        yield f"  {names},  # {each.score:.2f}: {one_line(why + beside)}"
    yield "]"
