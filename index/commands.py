"""The command `backfile index`."""

from __future__ import annotations

import json

import click

from index.identity import is_web_address, written_location
from index.opening import Opened, open_for_filling
from index.progress import progress_shown, remark
from index.report import Report
from index.sources.files import STANDARD_INPUT, local_path
from index.sources.reading import say_nothing
from search.commands.context import index_option, interruptible, json_option, loaded_settings
from search.engines.protocols import WhooshReadable
from search.errors import ConfigError, SourceError
from search.meaning import open_encoder

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
        from index.fetching.address import read_address  # what fetches with it

        read_address(location)
        return True
    return location == STANDARD_INPUT


def read_mapping(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, str]:
    """The pairs "theirs=ours" as a mapping; else a usage error."""
    if not pairs:
        return {}
    from index.sources.fields import KEYS  # what reads articles with it

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
    help="A key of the input that stands for one of Backfile's; may be repeated.",
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
@click.option(
    "--whoosh-toc/--no-whoosh-toc",
    default=None,
    help="Write the table of contents by which Whoosh programs open the index, in later commits too; or stop that.",
)
@click.option(
    "-q",
    "--quiet",
    is_flag=True,
    help="No progress bar and no warnings: only failures, the summary, and how many vectors were made if meaning_model "
    "is set.",
)
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
    whoosh_toc: bool | None,
    quiet: bool,
    as_json: bool,
) -> None:
    """Read the articles of every SOURCE into the index. A SOURCE is a file, a folder, an address of a feed, a site map,
    a page or a site, or - for standard input.

    Only new and changed articles are written: a second run over the same input writes nothing.
    An article that cannot be read is reported with the reason, and the others are indexed; the exit code is then 3.
    Ctrl-C keeps what was committed, about up to the last minute, and discards the rest.
    With the setting meaning_model, vectors of the articles are made at the end, when readers can already find them.

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
    with interruptible(), progress_shown(quiet=quiet or as_json) as progress:
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
    if whoosh_toc is not None and not dry_run and not report.interrupted:
        _keep_whoosh_toc(opened, whoosh_toc)
    if encoder and not report.interrupted:
        from search.commands.encode import encode_shown  # numpy with it

        encode_shown(opened.engine, encoder, settings, quiet=quiet or as_json, said=not as_json)
    if report.exit_code:
        ctx.exit(report.exit_code)


def _keep_whoosh_toc(opened: Opened, wanted: bool) -> None:
    if not isinstance(opened.engine, WhooshReadable):
        raise ConfigError(f"{opened.engine.url} cannot be read with Whoosh; leave out --whoosh-toc")
    if step := opened.engine.keep_whoosh_toc(wanted):
        opened.ledger.note_step(*step)


def _print(report: Report, *, quiet: bool, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(report.as_json(), ensure_ascii=False))
        return
    for line in report.remarks(MOST_REMARKS, warnings=not quiet):
        click.echo(line, err=True)
    click.echo(report.summary())
