"""The commands that look after an index: `delete`, `check` with its repair, and `optimize`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from search.commands.context import (
    TEXT,
    index_option,
    interruptible,
    json_option,
    loaded_settings,
    maintained,
    opened_engine,
)
from search.commands.differences import audited_shown, compared_shown, comparison_lines
from search.commands.progress import Show, progress_bar
from search.commands.terminal import byte_size, one_line
from search.engines import open_engine
from search.engines.protocols import Condensed, Engine, Maintenance, Phase, Problem, WriterProgress
from search.errors import ConfigError, IndexMissing
from search.ledger import ledger_of

if TYPE_CHECKING:  # SQLite is loaded when a ledger is opened
    from search.ledger.waiting import Due

# --- delete --------------------------------------------------------------------------------------------------------


@click.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...", type=TEXT)
@click.option("--yes", is_flag=True, help="Do not ask.")
@index_option
@click.pass_context
def delete(ctx: click.Context, ids: tuple[str, ...], yes: bool, index: str | None) -> None:
    """Delete the articles with those IDs from the index, all in one commit. Those that wait for their moment, such as
    the end of an embargo, are forgotten as well.

    They come back the next time `backfile index` reads an input that still holds them; `backfile takedown` keeps them
    out, and leaves no word of them in the files. The exit code is 1 if one of them is not in the index.

    \b
    Example:
      backfile delete 19870226-0001 --yes
    """
    settings = loaded_settings(ctx, index=index).settings
    engine = open_engine(settings.index)
    waiting = ledger_of(engine, settings).waiting
    waits = waiting.states(list(ids))
    found = _titles(engine, ids, may_be_missing=bool(waits))
    shown = found | {name: f"waits{_until(due)}" for name, due in waits.items()}
    for name in shown if not yes else ():
        click.echo(f"{one_line(name)}: {one_line(shown[name])}")
    if shown and not yes:
        click.confirm(f"delete {len(shown):,} from {engine.url}?", abort=True)
    forgotten = waiting.drop(waits) if waits else 0
    found |= _titles(engine, waits, may_be_missing=True)  # its moment may have come meanwhile
    click.echo(f"deleted {_deleted(engine, list(found)):,}")
    if forgotten:
        click.echo(f"forgot {forgotten:,} that waited for {'its' if forgotten == 1 else 'their'} moment")
    absent = [name for name in dict.fromkeys(ids) if name not in shown]
    for name in absent:
        click.echo(f"not in the index: {one_line(name)}", err=True)
    if absent:
        ctx.exit(1)


def _titles(engine: Engine, ids: Iterable[str], *, may_be_missing: bool) -> dict[str, str]:
    """The titles of those articles that the index has."""
    try:
        with engine.searcher() as searcher:
            return {name: document.title for name in dict.fromkeys(ids) if (document := searcher.document(name))}
    except IndexMissing:
        if not may_be_missing:
            raise
        return {}


def _until(due: Due) -> str:
    return f" until {due.due.isoformat(timespec='seconds')}" if due.due else ", withheld by its source"


def _deleted(engine: Engine, ids: list[str]) -> int:
    if not ids:
        return 0
    with interruptible(), engine.writer() as writer:
        return sum(writer.delete(name) for name in ids)


# --- check ---------------------------------------------------------------------------------------------------------


@click.command()
@click.option(
    "--repair", is_flag=True, help="Repair what is wrong, losing as little as possible, and say what was done."
)
@click.option("--against", metavar="URL", type=TEXT, help="Compare all articles with those of another index.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar.")
@index_option
@json_option
@click.pass_context
def check(ctx: click.Context, index: str | None, against: str | None, as_json: bool, repair: bool, quiet: bool) -> None:
    """Read the whole index and list what is wrong with it. The exit code is 1 if anything is.

    With --against, all articles of this index and of another, taken as correct, are read and compared; what is
    missing, superfluous or different is listed. With --repair, whatever follows from the stored articles is made again
    from them. Articles that cannot be read any more are left out and counted; index their sources again to bring them
    back. The exit code is 1 if any were lost.

    \b
    Examples:
      backfile check
      backfile check --against whoosh:backup
    """
    engine = opened_engine(ctx, index)
    if repair and against is not None:
        raise click.UsageError("--repair and --against exclude each other", ctx)
    if repair:
        is_well = _repair(engine, as_json)
    elif against is not None:
        is_well = _check_against(engine, opened_engine(ctx, against), as_json, quiet)
    else:
        is_well = _check(engine, as_json, quiet)
    if not is_well:
        ctx.exit(1)


def _check(engine: Engine, as_json: bool, quiet: bool) -> bool:
    """Prints the problems; returns whether there are none."""
    can_repair = isinstance(engine, Maintenance)
    with interruptible():
        problems = list(_problems(engine, quiet or as_json))
    if as_json:
        click.echo(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False))
        return not problems
    for problem in problems:
        click.echo(f"{problem.place}: {problem.message}")
    if not problems:
        click.echo(f"{engine.url}: no problems found")
        return True
    count = "1 problem" if len(problems) == 1 else f"{len(problems):,} problems"
    them = "it" if len(problems) == 1 else "them"
    click.echo(f"{engine.url}: {count}" + (f"; repair {them} with `backfile check --repair`" if can_repair else ""))
    return False


def _problems(engine: Engine, quiet: bool) -> Iterable[Problem]:
    """What an engine finds in its files; of one that has none, which articles are not what they should be."""
    if isinstance(engine, Maintenance):
        return engine.check()
    return audited_shown(engine, quiet=quiet).problems(engine.url)


def _check_against(engine: Engine, other: Engine, as_json: bool, quiet: bool) -> bool:
    """Prints in what an index differs from another; returns whether it does not."""
    if engine.identity() == other.identity():
        raise ConfigError(f"{engine.url} and {other.url} are the same archive; name another to compare with")
    with interruptible():
        compared = compared_shown(other, engine, quiet=quiet or as_json)
    if as_json:
        click.echo(json.dumps({"index": engine.url, "against": other.url, **compared.as_json()}, ensure_ascii=False))
    else:
        click.echo("\n".join(comparison_lines(compared, (other.url, engine.url))))
    return compared.is_same


def _repair(engine: Engine, as_json: bool) -> bool:
    """Repairs and prints what was done; returns whether no article was lost."""
    with interruptible():
        repairs = list(maintained(engine).repair())
    lost = sum(repair.lost for repair in repairs)
    if as_json:
        click.echo(json.dumps([asdict(repair) for repair in repairs], ensure_ascii=False))
        return not lost
    for repair in repairs:
        click.echo(f"{repair.place}: {repair.message}")
    if not repairs:
        click.echo(f"{engine.url}: no problems found, nothing to repair")
    elif lost:
        click.echo(f"{engine.url}: repaired; {'1 article was' if lost == 1 else f'{lost:,} articles were'} lost")
    else:
        click.echo(f"{engine.url}: repaired; no article was lost")
    return not lost


# --- optimize ------------------------------------------------------------------------------------------------------


@click.command()
@index_option
@json_option
@click.pass_context
def optimize(ctx: click.Context, index: str | None, as_json: bool) -> None:
    """Merge all segments of the index into one and free the space of deleted articles.

    Searches become a little faster. Indexing keeps the number of segments small anyway, so this is worth its time
    after a large import, or before an archive is copied to where it is only read. It needs as much free space as the
    index takes: the old segments stay until the next commit, for searches that are running.
    """
    engine = opened_engine(ctx, index)
    with interruptible(), progress_bar("merging", quiet=as_json, scaled=True) as show:
        done = maintained(engine).optimize(progress=_merging(show))
    click.echo(json.dumps(asdict(done)) if as_json else "\n".join([engine.url, *_figures(done)]))


def _figures(done: Condensed) -> Iterator[str]:
    yield f"articles    {done.articles:,}"
    yield f"segments    {done.segments[0]:,}, now {done.segments[1]:,}"
    yield f"size        {byte_size(done.size_bytes[0])}, now {byte_size(done.size_bytes[1])}"
    yield f"time        {done.seconds:.1f} s"


def _merging(show: Show | None) -> WriterProgress | None:
    """Shows how many articles have been merged, and nothing of the rest."""

    def progress(phase: Phase, done: int, total: int) -> None:
        if show and phase == "merging":
            show(done, total)

    return progress if show else None
