"""The settings: what can be set, where each value came from, and an error for everything that is not a setting.

Values come from `backfile.toml`, then from `BACKFILE_*` in the environment, then from flags; the later one wins.
A misspelt name is an error that suggests the right one: a setting that is silently ignored is worse than none.
Why there is no library for this is in docs/explanation/dependencies.md.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from search.document import language_tag
from search.errors import ConfigError
from search.translation import LANGUAGES

CONFIG_NAME: Final = "backfile.toml"
ENVIRONMENT_PREFIX: Final = "BACKFILE_"
CONFIG_VARIABLE: Final = "BACKFILE_CONFIG"
OPENSEARCH_PREFIX: Final = f"{ENVIRONMENT_PREFIX}OPENSEARCH_"
WORDPRESS_PREFIX: Final = f"{ENVIRONMENT_PREFIX}WORDPRESS_"
MAIL_PREFIX: Final = f"{ENVIRONMENT_PREFIX}MAIL_"
OTHER_VARIABLES: Final = (
    CONFIG_VARIABLE,
    "BACKFILE_REPLICATE_KEY",  # read by the command `replicate`
    "BACKFILE_PURE",  # read by search.native
    "BACKFILE_TEST_OPENSEARCH",  # read by the tests
    # Read by search.engines.opensearch.transport.credentials, and no settings, so that nothing shows them.
    *(
        f"{OPENSEARCH_PREFIX}{name}"
        for name in ("USER", "PASSWORD", "API_KEY", "CA_BUNDLE", "CLIENT_CERT", "CLIENT_KEY")
    ),
    # Read by index.sources.wordpress.login, likewise.
    *(f"{WORDPRESS_PREFIX}{name}" for name in ("USER", "PASSWORD", "SITE")),
    # Read by index.alerts.mail, likewise.
    *(f"{MAIL_PREFIX}{name}" for name in ("USER", "PASSWORD")),
)
"""Variables that begin as those of the settings do, and are none."""

SOURCES: Final = "sources"
"""The tables of the file that say from where the archive is filled."""

HIDDEN: Final = "***"
"""What stands for the user and the password of a URL where it is shown."""

DEFAULT_ORIGIN: Final = "default"
MAX_CONFIG_BYTES: Final = 1_000_000

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


@dataclass(frozen=True, slots=True)
class LoadedSettings:
    """The settings in force, and the origin of each: the path of a file, "BACKFILE_PORT", "--port" or "default".

    `sources` are the tables [[sources]] of the file as it has them, and `folder` is where the file lies: whoever fills
    the archive reads them.
    """

    settings: Settings
    origins: Mapping[str, str]
    sources: tuple[Mapping[str, object], ...] = ()
    folder: Path = Path()


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    environ: Mapping[str, str],
    config_file: Path | None = None,
) -> LoadedSettings:
    """The validated settings from the file, the environment and those `flags` that are not None.

    The file is `config_file`, else the one that `BACKFILE_CONFIG` names, else `backfile.toml` in the current folder,
    if there is one. Raises ConfigError, which names the setting, its origin and what would be valid.
    """
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    sources: tuple[Mapping[str, object], ...] = ()
    file = _config_path(environ, config_file)
    if file is not None:
        values |= _from_file(file)
        sources = _source_tables(file, values.pop(SOURCES, []))
        origins |= dict.fromkeys(values, str(file))
    for name, value in _from_environment(environ).items():
        values[name], origins[name] = value, _variable(name)
    for name, flag in (flags or {}).items():
        if flag is not None:
            values[name], origins[name] = flag, _flag(name)
    if not values.get("ledger") and file is not None:
        values["ledger"] = _ledger_beside(file, str(values.get("index", "")))
    settings = _validated(values, origins)
    folder = file.parent if file is not None else Path()
    known = {name: origins.get(name, DEFAULT_ORIGIN) for name in Settings.names()}
    return LoadedSettings(settings, known, sources, folder)


def _source_tables(file: Path, tables: object) -> tuple[Mapping[str, object], ...]:
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{file}: sources are tables; begin each with [[{SOURCES}]]")
    return tuple(tables)


def without_login(url: str) -> str:
    """The URL of an index as it may be shown: with HIDDEN in place of the user and the password of a cluster."""
    # Up to the last @ of all, so that a malformed URL shows no part of a password either.
    return re.sub(r"^(\s*opensearchs?:/*).*@", rf"\1{HIDDEN}@", url, count=1, flags=re.IGNORECASE | re.DOTALL)


def nearest(name: str, known: tuple[str, ...]) -> str:
    """The end of a message about an unknown name: the most similar one if there is any, else all that are known."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else "valid are " + ", ".join(known)


def _variable(setting: str) -> str:
    return ENVIRONMENT_PREFIX + setting.upper()


def _flag(setting: str) -> str:
    return "--" + setting.replace("_", "-")


