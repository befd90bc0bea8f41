"""The commands that fill an archive: `backfile index` and `backfile copy`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import click

from index.copying import Copied, copy_archive
from index.fetching.address import read_address
from index.identity import written_location
from index.opening import open_for_filling
from index.progress import Bar, Progress, Silence, remark
from index.report import Report
from index.sources.fields import KEYS
from index.sources.files import STANDARD_INPUT, local_path
from index.sources.reading import say_nothing
from index.sources.web import is_web_address
from search.commands.context import TEXT, index_option, interruptible, json_option, loaded_settings, opened_engine
from search.commands.differences import compared_shown, comparison_lines
from search.commands.encode import encode_shown
from search.commands.terminal import articles
from search.comparing import Comparison
from search.errors import SourceError
from search.ledger import ledger_of
from search.meaning import open_encoder
from search.processes import core_count

MOST_REMARKS = 20


def require_locations(ctx: click.Context, param: click.Parameter, locations: tuple[str, ...]) -> tuple[str, ...]:
    """The locations, each a path that exists, an address that can be read or "-"; else a usage error."""
    for location in locations:
        try:
            missing = not (_is_elsewhere(location) or local_path(written_location(location)).exists())
        except SourceError as error:
            raise click.BadParameter(str(error), ctx, param) from error
        if missing:
            raise click.BadParameter(f"there is no {location!r}", ctx, param)
    return locations


def _is_elsewhere(location: str) -> bool:
    """The location is no file. Raises SourceError for an address of the web that cannot be one."""
    if is_web_address(location):
        read_address(location)
        return True
    return location == STANDARD_INPUT


def read_mapping(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """The pairs "theirs=ours" as a mapping; else a usage error."""
    mapping: dict[str, str] = {}
    for pair in pairs:
        theirs, equals, ours = (part.strip() for part in pair.rpartition("="))
        if not (theirs and equals and ours in KEYS):
            known = ", ".join(sorted(KEYS))
            raise click.BadParameter(f"{pair!r} is not KEY=NAME, where NAME is one of {known}", ctx, param)
        mapping[theirs] = ours
    return mapping


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(), callback=require_locations)
@index_option
@click.option("--rebuild", is_flag=True, help="Replace the whole index with what is in SOURCE, in one commit.")
@click.option("--prune", is_flag=True, help="Delete articles that came from SOURCE and are no longer in it.")
@click.option("--dry-run", is_flag=True, help="Read and compare, write nothing.")
@click.option("--language", metavar="TAG", help="Language of articles that do not state one; none is detected.")
@click.option("--time-zone", metavar="ZONE", help="Time zone of times that do not state one.")
@click.option(
    "--map",
    "mapping",
    metavar="KEY=NAME",
    multiple=True,
    callback=read_mapping,
    help="A key of the input that means one of ours; may be repeated.",
)
@click.option("--table", metavar="NAME", default="", help="The table of a SQLite file that has the articles.")
@click.option(
    "--type",
    "types",
    metavar="TYPE",
    multiple=True,
    default=("post",),
    help="A post type of WordPress that is read, instead of post alone; may be repeated.",
)
@click.option("--pages", is_flag=True, help="Fetch the pages of feeds that have only the beginnings of articles.")
@click.option("--workers", metavar="N", type=click.IntRange(0, 64), help="Processes to use; 0: one per core.")
@click.option("--no-meaning", is_flag=True, help="Leave the vectors for search by meaning to `backfile encode`.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar and no warnings.")
@json_option
@click.pass_context
def index(
    ctx: click.Context,
    paths: tuple[str, ...],
    index: str | None,
    rebuild: bool,
    prune: bool,
    dry_run: bool,
    language: str | None,
    time_zone: str | None,
    mapping: dict[str, str],
    table: str,
    types: tuple[str, ...],
    pages: bool,
    workers: int | None,
    no_meaning: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Read the articles of every SOURCE into the index. A SOURCE is a file, a folder, an address of a feed, a site map,
    a page or a site, or - for standard input.

    Only new and changed articles are written: a second run over the same input writes nothing.
    An article that cannot be read is reported with the reason, and the others are indexed; the exit code is then 3.
    Ctrl-C keeps what was committed, about up to the last minute, and discards the rest.
    With the setting meaning_model, vectors of the articles are made in the end, when readers can find them already.

    \b
    Examples:
      backfile index articles/ --index whoosh:archive
      backfile index export.jsonl.gz pages/ --language de
      backfile index https://news.example/feed.xml
      backfile index posts.json --map content=body --map date=published
      backfile index articles/ --prune          delete what is gone as well
      backfile index articles/ --rebuild        start afresh; the old index answers until the end
    """
    settings = loaded_settings(ctx, index=index, language=language, time_zone=time_zone, index_workers=workers).settings
    opened = open_for_filling(settings)
    encoder = None if no_meaning or dry_run else open_encoder(settings.meaning_model)
    with interruptible(), _progress(quiet or as_json) as progress:
        report = opened.index(
            paths,
            language=language or "",
            mapping=mapping,
            table=table,
            types=types,
            pages=pages,
            say=say_nothing if quiet or as_json else remark,
            rebuild=rebuild,
            prune=prune,
            dry_run=dry_run,
            progress=progress,
        )
    _print(report, quiet=quiet, as_json=as_json)
    if encoder and not report.interrupted:
        encode_shown(opened.engine, encoder, settings, quiet=quiet or as_json, said=not as_json)
    if report.exit_code:
        ctx.exit(report.exit_code)


