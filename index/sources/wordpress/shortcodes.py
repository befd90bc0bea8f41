"""Takes shortcodes out of what was typed into WordPress: `[caption]…[/caption]`, `[gallery ids="1,2"]`.

WordPress replaces only those that a plugin of the site has registered, and an export does not say which these are.
Prose has words in brackets as well ("[sic]"), so a tag counts as a shortcode only if it looks like no prose. The work
is linear in the length of the text. The grammar is that of https://codex.wordpress.org/Shortcode_API.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_KNOWN: Final = frozenset((
    "archives", "audio", "caption", "contact-form", "contact-form-7", "embed", "gallery", "playlist", "sitemap", "toc",
    "video", "wp_caption",
))  # fmt: skip
"""Shortcodes that are written without attributes and without an end as well."""

_ATTRIBUTES: Final = r"""(?:[^\]\["']{1,500}+|"[^"]{0,2000}"|'[^']{0,2000}'){0,200}+"""
_TAG: Final = re.compile(
    rf"""\[(?P<escaped>\[)?(?:(?P<end>/)|(?=[A-Za-z]))(?P<name>[A-Za-z][\w-]{{0,60}})
    (?P<attributes>(?:(?:\s|/(?=[ ]?\])){_ATTRIBUTES})?)\](?P<closed>\])?""",
    re.VERBOSE,
)
_END: Final = re.compile(r"\[/([A-Za-z][\w-]{0,60})\]")
_VALUE: Final = re.compile(r"[\w-]\s?=")
_CAPTION: Final = re.compile(r"""\bcaption\s?=\s?(?:"([^"]{0,2000})"|'([^']{0,2000})')""")
# What is written in these is shown as it stands, unless the shortcode in it is one of WordPress's own.
_CODE: Final = re.compile(r"<(/?)(pre|code|script|style|textarea)\b[^<>]{0,2000}>", re.IGNORECASE)


def without_shortcodes(markup: str) -> str:
    """The markup without shortcodes, with what they enclose; `[[name]]` is what WordPress shows of it, `[name]`."""
    if "[" not in markup:
        return markup
    ended = frozenset(match[1] for match in _END.finditer(markup))
    return "".join(_cleaned(part, ended, is_code=is_code) for part, is_code in _parts(markup))


def _parts(markup: str) -> Iterator[tuple[str, bool]]:
    """The markup in pieces, each with whether it is code."""
    start = 0
    inside = ""
    for match in _CODE.finditer(markup):
        is_end, name = bool(match[1]), match[2].lower()
        if not inside and not is_end:
            yield markup[start : match.end()], False
            start, inside = match.end(), name
        elif is_end and name == inside:
            yield markup[start : match.start()], True
            start, inside = match.start(), ""
    yield markup[start:], bool(inside)


def _cleaned(text: str, ended: frozenset[str], *, is_code: bool) -> str:
    done: list[str] = []
    position = 0
    follows_tag = False
    for match in _TAG.finditer(text):
        put = _instead(match, ended, is_code=is_code)
        if put is None:
            continue
        between = text[position : match.start()]
        done += [between, "\n\n" if follows_tag and not between.strip() and not put else put]
        position, follows_tag = match.end(), True
    return "".join([*done, text[position:]])


def _instead(match: re.Match[str], ended: frozenset[str], *, is_code: bool) -> str | None:
    """What stands in the place of a tag; None if it is no shortcode."""
    name, attributes = match["name"], match["attributes"]
    if match["escaped"] and match["closed"]:
        return f"[{match[0][2:-2]}]" if _is_shortcode(match, ended) else None
    if not _is_shortcode(match, ended) or (is_code and name not in _KNOWN):
        return None
    if name in ("caption", "wp_caption"):
        return "</figure>" if match["end"] else f"<figure>{_caption(attributes)}"
    return ("[" if match["escaped"] else "") + ("]" if match["closed"] else "")


def _is_shortcode(match: re.Match[str], ended: frozenset[str]) -> bool:
    name, attributes = match["name"], match["attributes"].strip()
    if match["end"]:
        return not attributes
    if attributes and attributes != "/":
        has_address = name in _KNOWN and "://" in attributes
        return name in ended or has_address or _VALUE.search(attributes) is not None
    return attributes == "/" or name in ended or name in _KNOWN or "_" in name


def _caption(attributes: str) -> str:
    """The caption as WordPress wrote it before 2012: an attribute."""
    found = _CAPTION.search(attributes)
    return f"{found[1] or found[2]} " if found else ""
