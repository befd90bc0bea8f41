"""Messages in the language that is spoken now: that of the request which is answered, English anywhere else.

Values are filled in by name, as in `gettext("%(n)s of %(total)s", n="1", total="12")`, so that a translation may put
them in another order. A percent sign in a message is doubled. Nothing is escaped: who writes markup escapes the values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from search.translation.catalogues import LANGUAGES, SOURCE_LANGUAGE, catalogue

_spoken: Final[ContextVar[str]] = ContextVar("spoken", default=SOURCE_LANGUAGE)


spoken: Final[Callable[[], str]] = _spoken.get
"""Gives the tag of the language that is spoken now. A page asks hundreds of times, so nothing is around it."""


def speak(language: str) -> None:
    """Speaks that language from now on in this context. Raises ValueError if it is none of LANGUAGES."""
    if language not in LANGUAGES:
        raise ValueError(f"the site does not speak {language!r}")
    _spoken.set(language)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Speaks that language inside the block. Raises ValueError if it is none of LANGUAGES."""
    before = spoken()
    speak(language)
    try:
        yield
    finally:
        _spoken.set(before)


def translated(message: str) -> str:
    """The message in the language that is spoken, with its values still to be filled in; itself if there is none."""
    language = _spoken.get()
    return message if language == SOURCE_LANGUAGE else catalogue(language).gettext(message)


def translated_count(one: str, many: str, count: int) -> str:
    """The form of the message for that count, with its values still to be filled in."""
    language = _spoken.get()
    if language == SOURCE_LANGUAGE:
        return one if count == 1 else many
    return catalogue(language).ngettext(one, many, count)


def translated_in(context: str, message: str) -> str:
    """The message in that context, with its values still to be filled in."""
    language = _spoken.get()
    return message if language == SOURCE_LANGUAGE else catalogue(language).pgettext(context, message)


def gettext(message: str, /, **values: object) -> str:
    """The message in the language that is spoken; in English if the catalogue has none."""
    return translated(message) % values


def ngettext(one: str, many: str, count: int, /, **values: object) -> str:
    """The form of the message for that count; `one` and `many` are the English ones."""
    return translated_count(one, many, count) % values


def pgettext(context: str, message: str, /, **values: object) -> str:
    """The message in a context, which tells apart what English says alike: "May" as a month, and as a wish."""
    return translated_in(context, message) % values


def gettext_noop(message: str) -> str:
    """The message as it is: marks one that is defined here and translated where it is shown."""
    return message
