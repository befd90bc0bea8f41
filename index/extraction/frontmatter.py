"""Front matter that stayed on top of a Markdown text: YAML between `---`, TOML between `+++`, or a JSON object.

Only what an article needs is read from it (plain `key: value` lines and lists); nothing is evaluated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

MAX_FRONT_MATTER = 20_000

_FENCED = re.compile(r"\s*(---|\+\+\+)[ \t]*\n(.*?)\n[ \t]*\1[ \t]*(?:\n|\Z)", re.DOTALL)
_LINE = re.compile(r"([A-Za-z_][\w-]{0,40})[ \t]*[:=](?:[ \t]+(.*))?$")
_OTHER_LINE = re.compile(r"\s|-\s|#|$|\[|\]|\}")

Fields = Mapping[str, str | list[str]]


def split_front_matter(text: str) -> tuple[Fields, str]:
    """The fields on top of a text and the text without them; ({}, text) where it begins with none."""
    head = text[:MAX_FRONT_MATTER].replace("\r\n", "\n")
    if head.lstrip()[:1] == "{":
        return _split_json(text)
    match = _FENCED.match(head)
    if not match:
        return {}, text
    lines = match[2].split("\n")
    if not any(map(_LINE.match, lines)) or not all(_LINE.match(line) or _OTHER_LINE.match(line) for line in lines):
        return {}, text
    return _read_lines(lines), text.replace("\r\n", "\n")[match.end() :]


def _split_json(text: str) -> tuple[Fields, str]:
    stripped = text.lstrip()
    try:
        value, end = json.JSONDecoder().raw_decode(stripped[:MAX_FRONT_MATTER])
    except (ValueError, RecursionError):
        return {}, text
    if not isinstance(value, dict) or not ({"title", "date"} & value.keys()):
        return {}, text
    return {str(key).lower(): fitting for key, given in value.items() if (fitting := _fitting(given))}, stripped[end:]


def _fitting(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [item for item in value if isinstance(item, str)]
    return value if isinstance(value, str) else ""


def _read_lines(lines: list[str]) -> Fields:
    fields: dict[str, str | list[str]] = {}
    key = ""
    for line in lines:
        if match := _LINE.match(line):
            key, value = match[1].lower(), (match[2] or "").strip()
            fields[key] = _items(value[1:-1]) if value[:1] == "[" and value[-1:] == "]" else _unquoted(value)
        elif key and (item := re.match(r"\s*-\s+(.*)", line)):
            listed = fields[key]
            fields[key] = [*(listed if isinstance(listed, list) else []), _unquoted(item[1].strip())]
    return fields


def _items(text: str) -> list[str]:
    return [item for part in text.split(",") if (item := _unquoted(part.strip()))]


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1].replace("''", "'") if text[0] == "'" else text[1:-1].replace('\\"', '"')
    return "" if text in ("|", ">", ">-", "|-", "null", "~") else text