def _config_path(environ: Mapping[str, str], config_file: Path | None) -> Path | None:
    named = config_file or (Path(environ[CONFIG_VARIABLE]) if environ.get(CONFIG_VARIABLE) else None)
    if named is not None:
        return named
    usual = Path(CONFIG_NAME)
    return usual if usual.exists() else None


def _from_file(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_CONFIG_BYTES + 1)
        if len(raw) > MAX_CONFIG_BYTES:
            raise ConfigError(f"{path}: is larger than {MAX_CONFIG_BYTES:,} bytes; is it a configuration file?")
        table: dict[str, object] = tomllib.loads(raw.decode("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, RecursionError) as error:  # a number of many digits is a ValueError of its own
        raise ConfigError(f"{path}: is not valid TOML in UTF-8 ({error})") from error
    for name in table:
        _require_showable(path, name, table[name])
        if name not in (*Settings.names(), SOURCES):
            raise ConfigError(
                f"{path}: unknown setting {_shortened(name)}; {nearest(name, (*Settings.names(), SOURCES))}"
            )
    if isinstance(table.get("index"), str):
        table["index"] = _beside(path, str(table["index"]))
    for name in ("meaning_model", "ledger", "section_map", "variants"):
        if isinstance(place := table.get(name), str) and place:
            table[name] = str(path.parent / place)
    return table


def _require_showable(path: Path, name: str, value: object) -> None:
    """Raises ConfigError for what no message could show: hexadecimal numbers and tables may be of any size."""
    try:
        repr(value)
    except (ValueError, RecursionError) as error:
        reason = "holds a number of too many digits, or tables in tables without end"
        raise ConfigError(f"{path}: {_shortened(name)} {reason}") from error


def _beside(config: Path, index: str) -> str:
    # A path in a file is relative to that file, so that it means the same wherever the command is run.
    scheme, colon, rest = index.partition(":")
    is_bare_path = not colon or len(scheme) < 2
    path = index if is_bare_path else rest
    if config.parent == Path() or Path(path).is_absolute() or not (is_bare_path or scheme == "whoosh"):
        return index
    return f"whoosh:{config.parent / path}"


def _ledger_beside(config: Path, index: str) -> str:
    """The ledger of an archive on a cluster, which has no folder that it could be beside: it is beside the file of its
    settings, wherever the command is run. "" for any other archive."""
    scheme, _, rest = index.partition("://")
    name = rest.partition("?")[0].rpartition("/")[2]
    is_remote = scheme in ("opensearch", "opensearchs") and name and config.parent != Path()
    return str(config.parent / f"{name}.ledger") if is_remote else ""


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    variables = {_variable(name): name for name in Settings.names()}
    found: dict[str, str] = {}
    for variable, value in environ.items():
        if variable in variables:
            found[variables[variable]] = value
        elif variable.startswith(ENVIRONMENT_PREFIX) and variable not in OTHER_VARIABLES:
            known = (*variables, *OTHER_VARIABLES)
            raise ConfigError(f"unknown environment variable {_shortened(variable)}; {nearest(variable, known)}")
    return found


def _validated(values: Mapping[str, object], origins: Mapping[str, str]) -> Settings:
    for name in values:
        if name not in Settings.names():
            raise ConfigError(f"unknown setting {_shortened(name)}; {nearest(name, Settings.names())}")
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        lines = [_complaint(detail, values, origins) for detail in error.errors(include_url=False)]
        raise ConfigError("; ".join(lines)) from error


def _complaint(detail: Any, values: Mapping[str, object], origins: Mapping[str, str]) -> str:
    name = str(detail["loc"][0])
    given = _shortened(without_login(str(values.get(name))))
    return f"{name} = {given} ({origins.get(name, DEFAULT_ORIGIN)}): {_in_plain_words(name, detail)}"


def _in_plain_words(name: str, detail: Any) -> str:
    context = detail.get("ctx", {})
    match detail["type"]:
        case "value_error":
            return str(context["error"])
        case "literal_error":
            return "must be one of " + ", ".join(get_args(Settings.model_fields[name].annotation))
        case "greater_than_equal" | "less_than_equal" | "greater_than":
            return "must be " + _range_of(name)
        case "int_parsing" | "int_type" | "int_from_float" | "float_parsing" | "float_type" | "int_parsing_size":
            return "must be a number, " + _range_of(name)
        case "bool_type" | "bool_parsing":
            return "must be true or false"
        case "string_type":
            return "must be text in quotes"
        case other:
            return f"{str(detail['msg'])[:1].lower()}{str(detail['msg'])[1:]} ({other})"


def _range_of(name: str) -> str:
    bounds = {kind: getattr(row, kind) for row in Settings.model_fields[name].metadata for kind in ("ge", "gt", "le")
              if getattr(row, kind, None) is not None}  # fmt: skip
    low = f"{bounds['ge']} or more" if "ge" in bounds else f"more than {bounds['gt']}"
    return f"{low} and at most {bounds['le']}"


def _shortened(text: str, length: int = 80) -> str:
    cut = text if len(text) <= length else text[: length - 1] + "…"
    return repr(cut)
