"""The command `backfile copy`."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from index.copying import Copied, copy_archive
from index.progress import Progress, progress_shown
from search.commands.context import TEXT, interruptible, json_option, loaded_settings, opened_engine
from search.commands.differences import compared_shown, comparison_lines
from search.commands.terminal import articles
from search.comparing import Comparison
from search.ledger import ledger_of
from search.processes import core_count


@click.command()
@click.argument("source", metavar="FROM", type=TEXT)
@click.argument("target", metavar="TO", type=TEXT)
@click.option("--exact", is_flag=True, help="Delete articles that are only in TO.")
@click.option("--yes", is_flag=True, help="Do not ask before articles are deleted.")
@click.option("--no-verify", is_flag=True, help="Do not compare all articles of both at the end.")
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

    What is in TO already is left as it is, so an interrupted run continues where it stopped. Articles that are only in
    TO stay there, unless --exact is given. At the end all articles of both are read and compared; the exit code is 1 if
    they differ, and the articles are listed. Ctrl-C keeps what was committed, up to about the last minute.

    \b
    Examples:
      backfile copy whoosh:archive opensearch://search.example:9200/archive
      backfile copy opensearch://search.example:9200/archive whoosh:archive --exact
    """
    settings = loaded_settings(ctx, index_workers=workers).settings
    first, second = opened_engine(ctx, source), opened_engine(ctx, target)

    def show(doing: str) -> Progress:
        return progress_shown(quiet=quiet or as_json, doing=doing)

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
