"""Text of any origin made safe to store and show: no controls, plain spaces, paragraphs a blank line apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

_LINE_BREAK: Final = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Controls but tab and newline; soft hyphen and byte order mark, which split words unseen; bidirectional overrides,
# which make a text read as another; non-characters.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\ufeff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
# A single no-break space stays: it holds "10 000" together.
_SPACES: Final = re.compile(
    "[\t\u1680\u2000-\u200a\u205f\u3000 ]|[ \u00a0\u202f]{2,}|[ \u00a0\u202f](?=\n)|(?<=\n)[ \u00a0\u202f]"
)
_RUN_OF_SPACES: Final = re.compile(" {2,}")
_BLANK_LINES: Final = re.compile("\n{3,}")


def tidy_text(text: str) -> str:
    """Blocks a blank line apart, lines trimmed, composed characters (NFC), lone surrogates replaced by U+FFFD."""
    plain = text.replace("\r\n", "\n").replace("\t", " ")
    text = plain if plain.replace("\n", " ").isprintable() else _without_odd_characters(text)
    if "  " in text:
        text = _RUN_OF_SPACES.sub(" ", text)
    if " \n" in text or "\n " in text:
        text = text.replace(" \n", "\n").replace("\n ", "\n")
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return unicodedata.normalize("NFC", text).strip()


def tidy_line(text: str) -> str:
    """The same on one line: for titles, names and other values."""
    return " ".join(tidy_text(text).split())


def _without_odd_characters(text: str) -> str:
    """What a text that is printable but for tabs and line feeds has no need of: all that is looked for here is not."""
    text = _LINE_BREAK.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    return _SPACES.sub(" ", _SURROGATE.sub("\ufffd", text))


def tidy_markup(html: str) -> str:
    """Markup without the characters no page may hold (NUL, lone surrogates); otherwise as it was."""
    return _SURROGATE.sub("\ufffd", html.replace("\0", ""))


def tidy_values(values: Iterable[str]) -> tuple[str, ...]:
    """Values on one line each, without empty ones and without repetitions, in the order of first appearance."""
    first: dict[str, str] = {}
    for value in values:
        line = tidy_line(value)
        if line:
            first.setdefault(line.casefold(), line)
    return tuple(first.values())


def shorten(text: str, length: int) -> str:
    """At most `length` characters, cut between words where it can be, with an ellipsis where it was cut."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > length // 2 else cut).rstrip() + "…"
