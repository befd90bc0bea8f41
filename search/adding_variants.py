"""Adds an entry to the file of variants, as an editor would: comments, order and everything else stay as they are.

The entry is one way: what readers type finds what the archive writes, and not the other way round.
"""

from __future__ import annotations

import json
import os
import re
import stat
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from copy import deepcopy
from pathlib import Path
from typing import Any, Final

from search.errors import ConfigError, ParameterError
from search.query.variants import key_of
from search.toml_files import read_toml
from search.variants import MAX_BYTES, ONE_WAY, load_variants, read_entries, unfit_name

_PATIENCE: Final = 15.0
"""Seconds to wait for another who writes the file."""
_ABANDONED: Final = 60.0
"""Seconds after which a draft was left behind by a process that was killed."""
_PAUSE: Final = 0.05
_HEADER: Final = re.compile(rf"^[ \t]*\[[ \t]*{ONE_WAY}[ \t]*\][ \t]*(?:#[^\r\n]*)?\r?$", re.MULTILINE)
_NEXT_TABLE: Final = re.compile(r"^[ \t]*\[", re.MULTILINE)


def entry_lines(name: str, spelling: str) -> str:
    """The entry as a file of its own: what to write by hand where there is no file, or none that can be written."""
    return f"[{ONE_WAY}]\n{_line(name, [spelling])}\n"


def add_variant(path: str, name: str, spelling: str) -> bool:
    """Adds that `name` also finds `spelling` to the file; False if it does so already. The file is replaced as a whole,
    so whoever reads it meanwhile gets the old one or the new one.

    Raises ParameterError for what cannot be an entry; ConfigError if the file cannot be read, written or understood.
    """
    name, spelling = require_pair(name, spelling)
    if not path:
        raise ConfigError("there is no file of variants; name one in the setting variants")
    target = Path(path).resolve()
    try:
        with _draft(target) as draft:
            if key_of(spelling) in {key_of(other.text) for other in load_variants(path).others.get(key_of(name), ())}:
                draft.unlink()
                return False
            text, parts = read_toml(path, MAX_BYTES, "a file of variants")
            _fill(draft, target, _with_entry(path, text, parts, name, spelling))
            read_entries(str(draft))
            draft.replace(target)
            return True
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot be written ({error.strerror or error}); add the lines by hand, or let the server write "
            "into its folder"
        ) from error


def require_pair(name: str, spelling: str) -> tuple[str, str]:
    """The two as the file has them. Raises ParameterError for what cannot be an entry."""
    for parameter, text in (("name", name), ("spelling", spelling)):
        complaint = unfit_name(text) or ("" if text.isprintable() else "has characters that cannot be seen")
        if complaint:
            raise ParameterError(parameter, f"{text[:80]!r} {complaint}")
    if key_of(name) == key_of(spelling):
        raise ParameterError("spelling", "differs in case and diacritics alone, so the two find each other already")
    return " ".join(name.split()), " ".join(spelling.split())


def _with_entry(path: str, text: str, parts: dict[str, Any], name: str, spelling: str) -> str:
    """The text with the entry: the first way to write it down that changes nothing else."""
    wanted = deepcopy(parts)
    known = wanted.setdefault(ONE_WAY, {}).get(name, [])
    others = [known] if isinstance(known, str) else list(known)
    wanted[ONE_WAY][name] = [*others, spelling]
    for candidate in _candidates(text, name, others, spelling):
        with suppress(tomllib.TOMLDecodeError):
            if tomllib.loads(candidate) == wanted:
                return candidate
    raise ConfigError(
        f"{path}: is written in a way that only you can add to; write: {_line(name, [*others, spelling])}"
    )


def _candidates(text: str, name: str, others: list[str], spelling: str) -> Iterator[str]:
    end = "\r\n" if "\r\n" in text else "\n"
    line = _line(name, [*others, spelling])
    if others:
        entry = re.compile(rf"^([ \t]*){re.escape(json.dumps(name, ensure_ascii=False))}[ \t]*=[^#\r\n]*", re.MULTILINE)
        yield entry.sub(lambda found: f"{found[1]}{line}" + (" " if found[0] != found[0].rstrip() else ""), text, 1)
        return
    for header in _HEADER.finditer(text):
        after = _NEXT_TABLE.search(text, header.end())
        table = _without_ending(text[: after.start() if after else len(text)])
        yield f"{table}{end}{line}{text[len(table) :] or end}"
        yield f"{text[: header.end()].rstrip()}{end}{line}{text[header.end() :] or end}"
    before = text.rstrip()
    yield f"{before}{end + end if before else ''}[{ONE_WAY}]{end}{line}{end}"


def _without_ending(table: str) -> str:
    """The text without empty lines and comments at its end, which may be about what follows the table."""
    lines = table.split("\n")
    while len(lines) > 1 and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    return "\n".join(lines).rstrip()


def _line(name: str, others: list[str]) -> str:
    """The entry in TOML, of which JSON's strings and lists of strings are a part."""
    return f"{json.dumps(name, ensure_ascii=False)} = {json.dumps(others, ensure_ascii=False)}"


@contextmanager
def _draft(target: Path) -> Iterator[Path]:
    """A file beside the other that nobody else has at the same time. The block moves or deletes it; an exception does.

    Once it has moved, the name is free for the next one, whose draft must not be touched."""
    draft = target.with_name(f".{target.name}.new")
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            break
        except FileExistsError:
            with suppress(FileNotFoundError):
                if time.time() - draft.stat().st_mtime > _ABANDONED:
                    draft.unlink()
                    continue
            if time.monotonic() > deadline:
                raise
        time.sleep(_PAUSE)
    try:
        yield draft
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def _fill(draft: Path, target: Path, text: str) -> None:
    """Writes the text into the draft, with the rights of the target, and onto the disk."""
    found = target.stat()
    with draft.open("wb") as stream:
        stream.write(text.encode())
        stream.flush()
        os.fsync(stream.fileno())
    with suppress(OSError, AttributeError):  # only root may give a file away, and Windows has no owners
        os.chown(draft, found.st_uid, found.st_gid)
    draft.chmod(stat.S_IMODE(found.st_mode))
