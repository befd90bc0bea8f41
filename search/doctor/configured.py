"""What settings can be valid and yet mistaken: who reaches what, and how much is asked of the machine."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from search.engines.protocols import Finding
from search.errors import ConfigError
from search.loaded_settings import DEFAULT_ORIGIN, LoadedSettings
from search.meaning import require_encoder
from search.sections import load_section_order
from search.settings import Settings
from search.variants import load_variants

MOST_SECONDS: Final = 25.0
"""Proxies give up a request after 30 seconds or a minute."""
FEW_READERS: Final = 3
"""A query that fewer ask on a day may tell who they are."""
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")


def origins(loaded: LoadedSettings) -> Iterator[Finding]:
    """From where the settings come."""
    named = sorted({origin for origin in loaded.origins.values() if origin != DEFAULT_ORIGIN})
    yield Finding("settings", "ok", f"from {', '.join(named)}" if named else "all have their defaults")


def model(loaded: LoadedSettings) -> Iterator[Finding]:
    """Whether the sentence encoder can be used."""
    folder = loaded.settings.meaning_model
    try:
        require_encoder(folder)
    except ConfigError as error:
        yield Finding("model", "problem", str(error), "change the setting meaning_model")
    else:
        yield Finding("model", "ok", folder or "none: the archive is not searched by meaning")


def section_map(loaded: LoadedSettings) -> Iterator[Finding]:
    """Of the map only what a server needs: `backfile index` reads the rest."""
    path = loaded.settings.section_map
    try:
        order = load_section_order(path)
    except ConfigError as error:
        yield Finding("section map", "problem", str(error), "change the file, or the setting section_map")
        return
    found = f"{path}: {len(order.names):,} sections in order" if path else "none: sections are shown by their counts"
    yield Finding("section map", "ok", found)


def variants(loaded: LoadedSettings) -> Iterator[Finding]:
    """Whether the file of variants can be read."""
    path = loaded.settings.variants
    try:
        names = len(load_variants(path).others)
    except ConfigError as error:
        yield Finding("variants", "problem", str(error), "change the file, or the setting variants")
        return
    yield Finding("variants", "ok", f"{path}: {names:,} names in other spellings" if path else "none")


def address(loaded: LoadedSettings) -> Iterator[Finding]:
    """Whether feeds and links carry an address that readers can use."""
    settings = loaded.settings
    if not settings.public_url and not _is_local(settings):
        found = f"host is {settings.host}, so others reach the site, and public_url is empty"
        advice = "set public_url to the address that readers use: feeds and links carry it"
        yield Finding("address", "warning", found, advice)
    elif settings.public_url.startswith("http:") and urlsplit(settings.public_url).hostname not in _LOOPBACK:
        advice = "let the proxy speak TLS, and set public_url to https"
        yield Finding("address", "warning", f"{settings.public_url} is not encrypted", advice)
    else:
        yield Finding("address", "ok", settings.public_url or f"none: only this machine reaches {settings.host}")


def desk(loaded: LoadedSettings) -> Iterator[Finding]:
    """Whether readers might reach what is for editors."""
    settings = loaded.settings
    if not settings.desk:
        yield Finding("desk", "ok", "off")
    elif not _is_local(settings):
        found = f"on, and host is {settings.host}: whoever reaches that port can change what readers see"
        yield Finding("desk", "problem", found, "set host to 127.0.0.1, and let a proxy ask for a login at /desk")
    elif settings.public_url:
        found = "on, behind a proxy; it has no login of its own"
        advice = "see that the proxy asks for a login at /desk and /api/v1/desk"
        yield Finding("desk", "warning", found, advice)
    else:
        yield Finding("desk", "ok", "on, for this machine alone")


def processes(loaded: LoadedSettings) -> Iterator[Finding]:
    """Whether more processes are asked for than the machine can run."""
    cores = os.cpu_count() or 1
    asked = {name: getattr(loaded.settings, name) for name in ("workers", "index_workers")}
    many = [f"{name} is {count}" for name, count in asked.items() if count > cores]
    if many:
        found = f"{' and '.join(many)}, and the machine has {cores} cores"
        advice = "set them to 0: one for each core; more only wait for each other, and each takes memory"
        yield Finding("processes", "warning", found, advice)
    else:
        yield Finding("processes", "ok", f"no more than the {cores} cores")


def deadline(loaded: LoadedSettings) -> Iterator[Finding]:
    """Whether a search may take longer than anybody waits."""
    seconds = loaded.settings.deadline_seconds
    if seconds > MOST_SECONDS:
        found = f"a search may take {seconds:g} s, and proxies give up after 30 s"
        yield Finding("deadline", "warning", found, f"set deadline_seconds to {MOST_SECONDS:g} or less")
    else:
        yield Finding("deadline", "ok", f"{seconds:g} s")


def query_log(loaded: LoadedSettings) -> Iterator[Finding]:
    """Whether what readers ask is counted, and hides them."""
    settings = loaded.settings
    if not settings.query_log:
        yield Finding("query log", "ok", "off")
    elif settings.query_log_least < FEW_READERS:
        found = f"it shows what was asked {settings.query_log_least} times on a day, perhaps by one reader"
        yield Finding("query log", "warning", found, "set query_log_least to 5 or more")
    else:
        yield Finding("query log", "ok", f"on, for what is asked {settings.query_log_least} times on a day")


def _is_local(settings: Settings) -> bool:
    return settings.host in _LOOPBACK or settings.host.startswith("127.")
