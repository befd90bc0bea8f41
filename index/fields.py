"""Metadata as inputs give it, made uniform: addresses, section paths, names, tags, language tags."""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from index.body import Body, clean_block, one_line
from search.document import SECTION_SEPARATOR

TITLE_CHARACTERS = 90
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$")


def plain(text: str | None) -> str:
    """One line of text, without control characters; "" for None."""
    return one_line(clean_block(text or ""))


def unique(values: Iterable[str]) -> tuple[str, ...]:
    """The values that are not blank, each once, in order."""
    return tuple(dict.fromkeys(value for value in map(plain, values) if value))


def web_address(text: str | None) -> str | None:
    """An absolute http or https address, or None: anything else is no place a reader can be sent to."""
    address = clean_block(text or "")
    if not address or len(address) > 2000 or re.search(r"[\s<>\"`\\]", address):
        return None
    try:
        parts = urlsplit(address)
        reachable = parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return None
    return address if reachable else None


def section_path(parts: Iterable[str]) -> str:
    """Section names from the top down as one path, "News > Economy"; a name may itself be a path."""
    names = (name for part in parts for name in plain(part).split(SECTION_SEPARATOR))
    return SECTION_SEPARATOR.join(name for name in (name.strip(" >") for name in names) if name)


def language_tag(text: str | None) -> str:
    """A BCP 47 tag in its usual case ("zh_tw" is "zh-TW"), or "" where it is none."""
    tag = (text or "").strip().split(".")[0]
    if not _LANGUAGE.match(tag):
        return ""
    first, *rest = re.split("[-_]", tag)
    return "-".join([first.lower(), *map(_subtag, rest)])


def title_from(body: Body) -> str:
    """What to call an article without a title: its first heading, else its first words."""
    if body.headings:
        return body.headings[0].text
    line = plain(body.text[: 4 * TITLE_CHARACTERS].split("\n\n")[0]).removeprefix("• ")
    if len(line) <= TITLE_CHARACTERS:
        return line
    return line[: TITLE_CHARACTERS - 1].rpartition(" ")[0] + "…" if " " in line else line[: TITLE_CHARACTERS - 1] + "…"


def _subtag(text: str) -> str:
    if len(text) == 4 and text.isalpha():
        return text.title()
    return text.upper() if len(text) == 2 else text.lower()
