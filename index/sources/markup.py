"""Which kind of XML an input is, by its first element: many formats share an extension, and many files have none."""

from __future__ import annotations

import codecs
import re
from typing import Final

# A declaration, comments, instructions and a document type may stand before the first element.
_BEFORE: Final = re.compile(
    r"\s*(?:<\?[^>]{0,2000}\?>\s*|<!--(?s:.{0,4000}?)-->\s*|<!DOCTYPE[^>\[]{0,1000}(?:\[[^\]]{0,4000}\]\s*)?>\s*){0,20}",
    re.IGNORECASE,
)
_ELEMENT: Final = re.compile(r"<(?:[\w.-]{1,50}:)?([A-Za-z][\w.-]{0,50})(?=[\s/>])[^<]{0,4000}")
_ADVICE: Final = re.compile(r"[,.]? (?:use|see|try) (?:XML_\w+|xml\w+)(?: option)?\.?")
_UTF16: Final = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16", b"<\x00": "utf-16-le", b"\x00<": "utf-16-be"}


def xml_fault(message: str | None) -> str:
    """What libxml2 says is wrong with XML, without its advice to programmers."""
    return _ADVICE.sub("", message or "no reason is given")


def first_element(head: bytes) -> tuple[str, str]:
    """The name of the first element, without its prefix, and all of its start tag; ("", "") if it is not markup."""
    text = head.removeprefix(codecs.BOM_UTF8).decode(_UTF16.get(head[:2], "latin-1"), "replace").lstrip("\ufeff")
    before = _BEFORE.match(text)
    found = _ELEMENT.match(text, before.end() if before else 0)
    return (found[1], found[0]) if found else ("", "")
