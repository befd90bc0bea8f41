"""What is said of each field in a sentence. Other languages decline its name, so each sentence names it itself.

The messages are marked here, and translated where they are shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from search.translation import gettext as _
from search.translation import gettext_noop, listed


@dataclass(frozen=True, slots=True)
class KeywordWords:
    """Of a keyword field: the condition that asks for values, that leaves values out, and that asks for all of several;
    and what is said of a value that no article has. `every` is "" where an article has one value at most."""

    kept: str
    left_out: str
    unknown: str
    every: str = ""


@dataclass(frozen=True, slots=True)
class TextWords:
    """Of a text field: its name in a list, and the condition that a word be found in it."""

    noun: str
    limit: str


KEYWORDS: Final[dict[str, KeywordWords]] = {
    "section": KeywordWords(
        gettext_noop("the section %(values)s"),
        gettext_noop("leaving out the section %(values)s"),
        gettext_noop("no article has the section %(value)s"),
        gettext_noop("requiring every section of %(values)s"),
    ),
    "author": KeywordWords(
        gettext_noop("the author %(values)s"),
        gettext_noop("leaving out the author %(values)s"),
        gettext_noop("no article has the author %(value)s"),
        gettext_noop("requiring every author of %(values)s"),
    ),
    "tag": KeywordWords(
        gettext_noop("the tag %(values)s"),
        gettext_noop("leaving out the tag %(values)s"),
        gettext_noop("no article has the tag %(value)s"),
        gettext_noop("requiring every tag of %(values)s"),
    ),
    "lang": KeywordWords(
        gettext_noop("the language %(values)s"),
        gettext_noop("leaving out the language %(values)s"),
        gettext_noop("no article has the language %(value)s"),
    ),
    "type": KeywordWords(
        gettext_noop("the type %(values)s"),
        gettext_noop("leaving out the type %(values)s"),
        gettext_noop("no article has the type %(value)s"),
    ),
}

TEXTS: Final[dict[str, TextWords]] = {
    "title": TextWords(gettext_noop("title"), gettext_noop("the limit of %(text)s to the title")),
    "headings": TextWords(gettext_noop("headings"), gettext_noop("the limit of %(text)s to the headings")),
    "summary": TextWords(gettext_noop("summary"), gettext_noop("the limit of %(text)s to the summary")),
    "body": TextWords(gettext_noop("text"), gettext_noop("the limit of %(text)s to the text")),
    "author": TextWords(gettext_noop("author"), gettext_noop("the limit of %(text)s to the author")),
    "tags": TextWords(gettext_noop("tags"), gettext_noop("the limit of %(text)s to the tags")),
}


def in_quotes(text: str) -> str:
    """The text in the quotation marks of the language that is spoken: “a”."""
    return _("“%(text)s”", text=text)


def fields_listed(names: Sequence[str]) -> str:
    """Those text fields as a list: "title and text"."""
    return listed([_(TEXTS[name].noun) for name in names])


def unknown_value(field: str, value: str, near: Sequence[str] = ()) -> str:
    """No article has that value of a keyword field; `near` are similar ones that there are."""
    said = _(KEYWORDS[field].unknown, value=in_quotes(value))
    if not near:
        return said
    return _("%(said)s; there is %(values)s", said=said, values=listed([in_quotes(name) for name in near]))
