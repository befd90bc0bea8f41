"""Front matter at the top of a Markdown text: YAML between `---`, TOML between `+++`, or a JSON object.

The formats are read by their own parsers. Because the text is foreign, its size, nesting and aliases are bounded and
no tag can make an object.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import yaml

from index.extraction.stated_dates import text_in

MAX_FRONT_MATTER: Final = 20_000
"""Characters; a longer block is taken for text."""
MAX_DEPTH: Final = 20
"""Levels of nesting in YAML."""
MAX_ALIASES: Final = 50
"""YAML aliases, each of which may repeat a whole branch."""

_BEGINS: Final = re.compile(r"\s*(---|\+\+\+|\{)")
_FENCED: Final = re.compile(r"\s*(---|\+\+\+)[ \t]*\n(.*?)\n[ \t]*\1[ \t]*(?:\n|\Z)", re.DOTALL)
_SHALLOW: Final = re.compile(
    r"""(?:[ ]{0,4}(?:-[ ])?[ ]?[\w"'][^*\[{\n\r\x85\u2028\u2029]*+
    (?:\[[^*\[\]{\n\r\x85\u2028\u2029]*\][^*\[{\n\r\x85\u2028\u2029]*+)?(?:\n|\Z)
    |[ ]*\n)*+""",
    re.VERBOSE,
)
"""YAML without aliases, with little indentation and at most one flow list in a line, closed in it: what nearly all
front matter is. It cannot be nested deeper than it is indented."""
_KEY: Final = re.compile(r"[A-Za-z_][\w-]{0,40}")
_HOLDS: Final = re.compile(
    r"""^[ \t"']*(?:(?:draft|embargo\w*|publish_?date|pubdate)["']?[ \t]*[:=]|published["']?[ \t]*[:=][ \t]*false)""",
    re.IGNORECASE | re.MULTILINE,
)
"""A line that says whether, or from when, an article may be shown."""
_OBJECT: Final = re.compile(r"\s*\{\s*\n\s*\"[\w-]{1,40}\"\s*:.*?\n\}", re.DOTALL)
_FIRST_LINE: Final = re.compile(r"\s*[A-Za-z_][\w-]{0,40}[ \t]*[:=]")

Value = str | list[str] | date

KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "title": ("title",),
    "published": ("date", "published", "publishdate", "pubdate", "publish_date"),
    "modified": ("lastmod", "updated", "modified", "last_modified_at", "date_updated"),
    "embargo": ("embargo", "embargo_until", "embargoed_until", "embargoed"),
    "summary": ("description", "summary", "excerpt", "abstract"),
    "tags": ("tags", "keywords", "tag"),
    "author": ("authors", "author"),
}
"""For each key of an article, the keys by which Hugo, Jekyll, Eleventy and others state it."""

_DATES: Final = frozenset((*KEYS["published"], *KEYS["modified"]))
_PUBLISHED: Final = "published", "true"
"""Jekyll's way to say that something is no draft, which is no date."""

SHOWN_FROM: Final = ("publishdate", "publish_date", "pubdate")
"""Keys of a date before which an article is not to be shown, whatever its date is."""


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What stands at the top of a text, by lower-case key, and the text without it.

    A value is text, a list of texts, or a date as YAML and TOML write dates. A mapping is its name; others are left
    out. `warning` says why front matter could not be read, or is "".
    """

    fields: Mapping[str, Value]
    text: str
    warning: str = ""

    def first(self, names: Iterable[str]) -> Value | None:
        """The value of the first of `names` that is stated."""
        return next((self.fields[name] for name in names if name in self.fields), None)


def split_front_matter(text: str) -> FrontMatter:
    """The front matter of a text; no fields and the whole text if it begins with none, or with one that is broken."""
    begins = _BEGINS.match(text)
    if not begins:
        return FrontMatter({}, text)
    if begins[1] == "{":
        return _split_json(text)
    match = _FENCED.match(text[:MAX_FRONT_MATTER].replace("\r\n", "\n"))
    if not match:
        return FrontMatter({}, text)
    name, parse = _PARSERS[match[1]]
    try:
        value = parse(match[2])
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        # Text between two rules is no front matter; only what begins like it is called broken.
        broken = _FIRST_LINE.match(match[2]) is not None
        return _broken(text, match[2], f"{name}: {_reason(error)}") if broken else FrontMatter({}, text)
    # Prose between two rules may be a mapping to YAML ("A sentence: and more"); most of its keys are no names.
    if not isinstance(value, dict) or 2 * sum(_KEY.fullmatch(str(key)) is not None for key in value) <= len(value):
        return FrontMatter({}, text)
    return FrontMatter(_fields(value), text.replace("\r\n", "\n")[match.end() :])


def _broken(text: str, block: str, what: str) -> FrontMatter:
    """Front matter that cannot be read stays in the text. If it says when the article may be shown, that is not known,
    so it is an embargo that cannot be read."""
    fields: dict[str, Value] = {"embargo": "in front matter that cannot be read"} if _HOLDS.search(block) else {}
    return FrontMatter(fields, text, f"the front matter is not {what}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML in which a plain scalar is a date, null or text, so that the title "No" or "1.10" stays as it is written."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag.endswith((":timestamp", ":null", ":merge"))]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _date_or_text(loader: Any, node: Any) -> Any:
    """A date that there is not, such as 2023-02-29, is text, and costs no other key."""
    try:
        return loader.construct_yaml_timestamp(node)
    except (ValueError, OverflowError):
        return node.value


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _date_or_text)


def _parse_yaml(text: str) -> Any:
    """Raises ValueError, RecursionError or YAMLError."""
    if not _SHALLOW.fullmatch(text):
        _refuse_bombs(text)
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader


def _refuse_bombs(text: str) -> None:
    depth = aliases = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > MAX_DEPTH or aliases > MAX_ALIASES:
            raise ValueError("it is nested too deeply or repeats itself too often")


_PARSERS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "---": ("YAML", _parse_yaml),
    "+++": ("TOML", tomllib.loads),
}


def _split_json(text: str) -> FrontMatter:
    stripped = text.lstrip()
    try:
        value, end = json.JSONDecoder().raw_decode(stripped[:MAX_FRONT_MATTER])
    except (ValueError, RecursionError) as error:
        block = _OBJECT.match(text[:MAX_FRONT_MATTER])
        return _broken(text, block[0], f"JSON: {_reason(error)}") if block else FrontMatter({}, text)
    if not isinstance(value, dict) or not ({"title", "date"} & value.keys()):
        return FrontMatter({}, text)
    return FrontMatter(_fields(value), stripped[end:])


def _fields(value: Mapping[Any, Any]) -> dict[str, Value]:
    fitting = ((name := str(key).lower(), _fitting(given) or _odd(name, given)) for key, given in value.items())
    return {key: given for key, given in fitting if given not in (None, "", []) and (key, given) != _PUBLISHED}


def _odd(name: str, value: object) -> str:
    """An embargo that is no date is kept, since it holds, and so is another date, since it has to be reported."""
    if name in KEYS["embargo"] and value:
        return f"a {type(value).__name__}"
    return text_in(value) if name in _DATES else ""


def _fitting(value: object) -> Value | None:
    match value:
        case str() | date():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list():
            return [name for item in value if (name := _name(item))]
        case {"name": str(name)}:
            return name
        case _:
            return None


def _name(item: object) -> str:
    """An item of a list as text: an author may be a mapping with a name."""
    if isinstance(item, Mapping):
        item = item.get("name")
    return str(item) if isinstance(item, str | int | float) and not isinstance(item, bool) else ""


def _reason(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"{error.problem} (line {error.problem_mark.line + 1})"
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def as_text(value: Value) -> str:
    """A value as the text that `parse_moment` and others read; "" for a list."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value if isinstance(value, str) else ""


def as_list(value: Value) -> list[str]:
    """A value as a list of texts; text with commas is several."""
    if isinstance(value, list):
        return value
    return [part.strip() for part in as_text(value).split(",") if part.strip()]
