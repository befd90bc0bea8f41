"""What the program stands on: Python, its libraries, the kernel, the rules of time zones."""

from __future__ import annotations

import platform
import re
import zoneinfo
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Final

from search import native
from search.engines.protocols import Finding

EXTRAS: Final = ("meaning", "opensearch", "mcp", "evaluate")
MOST_YEARS: Final = 2
"""Rules of time zones change several times a year; older ones than this show wrong times somewhere."""
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")
_LEAST: Final = re.compile(r">=\s*([0-9.]+)")
_RELEASE: Final = re.compile(r"^(?:# version )?(\d{4})[a-z.]", re.MULTILINE)


def program() -> Iterator[Finding]:
    """The versions of the program and of Python."""
    yield Finding("program", "ok", f"Backfile {version('backfile')}, Python {platform.python_version()}")


def packages() -> Iterator[Finding]:
    """Whether each library is there, in a version that was asked for."""
    needed = [line for line in requires("backfile") or [] if ";" not in line]  # what is for some systems may be absent
    wrong = [reason for line in needed if (reason := _wrong(line))]
    if wrong:
        advice = "install Backfile again: `pip install --upgrade backfile`"
        yield Finding("packages", "problem", "; ".join(wrong), advice)
    else:
        yield Finding("packages", "ok", f"all {len(needed)} are there")


def kernel() -> Iterator[Finding]:
    """Whether the compiled kernel is used."""
    if native.kernel is not None:
        yield Finding("kernel", "ok", "compiled")
        return
    yield Finding(
        "kernel", "warning", "not compiled, or of another version: everything works, only slower",
        "install a C compiler, and Backfile again; unset BACKFILE_PURE if it is set",
    )  # fmt: skip


def extras() -> Iterator[Finding]:
    """Which extras are installed; none has to be."""
    needed = requires("backfile") or []
    for extra in EXTRAS:
        marker = re.compile(rf"""extra\s*==\s*['"]{extra}['"]""")
        absent = [name for line in needed if marker.search(line) and _version(name := _name(line)) is None]
        found = "installed" if not absent else f"not installed: it lacks {', '.join(absent)}"
        yield Finding(f"extra {extra}", "ok", found)


def time_zones(now: datetime) -> Iterator[Finding]:
    """How old the rules of time zones are."""
    release = _release()
    year = _RELEASE.search(release)
    if year is None:
        yield Finding("time zones", "ok", "known; the system does not say of which year")
    elif now.year - int(year[1]) > MOST_YEARS:
        advice = "update the system's tzdata, or `pip install --upgrade tzdata`"
        yield Finding("time zones", "warning", f"the rules are of {year[1]}, and may be wrong by now", advice)
    else:
        yield Finding("time zones", "ok", f"the rules are of {year[1]}")


def _wrong(requirement: str) -> str:
    """What is wrong with an installed library; "" if nothing is."""
    name, least = _name(requirement), _LEAST.search(requirement)
    found = _version(name)
    if found is None:
        return f"{name} is missing"
    if least and _numbers(found) < _numbers(least[1]):
        return f"{name} is {found}, at least {least[1]} is needed"
    return ""


def _name(requirement: str) -> str:
    match = _NAME.match(requirement)
    return match[0] if match else requirement


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _numbers(release: str) -> list[int]:
    """The numbers of a version, as far as it consists of numbers, without zeros at the end."""
    numbers = [int(part) for part in re.findall(r"\d+", release.partition("+")[0])]
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers


def _release() -> str:
    """The first line of the system's rules, which says their version; else the version of the package tzdata."""
    for folder in zoneinfo.TZPATH:
        for name in ("tzdata.zi", "+VERSION"):
            try:
                with (Path(folder) / name).open("r", encoding="utf-8", errors="replace") as stream:
                    return stream.read(200)
            except OSError:
                continue
    return _version("tzdata") or ""
