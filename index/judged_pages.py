"""Pages whose article people wrote down, and the programs that read them, for `backfile evaluate extraction`."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from index.article import Article
from index.extraction_peers import read_with_trafilatura
from index.sources.files import read_page
from index.sources.html import read_html_page
from search.errors import SourceError

Part = Literal["all", "tuning", "held-out"]
"""Which pages: rules are made from two thirds; the third that is held out tells whether they carry over."""

Truth = Mapping[str, Mapping[str, Any]]
"""What is known of each page, by its name."""

_FORMS: Final[Mapping[str, Callable[[Mapping[str, Any]], bool]]] = {
    "body": lambda page: isinstance(page.get("articleBody"), str),
    "passages": lambda page: all(isinstance(page.get(key), list) for key in ("with", "without")),
}

Reader = Callable[[bytes, str, ZoneInfo], Article]
READERS: Final[Mapping[str, Reader]] = {"backfile": read_html_page, "trafilatura": read_with_trafilatura}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a program found on one page: an article, or None and the reason."""

    file: Path
    article: Article | None
    reason: str = ""


def read_truth(path: Path, part: Part = "all") -> Truth:
    """The ground truth of the pages of that part. Raises SourceError if it cannot be read."""
    try:
        truth = json.loads(read_page(str(path)))
    except ValueError as error:
        raise SourceError(str(path), f"not JSON ({error})") from error
    if not isinstance(truth, dict) or not truth or not all(isinstance(page, dict) for page in truth.values()):
        raise SourceError(str(path), 'not a ground truth: it must map page names to {"articleBody": "…"}')
    _check(path, truth)
    return {name: page for name, page in truth.items() if part == "all" or is_held_out(name) == (part == "held-out")}


def _check(path: Path, truth: Truth) -> None:
    """Raises SourceError unless each page is described in the form of the first."""
    form = "passages" if has_passages(truth) else "body"
    bad = [name for name, page in truth.items() if not _FORMS[form](page)]
    if bad:
        keys = '"with" and "without"' if form == "passages" else '"articleBody"'
        raise SourceError(str(path), f"{len(bad):,} pages have no {keys}, the first is {bad[0]!r}")


def has_passages(truth: Truth) -> bool:
    """Whether the pages are described by passages ("with", "without") and not by their whole body."""
    return any("with" in page for page in truth.values())


def is_held_out(name: str) -> bool:
    """Whether a page is in the third that no rule was made from: by a hash of its name, so that it never changes."""
    return hashlib.sha256(name.encode()).digest()[0] % 3 == 0


def read_pages(pages: Path, truth: Truth, reader: Reader) -> tuple[dict[str, Reading], float]:
    """What a program finds on each page, and the seconds of processor time that it took without reading files.

    Raises SourceError if the ground truth names a page that is not in the folder.
    """
    seconds = 0.0
    readings = {}
    for name, file in {name: _find_page(pages, name) for name in truth}.items():
        data = read_page(str(file))
        started = time.process_time()
        readings[name] = _read(reader, data, file)
        seconds += time.process_time() - started
    return readings, seconds


def _read(reader: Reader, data: bytes, file: Path) -> Reading:
    try:
        return Reading(file, reader(data, str(file), ZoneInfo("UTC")))
    except SourceError as error:
        return Reading(file, None, error.reason)


def _find_page(pages: Path, name: str) -> Path:
    for file in _candidates(pages, name):
        if file.is_file():
            return file
    raise SourceError(str(pages), f"holds no page {name}.html or {name}.html.gz, which the ground truth names")


def _candidates(pages: Path, name: str) -> Iterator[Path]:
    for folder in (pages, pages / "pages"):
        for ending in (".html.gz", ".html", ""):
            yield folder / f"{name}{ending}"
