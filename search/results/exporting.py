"""Every hit of a search as one file: a table, lines of JSON, or a bibliography.

A file is written while its hits are read, so it may have to end early. A file that was cut at its limit says so in its
last entry; one whose search failed has no end at all (`Export.written` raises).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from search.request.request import HIT_KEYS, MAX_PAGE_DEPTH, SearchRequest
from search.results.as_json import jsonable
from search.results.bibtex import bibtex
from search.results.citation import Citation, Source, citation_of, one_line
from search.results.citation_formats import cited_text, csl, ris
from search.results.response import Hit

COLUMNS: Final = (
    "id", "url", "title", "published", "modified", "sections", "authors", "tags", "language", "type", "summary",
    "score", "all_words",
)  # fmt: skip
"""The columns of a table, and, without the score, what a bibliography is made from."""
RECORD_KEYS: Final = ("article_url", *COLUMNS)
"""The keys of a line of JSON, unless others are asked for."""
SNIPPET_KEYS: Final = ("matched_fields", "snippets")
"""What is added if snippets are asked for."""
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_LIST_SEPARATOR: Final = "; "


@dataclass(frozen=True, slots=True)
class Batch:
    """Hits that follow each other. `rows` is the length of the whole list, `total` the number of articles in it: more
    than `rows` where near-copies are grouped."""

    hits: tuple[Hit, ...]
    rows: int
    total: int


def most_rows(request: SearchRequest, most: int) -> int:
    """How many hits a file of the search may have if it may have `most`. Where near-copies are grouped there are no
    cursors, and pages have a depth."""
    return most if request.group == "none" else min(most, MAX_PAGE_DEPTH)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a file holds: `most` hits, with `snippets` or without, and of each the keys `fields` (in lines of JSON)."""

    source: Source
    most: int
    snippets: bool = False
    fields: tuple[str, ...] | None = None

    def keys(self) -> tuple[str, ...]:
        """The keys of a hit that the file is made from, so that nothing else is read."""
        if self.fields is not None:
            return self.fields
        return RECORD_KEYS + (SNIPPET_KEYS if self.snippets else ())


@dataclass(frozen=True, slots=True)
class Ending:
    """How a file ends: after `rows` of `total` hits; `note` says why these are not all, "" if they are."""

    rows: int
    total: int
    note: str


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file. `begin` writes its first lines, `row` one hit (the number counts from 0), `end` its last lines.
    `fail` writes the line that stands in place of `end` where hits could not be read, if such a file can have one.

    `media_type` is its type in HTTP, `suffix` the end of its name, `label` what people call it.
    """

    label: str
    media_type: str
    suffix: str
    begin: Callable[[Shape], str]
    row: Callable[[Hit, Shape, int], str]
    end: Callable[[Ending], str]
    fail: Callable[[str], str] | None = None


def written(format: Format, batches: Iterable[Batch], shape: Shape) -> Iterator[bytes]:
    """The file in UTF-8, a piece for each batch; the first has its beginning. Raises what reading the batches does."""
    done, rows = 0, 0
    start = format.begin(shape)
    for batch in batches:
        rows = batch.rows
        hits = batch.hits[: shape.most - done]
        lines = [format.row(hit, shape, number) for number, hit in enumerate(hits, done)]
        yield (start + "".join(lines)).encode("utf-8", "replace")
        start, done = "", done + len(hits)
        if done >= shape.most:
            break
    note = cut_off(shape.most, rows) if rows > shape.most else ""
    yield (start + format.end(Ending(done, rows, note))).encode("utf-8", "replace")


def failed(format: Format, reason: str) -> bytes | None:
    """The end of a file whose hits could not all be read; None if its format has no place for that."""
    return format.fail(reason).encode("utf-8", "replace") if format.fail else None


def cut_off(most: int, rows: int) -> str:
    """What a file says that was cut at its limit."""
    return f"cut off after {most:,} of {rows:,} articles; narrow the search to get the others"


def table_line(cells: Iterable[object]) -> str:
    """A line of a CSV table (RFC 4180)."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([cell_text(cell) for cell in cells])
    return text.getvalue()


