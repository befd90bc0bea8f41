"""The keys of an article, as JSON, CSV and SQLite inputs state them, and the article that they make.

They are described in docs/reference/formats.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Annotated, Any, Final, Literal

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from index.article import Article, Withdrawal
from index.extraction.body import Body, title_from
from index.extraction.frontmatter import KEYS as KEYS_OF_FRONT_MATTER
from index.extraction.frontmatter import SHOWN_FROM, FrontMatter, as_list, as_text, split_front_matter
from index.extraction.plain_text import read_text
from index.extraction.stated_dates import Dates, text_in
from index.identity import article_url
from index.normalize import plain, section_path, shorten, unique
from index.sources.reading import Reading
from search.document import language_tag
from search.errors import SourceError
from search.named import Named

MAX_UNKNOWN_KEYS: Final = 20
"""Unknown keys of one article that are reported."""


def _as_list(value: Any) -> Any:
    return [] if value is None else value if isinstance(value, list) else [value]


def _as_tags(value: Any) -> Any:
    return value.split(",") if isinstance(value, str) else _as_list(value)


def _as_text(value: Any) -> Any:
    return "" if value is None else value


def _as_publication(value: Any) -> Any:
    """What is not published is no article, whatever else is stated."""
    return value if value is False else text_in(value)


def _as_embargo(value: Any) -> str:
    """Whatever is stated: what is no text cannot be read, and holds."""
    if value is None or value is False:
        return ""
    return str(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"


def _as_status(value: Any) -> Any:
    stated = value.strip().lower() if isinstance(value, str) else "usable" if value is None else value
    return "canceled" if stated == "cancelled" else "usable" if stated == "" else stated


Text = Annotated[str, BeforeValidator(_as_text)]
Texts = Annotated[list[str], BeforeValidator(_as_list)]


class ArticleFields(BaseModel):
    """What an input states of one article.

    Every key may be absent or null. Other keys are ignored, and numbers pass for text.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    id: Text = ""
    guid: Text = ""
    url: Text = ""
    title: Text = ""
    section: Annotated[list[str | list[str]], BeforeValidator(_as_list)] = Field(
        default=[], validation_alias=AliasChoices("section", "sections")
    )
    tags: Annotated[list[str], BeforeValidator(_as_tags)] = []
    author: Texts = Field(default=[], validation_alias=AliasChoices("author", "authors"))
    published: Annotated[str, BeforeValidator(_as_publication)] = ""
    modified: Annotated[str, BeforeValidator(text_in)] = ""
    first_published: Annotated[str, BeforeValidator(text_in)] = ""
    embargo: Annotated[str, BeforeValidator(_as_embargo)] = ""
    status: Annotated[Literal["usable", "withheld", "canceled"], BeforeValidator(_as_status)] = "usable"
    summary: Text = ""
    body: Text = ""
    body_format: Annotated[Literal["text", "markdown", "html"], BeforeValidator(lambda value: value or "text")] = "text"
    lang: Text = Field(default="", validation_alias=AliasChoices("lang", "language"))
    type: Text = ""


BAD_URL: Final = "a url that is not an absolute http or https address is left out"

READERS: Final[dict[str, Callable[[str], Body]]] = {
    "text": read_text,
    "markdown": Named("index.extraction.markdown:read_markdown"),
    "html": Named("index.extraction.html_text:read_html"),
}
"""The values of `body_format`, and the reader for each."""

KEYS: Final = frozenset(
    name
    for key, field in ArticleFields.model_fields.items()
    for name in (
        [str(choice) for choice in field.validation_alias.choices]
        if isinstance(field.validation_alias, AliasChoices)
        else [key]
    )
)
"""Every key that is read."""


