"""The settings: what can be set, and what each value may be. `search.loaded_settings` says where values come from."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from search.document import language_tag
from search.translation import LANGUAGES

ENVIRONMENT_PREFIX: Final = "BACKFILE_"
OPENSEARCH_PREFIX: Final = f"{ENVIRONMENT_PREFIX}OPENSEARCH_"
WORDPRESS_PREFIX: Final = f"{ENVIRONMENT_PREFIX}WORDPRESS_"
MAIL_PREFIX: Final = f"{ENVIRONMENT_PREFIX}MAIL_"

HIDDEN: Final = "***"
"""What stands for the user and the password of a URL where it is shown."""

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "text"]


def _no_truth_value(value: object) -> object:
    # Otherwise TOML's true would pass as the number 1.
    if isinstance(value, bool):
        raise ValueError("must be a number")  # noqa: TRY004 - pydantic reports ValueErrors
    return value


def _split_list(value: object) -> object:
    if isinstance(value, str):
        return tuple(part for part in re.split(r"[,\s]+", value) if part)
    return value


def _plain_text(value: str) -> str:
    if not value.strip():
        raise ValueError("must not be empty")
    if not value.isprintable():
        raise ValueError("must not hold control characters")
    return value.strip()


def _language_tag(value: str) -> str:
    tag = language_tag(value)
    if value.strip() and not tag:
        raise ValueError('must be a language tag such as "en" or "zh-TW", or "" for none')
    return tag


def _site_language(value: str) -> str:
    if value not in LANGUAGES:
        raise ValueError("must be one of " + ", ".join(LANGUAGES))
    return value


def _language_tags(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(tag for value in values if (tag := _language_tag(value)))


def known_time_zone(value: str) -> str:
    """The name of a time zone. Raises ValueError."""
    try:
        ZoneInfo(value)
    except (OSError, ValueError, KeyError) as error:
        raise ValueError('must be an IANA time zone such as "UTC" or "Europe/Berlin"') from error
    return value


def _web_address(value: str) -> str:
    message = 'must be an address such as "https://archive.example.org" (without ? or #), or "" for none'
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise ValueError(message) from error
    usable = parts.scheme in ("http", "https") and parts.hostname and value.isprintable() and " " not in value
    if value and (not usable or "?" in value or "#" in value or parts.username is not None):
        raise ValueError(message)
    return value.rstrip("/")


def _cors_origins(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if value != "*" and not re.fullmatch(r"https?://[^/\s?#@]+", value):
            raise ValueError(f'{value!r} must be "*" or an origin such as "https://www.example.org", without a path')
    return values


def _header_text(value: str) -> str:
    if not (value.isascii() and value.isprintable()):
        raise ValueError("must be printable ASCII, since it is sent in a header")
    return value.strip()


def _hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    for value in values:
        if not re.fullmatch(r"(?:[\w.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?", value):
            raise ValueError(f'{value!r} must be a host such as "intranet.example" or "127.0.0.1:8080"')
    return values


def _networks(values: tuple[str, ...]) -> tuple[str, ...]:
    from ipaddress import ip_network  # few commands have any

    for value in values:
        try:
            ip_network(value)
        except ValueError as error:
            raise ValueError(f'{value!r} must be an address or a network such as "10.0.0.0/8"') from error
    return values


MAIL_ADDRESS: Final = re.compile(r"[^\s@,;:<>()\[\]\\\"]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
"""One address as people have it (RFC 5321, 4.1.2), without quoted names and addresses of machines."""


def _mail_address(value: str) -> str:
    if value and not (value.isascii() and value.isprintable() and MAIL_ADDRESS.fullmatch(value)):
        raise ValueError('must be one address such as "archive@news.example", or "" for none')
    return value


def _mail_server(value: str) -> str:
    if value and not re.fullmatch(r"smtps?://(?:[\w.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\])(?::\d{1,5})?/?", value):
        raise ValueError('must be a server such as "smtp://mail.example:587" or "smtps://mail.example", or "" for none')
    return value.rstrip("/")


def _listening_address(value: str) -> str:
    named = re.fullmatch(r"(?:[\w.-]{1,253}|\[[0-9a-fA-F:.]{2,45}\]):(\d{1,5})", value)
    if value and not (named and int(named[1]) <= 65_535):
        raise ValueError('must be an address of this machine and a port, such as "127.0.0.1:9464", or "" for none')
    return value


_Number = BeforeValidator(_no_truth_value)
_Text = AfterValidator(_plain_text)


class Settings(BaseModel):
    """Everything that can be set, with its default. Made by `load_settings`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    index: Annotated[str, _Text] = Field(
        "whoosh:archive",
        max_length=2_000,
        description="The index: whoosh:PATH, a path, memory:, or opensearch://HOST/NAME",
    )
    ledger: str = Field(
        "", max_length=2_000, description='File of what was taken down or waits; "": INDEX.ledger, beside the index'
    )
    title: Annotated[str, _Text] = Field("Backfile", max_length=200, description="Name of the archive on its site")
    site_language: Annotated[str, AfterValidator(_site_language)] = Field(
        "en", description="Language of the site's own words, at addresses that name none: en, de, tr, az or ar"
    )
    language: Annotated[str, AfterValidator(_language_tag)] = Field(
        "en", description="Language of articles that state none, where none is detected"
    )
    detect_language: bool = Field(True, description="Detect the language of articles that state none")
    languages: Annotated[tuple[str, ...], BeforeValidator(_split_list), AfterValidator(_language_tags)] = Field(
        (), max_length=100, description="The only languages that are detected; none: any"
    )
    section_map: str = Field(
        "",
        max_length=2_000,
        description='File that says what sections are called and how they are ordered, or "" for none',
    )
    variants: str = Field(
        "", max_length=2_000, description='File of the spellings of names that find each other, or "" for none'
    )
    time_zone: Annotated[str, AfterValidator(known_time_zone)] = Field(
        "UTC", description="Time zone of times that state none, and of the days on the site"
    )
    index_workers: Annotated[int, _Number] = Field(
        0, ge=0, le=64, description="Processes that read and index; 0: one per core"
    )
    host: Annotated[str, _Text] = Field("127.0.0.1", max_length=253, description="Address that the server listens on")
    port: Annotated[int, _Number] = Field(
        8080, ge=0, le=65_535, description="Port that the server listens on; 0: any that is free"
    )
    workers: Annotated[int, _Number] = Field(
        0, ge=0, le=64, description="Worker processes of the server; 0: one per core, at most 4"
    )
    public_url: Annotated[str, AfterValidator(_web_address)] = Field(
        "", max_length=2_000, description="Address that readers use, if the server is behind a proxy"
    )
    cors_origins: Annotated[tuple[str, ...], BeforeValidator(_split_list), AfterValidator(_cors_origins)] = Field(
        ("*",), max_length=100, description="Sites whose scripts may call the endpoint"
    )
    deadline_seconds: Annotated[float, _Number] = Field(
        5.0, gt=0, le=300, description="Longest time one search may take"
    )
    searches_at_once: Annotated[int, _Number] = Field(
        1, ge=1, le=64, description="Searches that one worker process runs at the same time"
    )
    queue_seconds: Annotated[float, _Number] = Field(
        5.0,
        gt=0,
        le=300,
        description="Longest time a search may wait for others before it; if the line is longer: 503",
    )
    cache_bytes: Annotated[int, _Number] = Field(
        32_000_000, ge=0, le=10**12, description="Memory of each worker process for answers it has given; 0: none"
    )
    client_requests_per_minute: Annotated[int, _Number] = Field(
        0, ge=0, le=1_000_000, description="Requests that one client may send in a minute; 0: any number"
    )
    trusted_proxies: Annotated[tuple[str, ...], BeforeValidator(_split_list), AfterValidator(_networks)] = Field(
        (), max_length=100, description="Addresses and networks of proxies that say whom they ask for"
    )
    export_rows: Annotated[int, _Number] = Field(
        100_000, ge=1, le=100_000_000, description="Most articles in one file with every hit of a search"
    )
    exports_at_once: Annotated[int, _Number] = Field(
        2, ge=1, le=64, description="Files with every hit that one worker process sends at the same time"
    )
    desk: bool = Field(False, description="Serve the editors' desk; put it behind a login, since it has none")
    compat: bool = Field(False, description="Answer clients of two other news search services, below /compat/")
    query_log: bool = Field(True, description="Count by day what readers search for, without anything about them")
    query_log_least: Annotated[int, _Number] = Field(
        5, ge=2, le=1_000_000, description="How often a query must be asked on a day for its count to be kept"
    )
    meaning_model: str = Field(
        "", max_length=2_000, description='Folder of a model for search by meaning, or "" for none'
    )
    user_agent: Annotated[str, AfterValidator(_header_text)] = Field(
        "", max_length=200, description='Who fetches from sites, with an address to write to; "" for Backfile alone'
    )
    fetch_allow: Annotated[tuple[str, ...], BeforeValidator(_split_list), AfterValidator(_hosts)] = Field(
        (), max_length=100, description="Hosts that may be fetched from although they are not public"
    )
    fetch_per_second: Annotated[float, _Number] = Field(
        2.0, gt=0, le=1000, description="Requests a second to one host, at most"
    )
    mail_server: Annotated[str, AfterValidator(_mail_server)] = Field(
        "", max_length=300, description='Server that alerts are mailed by: smtp://HOST:PORT or smtps://HOST; "": none'
    )
    mail_from: Annotated[str, AfterValidator(_mail_address)] = Field(
        "", max_length=254, description="Address that alerts are mailed from"
    )
    alert_allow: Annotated[tuple[str, ...], BeforeValidator(_split_list), AfterValidator(_hosts)] = Field(
        (), max_length=100, description="Hosts that alerts may be posted to although they are not public"
    )
    metrics: Annotated[str, AfterValidator(_listening_address)] = Field(
        "", description='Address that metrics are served at, such as "127.0.0.1:9464", or "" for none'
    )
    inbox: bool = Field(True, description="Write into the index what programs with a key send to the server")
    webhooks: bool = Field(True, description="Send webhooks from a process beside the workers of the server")
    inbox_most: Annotated[int, _Number] = Field(
        10_000, ge=1, le=1_000_000, description="Articles that were sent and may wait to be written; more are refused"
    )
    write_per_minute: Annotated[int, _Number] = Field(
        600, ge=1, le=1_000_000, description="Requests to write that one worker process takes with one key a minute"
    )
    log_level: LogLevel = Field("info", description="How much the server logs")
    log_format: LogFormat = Field(
        "auto", description="How it does: json, text for people, or auto: text on a terminal, else json"
    )
    log_queries: bool = Field(False, description="Log what readers search for")
    log_addresses: bool = Field(False, description="Log the addresses of readers")
    log_slow_seconds: Annotated[float, _Number] = Field(
        2.0, gt=0, le=300, description="Requests that take longer are logged as warnings, with their phases"
    )

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """The names of all settings, in the order in which they are declared."""
        return tuple(cls.model_fields)

    def shown(self) -> dict[str, Any]:
        """All settings as JSON has them, fit to be shown: without the user and the password of the index."""
        return self.model_dump(mode="json") | {"index": without_login(self.index)}

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return self.shown().items()


def without_login(url: str) -> str:
    """The URL of an index as it may be shown: with HIDDEN in place of the user and the password of a cluster."""
    # Up to the last @ of all, so that a malformed URL shows no part of a password either.
    return re.sub(r"^(\s*opensearchs?:/*).*@", rf"\1{HIDDEN}@", url, count=1, flags=re.IGNORECASE | re.DOTALL)


def nearest(name: str, known: tuple[str, ...]) -> str:
    """The end of a message about an unknown name: the most similar one if there is any, else all that are known."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "valid are " + ", ".join(known)