def cell_text(value: object) -> str:
    """The text of a cell. What a spreadsheet would take for a formula gets an apostrophe in front.

    See https://owasp.org/www-community/attacks/CSV_Injection.
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    text = _LIST_SEPARATOR.join(value) if isinstance(value, tuple) else str(value or "")
    return "'" + text if text.startswith(_FORMULA) else text


def _table_begin(shape: Shape) -> str:
    return table_line((*COLUMNS, "snippets") if shape.snippets else COLUMNS)


def _table_row(hit: Hit, shape: Shape, _: int) -> str:
    cells = [getattr(hit, column) for column in COLUMNS]
    if shape.snippets:
        cells.append(" … ".join(one_line(snippet.text) for snippet in hit.snippets))
    return table_line(cells)


def _table_end(ending: Ending) -> str:
    """A table that was cut ends with a row without an id, whose title says so."""
    return table_line(("", "", ending.note, *("" for _ in COLUMNS[3:]))) if ending.note else ""


def _json_row(hit: Hit, shape: Shape, _: int) -> str:
    keys = shape.keys()
    known = jsonable(hit)
    return _line({key: known[key] for key in HIT_KEYS if key in keys})


def _json_end(ending: Ending) -> str:
    complete = not ending.note
    end: dict[str, Any] = {"rows": ending.rows, "total": ending.total, "complete": complete}
    return _line({"end": end if complete else {**end, "reason": ending.note}})


def _json_fail(reason: str) -> str:
    return _line({"error": {"detail": _sentence(reason)}})


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _cited(write: Callable[[Citation], str]) -> Callable[[Hit, Shape, int], str]:
    return lambda hit, shape, _: write(citation_of(hit, shape.source))


def _nothing(_: object) -> str:
    return ""


def _csl_row(hit: Hit, shape: Shape, number: int) -> str:
    return ("[\n" if number == 0 else ",\n") + json.dumps(csl(citation_of(hit, shape.source)), ensure_ascii=False)


def _csl_end(ending: Ending) -> str:
    begin = "" if ending.rows else "["
    if not ending.note:
        return f"{begin}\n]\n"
    said = {"id": "cut-off", "type": "document", "title": _sentence(ending.note)}
    return f",\n{json.dumps(said)}\n]\n"


def _ris_end(ending: Ending) -> str:
    """RIS has no comments, so what was cut off is said in a record of its own."""
    return f"TY  - GEN\r\nTI  - {_sentence(ending.note)}\r\nER  - \r\n\r\n" if ending.note else ""


def _bibtex_end(ending: Ending) -> str:
    return f"@comment{{{_sentence(ending.note)}}}\n" if ending.note else ""


def _text_end(ending: Ending) -> str:
    return _sentence(ending.note) + "\n" if ending.note else ""


def _sentence(note: str) -> str:
    return note[:1].upper() + note[1:] + "."


FORMATS: Final[dict[str, Format]] = {
    "csv": Format(
        "CSV", "text/csv; charset=utf-8; header=present", "csv", _table_begin, _table_row, _table_end
    ),
    "ndjson": Format("NDJSON", "application/x-ndjson", "ndjson", _nothing, _json_row, _json_end, _json_fail),
    "bibtex": Format(
        "BibTeX", "application/x-bibtex; charset=utf-8", "bib", _nothing,
        _cited(lambda citation: bibtex(citation) + "\n"), _bibtex_end,
    ),
    "ris": Format(
        "RIS", "application/x-research-info-systems; charset=utf-8", "ris", _nothing, _cited(ris), _ris_end
    ),
    "csl-json": Format(
        "CSL-JSON", "application/vnd.citationstyles.csl+json", "csl.json", _nothing, _csl_row, _csl_end
    ),
    "text": Format(
        "Text", "text/plain; charset=utf-8", "txt", _nothing,
        _cited(lambda citation: cited_text(citation) + "\n"), _text_end,
    ),
}  # fmt: skip
"""Every kind of file, by the name that the parameter `format` and the command have for it."""
CITATIONS: Final = ("text", "bibtex", "ris", "csl-json")
"""Those that are citations."""
