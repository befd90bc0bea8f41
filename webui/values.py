"""How single values of parameters are written and read: filters, facets, lists of names, numbers, truth.

Each reader raises ValueError with a message that names what would be valid; `webui.parameters` adds the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from search.request.request import MAX_FACET_SIZE, MAX_VALUE_LENGTH, FacetRequest, Filters
from search.results.facets import FACETS

_FACET: Final = re.compile(r"([a-z]+)(?::([0-9]{1,6}))?")
_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_NO_FACETS: Final = "none"
_MAX_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class Repeated:
    """Marks a parameter that may stand several times. `joined`: its values may stand in one, between commas."""

    joined: bool = False


def read_filters(values: Iterable[str]) -> Filters:
    """`value`, `-value`, `_missing`, `-_missing`; a backslash in front says that the rest is meant as it stands."""
    included: dict[str, None] = {}
    excluded: dict[str, None] = {}
    for value in values:
        negated = value.startswith("-")
        plain = value[negated:].removeprefix("\\")
        if not plain:
            raise ValueError(f"{value!r} names no value")
        if len(plain) > MAX_VALUE_LENGTH:
            raise ValueError(f"a value may have at most {MAX_VALUE_LENGTH} characters")
        (excluded if negated else included)[plain] = None
    both = included.keys() & excluded.keys()
    if both:
        raise ValueError(f"{shortened(min(both))} is both asked for and left out")
    return Filters(tuple(included), tuple(excluded))


def read_facets(values: Iterable[str]) -> tuple[FacetRequest, ...]:
    """`section:10,month`, or `none` for no facets."""
    names = _listed(values)
    if names == [_NO_FACETS]:
        return ()
    found: dict[str, FacetRequest] = {}
    for written in names:
        facet = _read_facet(written)
        if facet.name in found:
            raise ValueError(f"{facet.name} is asked for twice")
        found[facet.name] = facet
    return tuple(found.values())


def shortened(text: str, length: int = 60) -> str:
    """The text in quotes, cut where it is too long to be shown."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")


def one_of(known: Iterable[str] | Callable[[], Iterable[str]]) -> Any:
    """A validator for one name out of `known`; a function is asked when the first value comes."""

    def read(value: str) -> str:
        names = tuple(known() if callable(known) else known)
        if value not in names:
            raise ValueError(_not_valid(value, names))
        return value

    return AfterValidator(read)


def list_of(known: tuple[str, ...]) -> Any:
    """A validator for names out of `known`, between commas or repeated; doubles are dropped."""

    def read(values: Iterable[str]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(_listed(values)))
        for name in names:
            if name not in known:
                raise ValueError(_not_valid(name, known))
        return names

    return BeforeValidator(read)


def array_schema(**items: Any) -> Any:
    """JSON schema of a repeated parameter, as it is written in an address."""
    return WithJsonSchema({"type": "array", "items": {"type": "string", **items}})


@cache
def time_zones() -> frozenset[str]:
    """The IANA names of time zones this machine knows."""
    return frozenset(available_timezones())


def _whole_number(value: object) -> object:
    # int() would also take "1_0", " 1" and the digits of other scripts.
    if not isinstance(value, str):
        return value
    if not _WHOLE_NUMBER.fullmatch(value):
        raise ValueError(f"{shortened(value)} is not a whole number")
    return int(value)


def _truth(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in ("true", "false"):
        raise ValueError(_not_valid(value, ("true", "false")))
    return value == "true"


def _read_facet(written: str) -> FacetRequest:
    match = _FACET.fullmatch(written)
    name = match[1] if match else written.partition(":")[0]
    if name not in FACETS:
        raise ValueError(f"there is no facet {shortened(name)}; valid are {', '.join((*FACETS, _NO_FACETS))}")
    if match is None:
        raise ValueError(f"{shortened(written)} is not valid; write a name and a number of values, as in {name}:10")
    size = int(match[2]) if match[2] else FacetRequest(name).size
    if not 1 <= size <= MAX_FACET_SIZE:
        raise ValueError(f"{name} can list 1 to {MAX_FACET_SIZE} values, not {size}")
    return FacetRequest(name, size)


def _not_valid(value: str, known: tuple[str, ...]) -> str:
    if len(known) <= _MAX_LISTED:
        return f"{shortened(value)} is not valid; valid are {', '.join(known)}"
    near = get_close_matches(value[:80], known, n=1)
    return f"{shortened(value)} is not valid" + (f"; did you mean {near[0]}?" if near else "")


def _listed(values: Iterable[str]) -> list[str]:
    return [name for value in values for name in value.split(",")]


WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
Truth = Annotated[bool, BeforeValidator(_truth)]
FilterValues = Annotated[
    Filters, Repeated(), BeforeValidator(read_filters), array_schema(minLength=1, maxLength=MAX_VALUE_LENGTH + 2)
]
Facets = Annotated[
    tuple[FacetRequest, ...],
    Repeated(joined=True),
    BeforeValidator(read_facets),
    array_schema(pattern=rf"^({'|'.join(FACETS)})(:[0-9]{{1,4}})?$|^none$"),
]
TimeZone = Annotated[str, one_of(time_zones)]