def _progress(quiet: bool, doing: str = "") -> Progress:
    return Bar(doing) if sys.stderr.isatty() and not quiet else Silence()


def _print(report: Report, *, quiet: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    for line in report.remarks(MOST_REMARKS, warnings=not quiet):
        click.echo(line, err=True)
    click.echo(report.summary())


@click.command()
@click.argument("source", metavar="FROM", type=TEXT)
@click.argument("target", metavar="TO", type=TEXT)
@click.option("--exact", is_flag=True, help="Delete articles that are only in TO.")
@click.option("--yes", is_flag=True, help="Do not ask before articles are deleted.")
@click.option("--no-verify", is_flag=True, help="Do not compare all articles of both in the end.")
@click.option("--workers", metavar="N", type=click.IntRange(0, 64), help="Processes to use; 0: one per core.")
@click.option("-q", "--quiet", is_flag=True, help="Show no progress bar.")
@json_option
@click.pass_context
def copy(
    ctx: click.Context,
    source: str,
    target: str,
    exact: bool,
    yes: bool,
    no_verify: bool,
    workers: int | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Copy all articles of the index FROM into the index TO, with their vectors, whatever kinds of index they are.

    What is in TO already is left as it is, so a run that was cut goes on where it stopped. Articles that are only in TO
    stay there, unless --exact is given. In the end all articles of both are read and compared; the exit code is 1 if
    they differ, and the articles are listed. Ctrl-C keeps what was committed, about up to the last minute.

    \b
    Examples:
      backfile copy whoosh:archive opensearch://search.example:9200/archive
      backfile copy opensearch://search.example:9200/archive whoosh:archive --exact
    """
    settings = loaded_settings(ctx, index_workers=workers).settings
    first, second = opened_engine(ctx, source), opened_engine(ctx, target)

    def show(doing: str) -> Progress:
        return _progress(quiet or as_json, doing)

    def confirm(count: int) -> bool:
        return yes or _may_delete(count, second.url)

    with interruptible():
        copied = copy_archive(
            first,
            second,
            exact=exact,
            confirm=confirm,
            workers=settings.index_workers or core_count(),
            show=show,
            ledgers=(ledger_of(first, settings), ledger_of(second, settings)),
        )
        compared = None
        if not no_verify and not copied.interrupted:
            compared = compared_shown(first, second, quiet=quiet or as_json, left_out=copied.removed)
    if as_json:
        verified = compared and compared.as_json()
        click.echo(json.dumps({"from": first.url, "to": second.url, **copied.as_json(), "verified": verified}))
    else:
        click.echo("\n".join(_copy_lines(copied, compared, exact)))
    if compared and not (compared.is_same if exact else compared.covers):
        ctx.exit(1)
    ctx.exit(copied.exit_code)


def _may_delete(count: int, url: str) -> bool:
    try:
        return click.confirm(f"delete {count:,} from {url} that are not in the other index?", err=True)
    except click.Abort:  # nobody is there to answer
        click.echo(err=True)
        return False


def _copy_lines(copied: Copied, compared: Comparison | None, exact: bool) -> Iterator[str]:
    yield copied.summary()
    if copied.vectors:
        yield f"vectors of {articles(copied.vectors)}"
    if copied.superfluous:
        advice = "were left there" if exact else "--exact would delete them"
        yield f"{articles(copied.superfluous)} only in the second index: {advice}"
    if compared:
        yield from comparison_lines(compared, ("the first index", "the second index"), may_have_more=not exact)
