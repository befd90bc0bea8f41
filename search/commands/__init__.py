"""The command `backfile`: one group of commands, named in one table and imported when they are called."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

import click

from search.commands.context import GlobalFlags, index_option
from search.commands.group import LazyGroup, Row
from search.named import Named

_ARCHIVE: Final = "Fill the archive"
_READ: Final = "Search it"
_SERVE: Final = "Show it to others"
_CARE: Final = "Look after it"

COMMANDS: Final = {
    "index": Row("index.commands:index", _ARCHIVE, "Read articles from files and folders into the index."),
    "sync": Row("index.sync.command:sync", _ARCHIVE, "Bring the index into step with its configured sources."),
    "copy": Row("index.copy_command:copy", _ARCHIVE, "Copy all articles from one index into another."),
    "encode": Row("search.commands.encode:encode", _ARCHIVE, "Make the vectors for search by meaning."),
    "delete": Row("search.commands.upkeep:delete", _ARCHIVE, "Delete articles from the index."),
    "takedown": Row("index.takedown:takedown", _ARCHIVE, "Take articles down for good, with a receipt."),
    "search": Row("search.commands.search:search", _READ, "Search and print the hits with their snippets."),
    "browse": Row("search.commands.browse:browse", _READ, "List days, authors, or what appeared on this day."),
    "coverage": Row("search.commands.coverage:coverage", _READ, "Compare searches over time, and what goes with each."),
    "show": Row("search.commands.show:show", _READ, "Print one article."),
    "why-not": Row("search.commands.why_not:why_not", _READ, "Say why a search does not find an article."),
    "related": Row("search.commands.related:related", _READ, "Pin and block related articles."),
    "judgements": Row("search.commands.judgements:judgements", _READ, "Judge which articles answer a query well."),
    "suggest": Row("search.commands.suggest:suggest", _READ, "Complete the beginning of a query."),
    "variants": Row("search.commands.variants:variants", _READ, "Find names in every spelling."),
    "serve": Row("webui.commands:serve", _SERVE, "Serve the site and the JSON endpoint."),
    "mcp": Row("search.commands.mcp:mcp", _SERVE, "Let agents search and read the archive (MCP)."),
    "demo": Row("search.commands.demo:demo", _SERVE, "Index the sample archive and serve it."),
    "alerts": Row(
        "index.alerts.command:alerts", _SERVE, "Tell people and programs of new articles that a search finds."
    ),
    "webhooks": Row(
        "index.webhooks.command:webhooks", _SERVE, "Tell programs which articles are new, have changed or are gone."
    ),
    "inbox": Row("index.inbox.command:inbox", _CARE, "Write what was sent, and look after what could not be written."),
    "replicate": Row("index.replica.command:replicate", _SERVE, "Keep a copy of another server's index in step."),
    "keys": Row("search.commands.keys:keys", _SERVE, "Make and revoke the keys of programs that may write."),
    "queries": Row(
        "search.commands.queries:queries", _CARE, "Show what readers search for, and what they do not find."
    ),
    "status": Row("search.commands.status:status", _CARE, "Show what the index holds."),
    "sections": Row("search.commands.sections:sections", _CARE, "Print the sections, as a map of sections to edit."),
    "check": Row("search.commands.upkeep:check", _CARE, "Read the whole index and list what is wrong with it."),
    "doctor": Row(
        "search.commands.doctor:doctor", _CARE, "Look for what is wrong with the installation and the index."
    ),
    "backup": Row("index.backup.command:backup", _CARE, "Back up the archive while others search and write."),
    "restore": Row("index.backup.restore_command:restore", _CARE, "Restore the archive from a backup."),
    "rebuild": Row("search.commands.rebuild:rebuild", _CARE, "Build the index anew from its own articles."),
    "optimize": Row("search.commands.upkeep:optimize", _CARE, "Merge the index into one segment."),
    "cluster": Row("search.commands.cluster:cluster", _CARE, "Take and restore snapshots of an archive on a cluster."),
    "config": Row("search.commands.setup:config", _CARE, "Print the settings in force and their origins."),
    "evaluate": Row("search.commands.evaluate:evaluate", _CARE, "Measure ranking and extraction against judged sets."),
    "completion": Row("search.commands.setup:completion", _CARE, "Print the completion script for your shell."),
}

BESIDE_THE_SERVER: Final = Named("index.inbox.serving:write_beside")
"""What `backfile serve` has another process do, which is given the settings and the configuration of the log."""

EXIT_CODES: Final = {
    "0": "all went well",
    "1": "the index cannot answer, the output cannot be written, or what was asked for is not there",
    "2": "a mistake in the command line, the query or the settings",
    "3": "some articles could not be indexed, or some messages not delivered; all others are",
    "130": "interrupted by Ctrl-C; what was committed before is kept",
    "141": "nobody reads the output any more",
}


class Program(LazyGroup):
    """The group of all commands: its help ends with the exit codes, wrapped as a list."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Exit codes"):
            formatter.write_dl(list(EXIT_CODES.items()))
        super().format_epilog(ctx, formatter)


def _print_version(ctx: click.Context, _: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        from importlib.metadata import version  # takes as long as the rest of the group

        click.echo(f"backfile {version('backfile')}")
        ctx.exit()


@click.group(
    cls=Program,
    rows=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Settings come from backfile.toml, BACKFILE_* variables and flags; see `backfile config`.",
)
@click.option("--config", type=click.Path(path_type=Path), metavar="FILE", help="Settings file, else ./backfile.toml.")
@index_option
@click.option(
    "-v",
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Print the version.",
)
@click.pass_context
def main(ctx: click.Context, config: Path | None, index: str | None) -> None:
    """Full-text search for a news archive.

    \b
    Start here:
      backfile demo                       a sample archive in your browser
      backfile index articles/            your own articles into ./archive
      backfile search 'karabakh -opinion'
      backfile serve
    """
    _never_fail_to_print()
    ctx.obj = GlobalFlags(config, index)


def _never_fail_to_print() -> None:
    # An old terminal's character set must not end a command half-way through its output.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
