"""The file of variants: the spellings of names that find each other, as an editor writes them.

A change shows in a running server: the file is looked at again with the questions, a few times a second at most.
docs/reference/formats.md describes it.
"""

from __future__ import annotations

import hashlib
import logging
import re
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from search.errors import ConfigError
from search.query.variants import NO_VARIANTS, Entry, Key, Variants, key_of, variants_of
from search.settings import nearest
from search.toml_files import read_toml

MAX_BYTES: Final = 2_000_000
MAX_ENTRIES: Final = 20_000
MAX_NAMES: Final = 20
"""Spellings in one entry."""
MAX_WORDS: Final = 8
MAX_LENGTH: Final = 200
"""Words and characters of one name."""

BOTH_WAYS: Final = "both_ways"
ONE_WAY: Final = "one_way"
LANGUAGES: Final = "languages"
_PARTS: Final = (BOTH_WAYS, ONE_WAY, LANGUAGES)
_LANGUAGE: Final = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{1,8}){0,3}")

_log = logging.getLogger("backfile.archive")


@dataclass(frozen=True, slots=True)
class _File:
    """The file as it was read, to name the line of what is wrong with it."""

    path: str
    text: str

    def error(self, key: str, complaint: str) -> ConfigError:
        at = next((found for quote in ('"', "'", "") if (found := self.text.find(quote + key + quote)) >= 0), -1)
        line = f":{self.text.count(chr(10), 0, at) + 1}" if at >= 0 else ""
        return ConfigError(f"{self.path}{line}: {key[:80]!r} {complaint}")


def load_variants(path: str) -> Variants:
    """The variants in a file; NO_VARIANTS if `path` is "". Raises ConfigError as `read_entries` does."""
    if not path:
        return NO_VARIANTS
    entries = read_entries(path)
    version = hashlib.blake2b(repr(entries).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return replace(variants_of((pair for entry in entries for pair in entry.pairs()), version), entries=entries)


def read_entries(path: str) -> tuple[Entry, ...]:
    """The entries of a file, in order. Raises ConfigError, which names the file, the line and what would be valid."""
    text, parts = read_toml(path, MAX_BYTES, "a file of variants")
    file = _File(path, text)
    languages = _table(file, LANGUAGES, parts.pop(LANGUAGES, {}))
    entries = list(_entries(file, parts, ""))
    for language, own in languages.items():
        if not _LANGUAGE.fullmatch(language):
            raise file.error(language, 'is no language tag: write [languages.az] or [languages."pt-BR"]')
        table = _table(file, language, own)
        if LANGUAGES in table:
            raise file.error(LANGUAGES, f"has no place in [languages.{language}]")
        entries += _entries(file, table, language)
    if len(entries) > MAX_ENTRIES:
        raise ConfigError(f"{path}: has more than {MAX_ENTRIES:,} entries; leave out those that find nothing")
    return tuple(entries)


def _entries(file: _File, parts: Mapping[str, Any], language: str) -> Iterator[Entry]:
    for name, part in parts.items():
        if name not in (BOTH_WAYS, ONE_WAY):
            raise file.error(name, f"is no part of a file of variants; {nearest(name, _PARTS)}")
        if name == BOTH_WAYS:
            if not isinstance(part, list):
                raise file.error(name, 'must be a list of lists: write both_ways = [["Kyiv", "Kiev"]]')
            yield from (
                Entry(_names(file, name, number, names), True, language) for number, names in enumerate(part, 1)
            )
        else:
            for number, (typed, others) in enumerate(_table(file, name, part).items(), 1):
                found = [others] if isinstance(others, str) else others
                if not isinstance(found, list):
                    raise file.error(typed, 'must have a list of names: write "Bombay" = ["Mumbai"]')
                yield Entry(_names(file, name, number, [typed, *found]), False, language)


def _table(file: _File, name: str, part: Any) -> Mapping[str, Any]:
    if not isinstance(part, dict):
        raise file.error(name, f"must be a table: write [{name}] on a line of its own")
    return part


def _names(file: _File, part: str, number: int, names: Any) -> tuple[str, ...]:
    """The names of one entry, each once."""
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise file.error(part, f"must have lists of texts in quotes, and entry {number} in it is none")
    if len(names) > MAX_NAMES:
        raise file.error(names[0], f"has more than {MAX_NAMES} spellings; write several entries")
    known: dict[Key, None] = {}
    for name in names:
        known.setdefault(_key(file, name))
    if len(known) < 2:
        raise file.error(names[0] if names else part, _too_few(number, names))
    return tuple(dict.fromkeys(name.strip() for name in names))


def _too_few(number: int, names: list[str]) -> str:
    if len(names) > 1:
        return "and the others differ in case and diacritics alone, and so find each other without an entry"
    return f"stands alone in entry {number}: an entry needs two names or more"


def _key(file: _File, name: str) -> Key:
    complaint = unfit_name(name)
    if complaint:
        raise file.error(name, complaint)
    return key_of(name)


def unfit_name(name: str) -> str:
    """Why the file cannot have that name, as the end of a sentence about it; "" if it can."""
    key = key_of(name[: MAX_LENGTH + 1])
    if not key:
        return "has no letter or digit to search for"
    if len(name) > MAX_LENGTH or len(key) > MAX_WORDS:
        return f"is longer than {MAX_WORDS} words or {MAX_LENGTH} characters"
    return ""


class VariantsFile:
    """The variants of a file, as it is now. Safe to use from several threads.

    Raises ConfigError if the file cannot be used when it is opened. What becomes of it later never stops an answer: a
    file that is gone or wrong is reported to the log once, and the spellings read before stay in force.
    """

    def __init__(self, path: str, check_seconds: float) -> None:
        self._path = path
        self._check_seconds = check_seconds
        self._stamp = _stamp(path)
        self._variants = load_variants(path)
        self._checked = time.monotonic()
        self._lock = threading.Lock()

    def current(self) -> Variants:
        """The variants in force."""
        if (
            self._path
            and time.monotonic() - self._checked >= self._check_seconds
            and self._lock.acquire(blocking=False)
        ):
            try:
                self._look_again()
            finally:
                self._lock.release()
        return self._variants

    def look_now(self) -> None:
        """Reads the file again if it has changed, however lately it was looked at."""
        with self._lock:
            if self._path:
                self._look_again()

    def _look_again(self) -> None:
        self._checked = time.monotonic()
        stamp = _stamp(self._path)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._variants = load_variants(self._path)
        except ConfigError as error:
            _log.warning("the variants stay as they were: %s", error)


def _stamp(path: str) -> tuple[int, int, int] | None:
    """What changes with the file; None if it cannot be looked at."""
    try:
        found = Path(path).stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size, found.st_ino) if found else None
