"""`backfile status`: a summary of the index in a few lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import click

from search.archive import Archive
from search.commands.context import index_option, json_option, opened_archive
from search.commands.terminal import byte_size, one_line, window_width, wrapped
from search.document import SECTION_SEPARATOR
from search.engines.plan import Sort
from search.engines.protocols import Engine
from search.engines.replicas import Replicating
from search.pinned_archive import PinnedArchive
from search.request.request import SearchRequest

_LISTED: Final = 12
_INDENT: Final = " " * 12


@click.command()
@index_option
@json_option
@click.pass_context
def status(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Show how many articles the index holds, their languages, sections and dates, and how large the index is."""
    archive = opened_archive(ctx, index, by_meaning=True)
    with archive.pinned() as pinned:
        facts = _facts(archive.engine.url, pinned) | _ledger_facts(archive) | _replica_facts(archive.engine)
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False))
        return
    width = window_width()
    for line in _lines(facts):
        click.echo("\n".join(wrapped(line, width, rest=_INDENT)))


def _facts(url: str, archive: PinnedArchive) -> dict[str, Any]:
    status, overview = archive.status, archive.overview()
    return {
        "index": url,
        "engine": status.engine,
        "generation": status.generation,
        "built_at": status.built_at.isoformat(timespec="seconds"),
        "articles": status.articles,
        "size_bytes": status.size_bytes,
        "first": _edge(archive, "oldest"),
        "last": _edge(archive, "newest"),
        "undated": overview.undated,
        "encoded": archive.encoded,
        "languages": {value.value: value.count for value in overview.languages},
        "sections": dict(archive.section_counts()),
    }


def _ledger_facts(archive: Archive) -> dict[str, Any]:
    dated, withheld = archive.ledger.waiting.counts()
    next_due = archive.ledger.waiting.next_due()
    return {
        "ledger": archive.ledger.place,
        "waiting": dated,
        "next_due": next_due and next_due.isoformat(timespec="seconds"),
        "withheld": withheld,
        "taken_down": len(archive.ledger.removed.in_force()),
    }


def _replica_facts(engine: Engine) -> dict[str, Any]:
    state = engine.replica_state() if isinstance(engine, Replicating) else None
    if state is None:
        return {"replica": None}
    since = state.in_step_at and state.in_step_at.isoformat(timespec="seconds")
    return {"replica": {"of": state.of, "in_step_at": since, "problem": state.problem or None}}


def _edge(archive: PinnedArchive, sort: Sort) -> str | None:
    """The day of the first or the last article; None if no article is dated."""
    hits = archive.search(SearchRequest(sort=sort, per_page=1, facets=(), fields=("published",))).hits
    return hits[0].published[:10] if hits and hits[0].published else None


def _lines(facts: Mapping[str, Any]) -> Iterator[str]:
    size = facts["size_bytes"]
    yield f"index       {facts['index']} ({facts['engine']})"
    yield f"articles    {facts['articles']:,}"
    if size is not None:
        yield f"size        {byte_size(size)}"
    yield f"generation  {facts['generation']}, committed {facts['built_at']}"
    if (replica := facts["replica"]) is not None:
        problem = f"; {replica['problem']}" if replica["problem"] else ""
        yield f"replica     of {replica['of']}, last in step {replica['in_step_at'] or 'never'}{problem}"
    span = f"{facts['first']} to {facts['last']}" if facts["first"] else "no article is dated"
    yield f"published   {span}" + (f", {facts['undated']:,} undated" if facts["undated"] else "")
    if facts["encoded"] is not None:
        yield f"by meaning  {facts['encoded']:,} of {facts['articles']:,} articles"
    if facts["waiting"] or facts["withheld"]:
        until = f", the next until {facts['next_due']}" if facts["next_due"] else ""
        yield f"waiting     {facts['waiting']:,}{until}; {facts['withheld']:,} withheld"
    if facts["taken_down"]:
        yield f"taken down  {facts['taken_down']:,}"
    yield f"languages   {_listed(facts['languages'])}"
    top = {name: count for name, count in facts["sections"].items() if SECTION_SEPARATOR not in name}
    yield f"sections    {_listed(top)}"


def _listed(values: Mapping[str, int]) -> str:
    shown = [f"{one_line(name)} {count:,}" for name, count in list(values.items())[:_LISTED]]
    more = [f"and {len(values) - _LISTED:,} more"] if len(values) > _LISTED else []
    return ", ".join([*shown, *more]) or "none"
