"""Text and values from any input, made uniform and safe to store.

Sources call `plain`, `unique`, `section_path` and `clean_block` while they read. `index.document` calls the
`normalize_*` functions on whatever they read, so that an article is safe to store whichever source it came from.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from search.document import SECTION_SEPARATOR

_LINE_BREAK: Final = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
# Control characters except tab and newline; the soft hyphen and the byte order mark, which split words invisibly;
# bidirectional overrides, which make a text read as another; non-characters.
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

_CONTROLS: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff\u200b\u2060\ufeff\u00ad]")

# CSS Text 3, segment break transformation: a line break between two of these letters is not a space.
_WIDE: Final = (
    "\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
)
_WIDE_BREAK: Final = re.compile(rf"(?<=[{_WIDE}])[ \t]*\r?\n[ \t]*(?=[{_WIDE}])")
_WIDE_START: Final = re.compile(rf"\n[ \t]*[{_WIDE}]")  # begins with a letter, so it is searched for much faster


def clean_block(text: str) -> str:
    """`text` without control characters, lone surrogates, invisible joiners and surrounding white space."""
    text = text.strip()
    if not text.replace("\n", " ").isprintable():  # none of the removed characters is printable
        text = _CONTROLS.sub("", text).strip()
    return text


def one_line(text: str) -> str:
    """`text` with each run of white space as one space; line breaks inside Chinese and Japanese disappear."""
    if not text.isascii() and _WIDE_START.search(text):
        text = _WIDE_BREAK.sub("", text)
    line = text.replace("\n", " ").strip(" ")
    # All white space but the space itself is unprintable. Splitting a text into its words takes four times as long.
    return line if "  " not in line and line.isprintable() else " ".join(text.split())


def plain(text: str | None) -> str:
    """One line of text without control characters; "" for None."""
    return one_line(clean_block(text or ""))


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values that are not blank, each once, in order."""
    return tuple(dict.fromkeys(value for value in map(plain, values) if value))


def section_path(parts: Iterable[str]) -> str:
    """Section names from the top down as one path, "News > Economy"; a name may itself be a path."""
    names = (name for part in parts for name in plain(part).split(SECTION_SEPARATOR))
    return SECTION_SEPARATOR.join(name for name in (name.strip(" >") for name in names) if name)


def normalize_text(text: str) -> str:
    """Lines trimmed, blocks separated by one blank line, Unicode composed (NFC), lone surrogates as U+FFFD."""
    plain = text.replace("\r\n", "\n").replace("\t", " ")
    text = plain if plain.replace("\n", " ").isprintable() else _without_odd_characters(text)
    if "  " in text:
        text = _RUN_OF_SPACES.sub(" ", text)
    if " \n" in text or "\n " in text:
        text = text.replace(" \n", "\n").replace("\n ", "\n")
    if "\n\n\n" in text:
        text = _BLANK_LINES.sub("\n\n", text)
    return unicodedata.normalize("NFC", text).strip()


def is_normal(text: str) -> bool:
    """Whether `normalize_text` would return the text as it is; False may also mean that this is not told quickly."""
    return (
        text.replace("\n", " ").isprintable()
        and not any(odd in text for odd in ("  ", " \n", "\n ", "\n\n\n"))
        and unicodedata.is_normalized("NFC", text)
        and text == text.strip()
    )


def normalize_line(text: str) -> str:
    """`normalize_text` on one line: for titles, names and other values."""
    return " ".join(normalize_text(text).split())


def _without_odd_characters(text: str) -> str:
    # Printable text needs none of this: every character looked for here is unprintable.
    text = _LINE_BREAK.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    return _SPACES.sub(" ", _SURROGATE.sub("\ufffd", text))


def normalize_markup(html: str) -> str:
    """Markup without the characters that no page may hold (NUL, lone surrogates)."""
    html = html.replace("\0", "")
    try:
        html.encode()  # takes a tenth of the time of a search
    except UnicodeEncodeError:
        return _SURROGATE.sub("\ufffd", html)
    return html


def normalize_values(values: Iterable[str]) -> tuple[str, ...]:
    """Each value on one line; empty ones dropped; of values that differ only by case the first is kept."""
    first: dict[str, str] = {}
    for value in values:
        line = normalize_line(value)
        if line:
            first.setdefault(line.casefold(), line)
    return tuple(first.values())


def shorten(text: str, length: int) -> str:
    """At most `length` characters, cut between words where possible, with an ellipsis where it was cut."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space > length // 2 else cut).rstrip() + "…"
