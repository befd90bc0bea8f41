"""How the values of single parameters are read: filters, facets, lists of names, numbers, truth.

Each reader raises ValueError with a message of `search.request.wording`; `search.request.reading` adds the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema
from pydantic_core.core_schema import no_info_after_validator_function

from search.periods import Interval, first_day
from search.request.facets import DATE, FACETS
from search.request.request import MAX_FACET_SIZE, MAX_VALUES, FacetRequest, Filters
from search.request.wording import facet_size, no_such_facet, out_of_range, quoted, too_long, unknown
from search.schema import MAX_VALUE_LENGTH
from search.translation import gettext as _
from search.translation import gettext_noop

NO_FACETS: Final = "none"
"""The value of `facets` that asks for none."""

_FACET: Final = re.compile(r"([a-z]+)(?::([0-9]{1,6}))?")
_WHOLE_NUMBER: Final = re.compile(r"[0-9]{1,9}")
_PERIOD_FORMS: Final[dict[Interval, str]] = {
    "year": "[0-9]{4}",
    "month": "[0-9]{4}-(?:0[1-9]|1[0-2])",
    "day": "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])",
}
_NO_PERIOD: Final[dict[Interval, str]] = {
    "year": gettext_noop("%(value)s is not a year; write it as in %(example)s"),
    "month": gettext_noop("%(value)s is not a month; write it as in %(example)s"),
    "day": gettext_noop("%(value)s is not a day; write it as in %(example)s"),
}
_PERIOD_EXAMPLES: Final[dict[Interval, str]] = {"year": "2024", "month": "2024-07", "day": "2024-07-03"}
_TRUTH: Final = {"true": True, "false": False}


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
            raise ValueError(_("%(value)s names no value", value=repr(value)))
        if len(plain) > MAX_VALUE_LENGTH:
            raise ValueError(too_long(MAX_VALUE_LENGTH))
        (excluded if negated else included)[plain] = None
    both = included.keys() & excluded.keys()
    if both:
        raise ValueError(_("%(value)s is both asked for and left out", value=quoted(min(both))))
    return Filters(tuple(included), tuple(excluded))


def periods_of(interval: Interval) -> Any:
    """A validator for periods of that kind; doubles are dropped."""

    def read(values: Iterable[str]) -> tuple[str, ...]:
        for value in values:
            if not _is_period(interval, value):
                example = _PERIOD_EXAMPLES[interval]
                raise ValueError(_(_NO_PERIOD[interval], value=quoted(value), example=example))
        return tuple(dict.fromkeys(values))

    return BeforeValidator(read)


def _is_period(interval: Interval, value: str) -> bool:
    if not re.fullmatch(_PERIOD_FORMS[interval], value):
        return False
    try:
        first_day(value)
    except ValueError:
        return False
    return True


def read_facets(values: Iterable[str]) -> tuple[FacetRequest, ...]:
    """`section:10,month`, or `none` for no facets."""
    names = _listed(values)
    if names == [NO_FACETS]:
        return ()
    found: dict[str, FacetRequest] = {}
    for written in names:
        facet = _read_facet(written)
        if facet.name in found:
            raise ValueError(_("%(facet)s is asked for twice", facet=facet.name))
        found[facet.name] = facet
    return tuple(found.values())


def one_of(known: Collection[str] | Callable[[], Collection[str]]) -> Any:
    """A validator for one name out of `known`; a function is asked when the first value comes."""

    def read(value: str) -> str:
        names = known() if callable(known) else known
        if value not in names:
            raise ValueError(unknown(value, names))
        return value

    return AfterValidator(read)


def list_of(known: tuple[str, ...]) -> Any:
    """A validator for names out of `known`, between commas or repeated; doubles are dropped."""

    def read(values: Iterable[str]) -> tuple[str, ...]:
        names = tuple(dict.fromkeys(_listed(values)))
        for name in names:
            if name not in known:
                raise ValueError(unknown(name, known))
        return names

    return BeforeValidator(read)


@dataclass(frozen=True, slots=True)
class Between:
    """Marks a whole number from `least` to `most`; both the validation and the JSON schema come from it."""

    least: int
    most: int

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), "minimum": self.least, "maximum": self.most}

    def _checked(self, value: int) -> int:
        if not self.least <= value <= self.most:
            raise ValueError(out_of_range(self.least, self.most))
        return value


def array_schema(*, least: int = 0, most: int | None = MAX_VALUES, **items: Any) -> Any:
    """JSON schema of a repeated parameter, as it is written in an address: from `least` to `most` items, each of them
    as said; `most` None for names of which each counts once."""
    sizes = {"minItems": least or None, "maxItems": most}
    known = {name: size for name, size in sizes.items() if size is not None}
    return WithJsonSchema({"type": "array", "items": {"type": "string", **items}, **known})


@cache
def time_zones() -> frozenset[str]:
    """The IANA names of time zones this machine knows."""
    return frozenset(available_timezones())


def _whole_number(value: object) -> object:
    # int() would also take "1_0", " 1" and the digits of other scripts.
    if not isinstance(value, str):
        return value
    if not _WHOLE_NUMBER.fullmatch(value):
        raise ValueError(_("%(value)s is not a whole number", value=quoted(value)))
    return int(value)


def _truth(value: object) -> object:
    if not isinstance(value, str):
        return value
    if value not in _TRUTH:
        raise ValueError(unknown(value, _TRUTH))
    return _TRUTH[value]


def _read_facet(written: str) -> FacetRequest:
    match = _FACET.fullmatch(written)
    name = match[1] if match else written.partition(":")[0]
    if name not in FACETS:
        raise ValueError(no_such_facet(name, (*FACETS, NO_FACETS)))
    if match is None:
        message = _(
            "%(value)s is not valid; write a name and a number of values, as in %(example)s",
            value=quoted(written),
            example=name + ":10",
        )
        raise ValueError(message)
    if name == DATE and match[2]:
        raise ValueError(_("%(facet)s lists all years and takes no number", facet=name))
    size = int(match[2]) if match[2] else FacetRequest(name).size
    if not 1 <= size <= MAX_FACET_SIZE:
        raise ValueError(facet_size(name, MAX_FACET_SIZE))
    return FacetRequest(name, size)


def _listed(values: Iterable[str]) -> list[str]:
    return [name.strip() for value in values for name in value.split(",")]


WholeNumber = Annotated[int, BeforeValidator(_whole_number)]
Truth = Annotated[bool, BeforeValidator(_truth)]
FilterValues = Annotated[
    Filters, Repeated(), BeforeValidator(read_filters), array_schema(minLength=1, maxLength=MAX_VALUE_LENGTH + 2)
]
Facets = Annotated[
    tuple[FacetRequest, ...],
    Repeated(joined=True),
    BeforeValidator(read_facets),
    array_schema(pattern=rf"^({'|'.join(FACETS)})(:[0-9]{{1,4}})?$|^{NO_FACETS}$"),
]
Years = Annotated[tuple[str, ...], Repeated(), periods_of("year"), array_schema(pattern=f"^{_PERIOD_FORMS['year']}$")]
Months = Annotated[
    tuple[str, ...], Repeated(), periods_of("month"), array_schema(pattern=f"^{_PERIOD_FORMS['month']}$")
]
Days = Annotated[tuple[str, ...], Repeated(), periods_of("day"), array_schema(pattern=f"^{_PERIOD_FORMS['day']}$")]
TimeZone = Annotated[str, one_of(time_zones)]
