"""The flags that say which articles are searched, and how flags become parameters: the same for each command that
searches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, TypeVar, get_args

import click

from search.commands.context import TEXT
from search.errors import ParameterError
from search.query import Operator
from search.request.parameters import Strict, names
from search.request.request import Joined
from search.schema import DATE_FIELDS, TEXT_FIELDS

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class Offered(click.Choice[str]):
    """Names that the help and the shell's completion offer; whether a value is one of them, its parameter says."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return TEXT.convert(value, param, ctx)


_OPTIONS: Final = (
    click.option(
        "--section",
        multiple=True,
        type=TEXT,
        metavar="PATH",
        help='Section and those below it, such as "News > Economy".',
    ),
    click.option("--tag", multiple=True, type=TEXT, metavar="TAG", help="Tag."),
    click.option("--author", multiple=True, type=TEXT, metavar="NAME", help="Author."),
    click.option("--section-op", type=Offered(get_args(Joined)), help="How several sections are joined. Default: or."),
    click.option("--tag-op", type=Offered(get_args(Joined)), help="How several tags are joined. Default: or."),
    click.option("--author-op", type=Offered(get_args(Joined)), help="How several authors are joined. Default: or."),
    click.option("--lang", multiple=True, type=TEXT, metavar="TAG", help='Language, such as "en".'),
    click.option("--type", "type", multiple=True, type=TEXT, metavar="TYPE", help='Kind of piece, such as "article".'),
    click.option("--from", type=TEXT, metavar="DATE", help="First day: 2024, 2024-07, 2024-07-03, RFC 3339 or now-7d."),
    click.option("--to", type=TEXT, metavar="DATE", help="Last day, included."),
    click.option("--year", multiple=True, type=TEXT, metavar="YEAR", help="Of this year: 2024."),
    click.option("--month", multiple=True, type=TEXT, metavar="MONTH", help="Of this month: 2024-07."),
    click.option("--day", multiple=True, type=TEXT, metavar="DAY", help="Of this day: 2024-07-03."),
    click.option("--date", type=Offered(list(DATE_FIELDS)), help="Which date is meant. Default: published."),
    click.option("--tz", type=TEXT, metavar="ZONE", help="Time zone days begin in. Default: the archive's own."),
    click.option("--in", "in", multiple=True, type=Offered(list(TEXT_FIELDS)), help="Search this field only."),
    click.option("--op", type=Offered(get_args(Operator)), help="How bare words are joined. Default: auto."),
)


def condition_options(command: Decorated) -> Decorated:
    """Adds the flags that say which articles are searched, named as the parameters are."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def given_pairs(model: type[Strict], given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The parameters of that model that were given as flags, as names and values."""
    for name in names(model):
        match given.get(name):
            case None | False:
                pass
            case True:
                yield name, "true"
            case tuple() as values:
                yield from ((name, value) for value in values)
            case value:
                yield name, value


@contextmanager
def naming_flags(model: type[Strict]) -> Iterator[None]:
    """What is wrong with a parameter is wrong with its flag."""
    try:
        yield
    except ParameterError as error:
        if error.name not in names(model):
            raise
        flag = "QUERY" if error.name == "q" else f"--{error.name.replace('_', '-')}"
        raise ParameterError(flag, error.reason) from error
