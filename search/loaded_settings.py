"""The settings in force, each with where its value came from, and an error for everything that is not a setting.

Values come from `backfile.toml`, then from `BACKFILE_*` in the environment, then from flags; the later one wins.
A misspelt name is an error that suggests the right one: a setting that is silently ignored is worse than none.
Why there is no library for this is in docs/explanation/dependencies.md.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, get_args

from pydantic import ValidationError

from search.errors import ConfigError
from search.settings import (
    ENVIRONMENT_PREFIX,
    MAIL_PREFIX,
    OPENSEARCH_PREFIX,
    WORDPRESS_PREFIX,
    Settings,
    nearest,
    without_login,
)

CONFIG_NAME: Final = "backfile.toml"
CONFIG_VARIABLE: Final = "BACKFILE_CONFIG"
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

DEFAULT_ORIGIN: Final = "default"
MAX_CONFIG_BYTES: Final = 1_000_000


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
