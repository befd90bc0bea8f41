"""`backfile variants add`: adds an entry to the file of variants, or proposes spellings for one."""

from __future__ import annotations

import click

from search.archive import Archive
from search.commands.context import TEXT, index_option, opened_archive
from search.commands.terminal import one_line


@click.command()
@click.argument("name", type=TEXT)
@click.argument("spelling", type=TEXT, required=False)
@index_option
@click.pass_context
def add(ctx: click.Context, name: str, spelling: str | None, index: str | None) -> None:
    """Have NAME, as readers type it, also find SPELLING, as the archive writes it, by an entry in the file of variants.

    Without SPELLING, print spellings that the archive has for the words of NAME that it does not have, and the number
    of articles for each. A running site picks the entry up within a second.

    \b
    Examples:
      backfile variants add karabah
      backfile variants add karabah Karabakh
    """
    archive: Archive = opened_archive(ctx, index)
    if spelling is not None:
        is_new = archive.add_variant(name, spelling)
        click.echo(f"{one_line(name)} {'now' if is_new else 'already'} finds {one_line(spelling)}")
        return
    with archive.pinned() as pinned:
        words = pinned.unfound_words(name)
    if not words:
        click.echo("the archive has each of these words", err=True)
    for word in words:
        for each in word.respellings:
            click.echo(f"{one_line(word.word)}\t{one_line(each.text)}\t{each.articles:,}")
        if not word.respellings:
            click.echo(f"the archive has nothing like {one_line(word.word)}", err=True)
