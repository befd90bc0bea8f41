"""Calls of commands as they stand in documents and units, read without being run."""

from __future__ import annotations

import shlex

import click

from search.commands.search import asked


def words_of(line: str) -> list[str]:
    """The words of a call up to the end of the command."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|;&<>()")
    lexer.whitespace_split = True
    words: list[str] = []
    for word in lexer:
        if word and set(word) <= set("|;&<>()"):
            break
        words.append(word)
    return words


def parse(command: click.Command, words: list[str], parent: click.Context | None = None) -> None:
    """Reads a call as click would, values included, without asking whether the files it names are there.

    Raises click.ClickException and ParameterError where it is mistaken.
    """
    context = click.Context(command, info_name=command.name, parent=parent)
    context.allow_interspersed_args = not isinstance(command, click.Group)
    values, rest, _ = command.make_parser(context).parse_args(list(words))
    for parameter in command.get_params(context):
        value = values.get(parameter.name or "")
        if isinstance(parameter, click.Option) and not isinstance(parameter.type, click.Path) and value is not None:
            parameter.type_cast_value(context, value)
    if command.name == "search":
        given = command.make_context("search", list(words), parent).params
        asked(given, as_json=False, time_zone="UTC")
    if isinstance(command, click.Group) and rest:
        name, found, arguments = command.resolve_command(context, rest)
        assert found is not None, name
        parse(found, arguments, context)
