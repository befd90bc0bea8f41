"""The tables [[sources]] of `backfile.toml`: which sources an archive has, and how each is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from index.identity import is_address
from search.document import language_tag
from search.errors import ConfigError
from search.loaded_settings import SOURCES
from search.settings import known_time_zone, nearest

MAX_SOURCES: Final = 1_000
SHORTEST_SECONDS: Final = 10.0
LONGEST_SECONDS: Final = 366 * 86_400.0

_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


def _seconds(value: Any) -> Any:
    """A duration such as "15m" in seconds; a number is seconds already."""
    if isinstance(value, str):
        match = _DURATION.fullmatch(value.strip().lower())
        if match is None:
            raise ValueError('must be a time such as "30s", "15m", "2h" or "1d"')
        value = float(match[1]) * _SECONDS[match[2]]
    if isinstance(value, int | float) and not SHORTEST_SECONDS <= value <= LONGEST_SECONDS:
        raise ValueError('must be from "10s" to "366d", such as "15m"')
    return value


def _language(value: str) -> str:
    tag = language_tag(value)
    if value and not tag:
        raise ValueError('must be a language tag such as "en" or "zh-TW"')
    return tag


def _known_keys(mapping: dict[str, str]) -> dict[str, str]:
    from index.sources.fields import KEYS  # what reads articles with it

    for ours in mapping.values():
        if ours not in KEYS:
            raise ValueError(f"{ours!r} is not a key of an article; {nearest(ours, tuple(sorted(KEYS)))}")
    return mapping


class NamedSource(BaseModel):
    """One table. `at` is a path or an address; `most_gone` is a share of the articles that came from there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field("", max_length=100, description="What it is called; by default what `at` says")
    at: str = Field(min_length=1, max_length=2_000, description="A file, a folder or an address")
    every: Annotated[float, BeforeValidator(_seconds)] = Field(
        900.0, ge=SHORTEST_SECONDS, le=LONGEST_SECONDS, description='How often `--watch` looks at it, such as "15m"'
    )
    most_gone: float = Field(
        0.2, ge=0, le=1, description="The share of its articles that may vanish at once; 1: all of them"
    )
    language: Annotated[str, AfterValidator(_language)] = Field(
        "", description="Language of its articles that state none"
    )
    time_zone: Annotated[str, AfterValidator(lambda zone: zone and known_time_zone(zone))] = Field(
        "", description="Time zone of its times that state none"
    )
    types: tuple[Annotated[str, Field(min_length=1, max_length=100)], ...] = Field(
        ("post",), min_length=1, max_length=50, description="Post types of WordPress that are read"
    )
    pages: bool = Field(False, description="Of a feed that has only excerpts, the pages behind them are read")
    table: str = Field("", max_length=500, description="Of a SQLite file, the table that has the articles")
    map: Annotated[dict[str, str], AfterValidator(_known_keys)] = Field(
        {}, max_length=100, description='Its keys that mean ours: { content = "body" }'
    )


def named_sources(tables: Sequence[Mapping[str, object]], folder: Path) -> tuple[NamedSource, ...]:
    """The sources that the tables name; a path is relative to `folder`. Raises ConfigError, which names the table."""
    if len(tables) > MAX_SOURCES:
        raise ConfigError(f"there are {len(tables):,} [[{SOURCES}]]; at most {MAX_SOURCES:,} are read")
    sources = tuple(_source(table, number, folder) for number, table in enumerate(tables, 1))
    for number, source in enumerate(sources, 1):
        if source.name in {earlier.name for earlier in sources[: number - 1]}:
            raise ConfigError(f"[[{SOURCES}]] {number} has the name {source.name!r} of another; give it one of its own")
    return sources


def _source(table: Mapping[str, object], number: int, folder: Path) -> NamedSource:
    try:
        source = NamedSource.model_validate(table)
    except ValidationError as error:
        raise ConfigError("; ".join(_complaint(detail, table, number) for detail in error.errors())) from error
    at = source.at if is_address(source.at) else str(folder / source.at)
    return source.model_copy(update={"at": at, "name": source.name or source.at})


def _complaint(detail: Any, table: Mapping[str, object], number: int) -> str:
    key = str(detail["loc"][0])
    where = f"[[{SOURCES}]] {table.get('name') or number}"
    match detail["type"]:
        case "missing":
            return f"{where} has no {key!r}: the file, folder or address to read"
        case "extra_forbidden":
            return f"{where} has an unknown key {key[:80]!r}; {nearest(key, tuple(NamedSource.model_fields))}"
        case "value_error":
            return f"{where}: {key} {detail['ctx']['error']}"
        case _:
            return f"{where}: {key}: {detail['msg'][0].lower()}{detail['msg'][1:]}"
