"""`backfile status`: a summary of the index in a few lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from search.commands.context import index_option, json_option, opened_engine
from search.commands.terminal import byte_size, one_line, window_width, wrapped
from search.document import SECTION_SEPARATOR
from search.engines.base import Engine, FacetPlan, Plan, Searcher, Sort
from search.query.match import MatchAll

_LISTED: Final = 12
_INDENT: Final = " " * 12


@click.command()
@index_option
@json_option
@click.pass_context
def status(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Show how many articles the index holds, their languages, sections and dates, and how large the index is."""
    engine = opened_engine(ctx, index)
    with engine.searcher() as searcher:
        facts = _facts(engine, searcher)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    width = window_width()
    for line in _lines(facts):
        click.echo("\n".join(wrapped(line, width, rest=_INDENT)))


def _facts(engine: Engine, searcher: Searcher) -> dict[str, Any]:
    state = searcher.status()
    years = FacetPlan("published", size=1, interval="year")
    counted = searcher.search(Plan(MatchAll(), facets=(years,), limit=0))
    return {
        "index": engine.url,
        "engine": state.engine,
        "generation": state.generation,
        "built_at": state.built_at.isoformat(timespec="seconds"),
        "articles": state.articles,
        "size_bytes": state.size_bytes,
        "first": _edge(searcher, "oldest"),
        "last": _edge(searcher, "newest"),
        "undated": counted.facets[0].missing,
        "languages": _by_count(searcher.values("lang")),
        "sections": _by_count(searcher.values("section")),
    }


def _edge(searcher: Searcher, sort: Sort) -> str | None:
    """The day of the first or the last article; None if no article is dated."""
    hits = searcher.search(Plan(MatchAll(), sort=sort, limit=1)).hits
    document = searcher.document(hits[0].id) if hits else None
    return document.published.isoformat()[:10] if document and document.published else None


def _by_count(values: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(values.items(), key=lambda item: (-item[1], item[0])))


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    size = facts["size_bytes"]
    yield f"index       {facts['index']} ({facts['engine']})"
    yield f"articles    {facts['articles']:,}"
    yield f"size        {byte_size(size) if size is not None else 'in memory'}"
    yield f"generation  {facts['generation']}, committed {facts['built_at']}"
    span = f"{facts['first']} to {facts['last']}" if facts["first"] else "no article is dated"
    yield f"published   {span}" + (f", {facts['undated']:,} undated" if facts["undated"] else "")
    yield f"languages   {_listed(facts['languages'])}"
    top = {name: count for name, count in facts["sections"].items() if SECTION_SEPARATOR not in name}
    yield f"sections    {_listed(top)}"


def _listed(values: Mapping[str, int]) -> str:
    shown = [f"{one_line(name)} {count:,}" for name, count in list(values.items())[:_LISTED]]
    more = [f"and {len(values) - _LISTED:,} more"] if len(values) > _LISTED else []
    return ", ".join([*shown, *more]) or "none"
