"""`backfile browse`: the archive by day, by author, and through the years on one day."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import click

from search.commands.context import TEXT, index_option, json_option, opened_archive
from search.pinned_archive import PinnedArchive
from search.results.as_json import json_bytes


@click.command()
@click.argument("what", type=click.Choice(["calendar", "authors", "day"]))
@click.argument("which", required=False, default="", type=TEXT)
@index_option
@json_option
@click.pass_context
def browse(ctx: click.Context, what: str, which: str, index: str | None, as_json: bool) -> None:
    """Print the days of a year, the authors of a letter, or what appeared on a day in all years.

    WHICH is the year, the letter, or the day of the year. Without it, they are the newest year, the first letter, and
    today.

    \b
    Examples:
      backfile browse calendar 2024
      backfile browse authors M
      backfile browse day 07-03
    """
    with opened_archive(ctx, index).pinned() as pinned:
        answer, lines = _BROWSED[what](pinned, which)
    if as_json:
        click.echo(json_bytes(answer).decode())
        return
    for line in lines:
        click.echo(line)


def _calendar(archive: PinnedArchive, year: str) -> tuple[Any, Iterable[str]]:
    if year and not (len(year) == 4 and year.isascii() and year.isdigit()):
        raise click.BadParameter("a year has four digits, such as 2024", param_hint="WHICH")
    answer = archive.calendar_year(year)
    days = [f"{day.value}  {day.count:,}" for month in answer.months for day in month.days]
    return answer, days or [f"no articles in {answer.year}" if answer.year else "no dated articles"]


def _authors(archive: PinnedArchive, letter: str) -> tuple[Any, Iterable[str]]:
    answer = archive.authors(letter)
    names = [f"{author.count:>7,}  {author.name}" for author in answer.authors]
    more = [f"{answer.total - len(names):,} more"] if answer.next else []
    letters = " ".join(each.letter for each in answer.letters)
    return answer, [*names, *more] if names else [f"no author under {letter!r}; there are: {letters}"]


def _day(archive: PinnedArchive, day: str) -> tuple[Any, Iterable[str]]:
    answer = archive.on_this_day(day or archive.today.isoformat()[5:])
    lines = [
        f"{year.label}, {year.count:,} {'article' if year.count == 1 else 'articles'}"
        + "".join(f"\n  {hit.title}\n    {hit.id}" for hit in year.hits)
        for year in answer.years
    ]
    return answer, lines or [f"nothing appeared on {answer.label} in any year"]


_BROWSED: dict[str, Callable[[PinnedArchive, str], tuple[Any, Iterable[str]]]] = {
    "calendar": _calendar,
    "authors": _authors,
    "day": _day,
}