def article_of(
    value: Mapping[str, Any], origin: str, place: str, reading: Reading, not_before: Sequence[str] = ()
) -> Article | Withdrawal:
    """The article that the keys of an input state, once `reading.mapping` has given them our names.

    `not_before` are dates of publication, beside that in `value`, before which it is not to be shown either.
    Raises SourceError with the reason if there is none.
    """
    value = mapped(value, reading.mapping)
    fields, warnings, stated = _with_front_matter(_validate(value, origin))
    url, own, guid = article_url(fields.url), plain(fields.id), plain(fields.guid)
    if fields.status == "canceled":
        return Withdrawal(origin, "killed", "canceled at its source", own, guid, place, url)
    body = READERS[fields.body_format](fields.body)
    title = plain(fields.title) or title_from(body)
    if not title:
        raise SourceError(origin, "the article has neither a title nor a body")
    dates = Dates(reading.time_zone)
    embargo, is_withheld = dates.embargo(fields.embargo)
    appears = [found for text in (*not_before, *stated) if (found := dates.published(text, "publishDate"))]
    language = language_tag(fields.lang)
    if fields.lang and not language:
        warnings.append(f"lang is not a language tag: {fields.lang[:40]!r}")
    return Article(
        origin=origin,
        id=own,
        guid=guid,
        place=place,
        url=url,
        title=title,
        summary=plain(fields.summary),
        body=body.text,
        headings=body.headings,
        html=body.html,
        sections=unique(section_path(part if isinstance(part, list) else [part]) for part in fields.section),
        authors=unique(fields.author),
        tags=unique(fields.tags),
        published=dates.published(fields.published),
        modified=dates.read("modified", fields.modified),
        first_published=dates.read("first_published", fields.first_published),
        embargo=max([*filter(None, [embargo]), *map(dates.moment, appears)], default=None),
        published_between=dates.published_between,
        status="withheld" if is_withheld else fields.status,
        language=language,
        type=plain(fields.type) or "article",
        warnings=(*warnings, *dates.warnings, *body.warnings),
        source_warnings=(*_unknown_keys(value.keys() - KEYS), *(() if url or not fields.url else (BAD_URL,))),
    )


def mapped(value: Mapping[str, Any], mapping: Mapping[str, str]) -> Mapping[str, Any]:
    """The keys of an input under our names. What the mapping names wins over a key that has that name already.

    A dot in a name of the mapping leads into an object: "content.rendered".
    """
    if not mapping:
        return value
    taken = {ours: found for theirs, ours in mapping.items() if (found := _at(value, theirs)) is not None}
    used = {theirs.partition(".")[0] for theirs in mapping}
    return {key: given for key, given in value.items() if key not in used and key not in taken} | taken


def _at(value: Any, path: str) -> Any:
    if isinstance(value, Mapping) and path in value:
        return value[path]
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _unknown_keys(keys: Iterable[str]) -> Iterator[str]:
    for key in sorted(keys)[:MAX_UNKNOWN_KEYS]:
        near = get_close_matches(key[:100].lower(), KEYS, n=1, cutoff=0.75)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        yield f"the key {shorten(key, 60)!r} is not known and is ignored{hint}"


def _with_front_matter(fields: ArticleFields) -> tuple[ArticleFields, list[str], tuple[str, ...]]:
    """A Markdown body may still begin with its front matter, which fills what the input itself leaves out. Returns what
    that makes, with warnings, and what `other_dates` gives."""
    if fields.body_format != "markdown":
        return fields, [], ()
    found = split_front_matter(fields.body)
    missing = {key: value for key, value in stated_keys(found).items() if not getattr(fields, key)}
    return fields.model_copy(update=missing), [found.warning] if found.warning else [], other_dates(found)


def other_dates(found: FrontMatter) -> tuple[str, ...]:
    """The dates from which on a generator would publish, as Hugo's `publishDate`, beside that in `stated_keys`."""
    taken = next((name for name in KEYS_OF_FRONT_MATTER["published"] if name in found.fields), "")
    return tuple(as_text(found.fields[name]) for name in SHOWN_FROM if name in found.fields and name != taken)


def stated_keys(found: FrontMatter) -> dict[str, str | list[str]]:
    """What front matter states, under our names."""
    stated = ((key, found.first(names)) for key, names in KEYS_OF_FRONT_MATTER.items())
    return {
        key: as_list(value) if key in ("tags", "author") else as_text(value) or ", ".join(as_list(value))
        for key, value in stated
        if value is not None
    }


def _validate(value: Mapping[str, Any], origin: str) -> ArticleFields:
    try:
        return ArticleFields.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        key = str(first["loc"][0]) if first["loc"] else "line"
        raise SourceError(origin, f"{key}: {first['msg'][0].lower()}{first['msg'][1:]}") from error
