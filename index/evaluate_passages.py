"""Measures extraction on pages of which people wrote down passages that the text must have or must not have.

This is the form in which trafilatura's own evaluation describes pages. A passage counts as kept if the text has it,
white space aside. Title, author, date and section are compared where they are known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from index.article import Article
from index.extraction.html_tree import parse_html, text_of
from index.extraction.page_markup import squeezed
from index.extraction.text_flow import HEADINGS
from index.judged_pages import Reading, Truth
from index.normalize import one_line
from index.sources.encoding import decode
from index.sources.files import read_page
from search.document import SECTION_SEPARATOR

Outcome = Mapping[str, int]
"""What was found on one page or on all of them, counted."""

_KEYS: Final = (
    "wanted", "kept", "seen", "unwanted", "let in",
    "titles", "titles right",
    "authors", "authors right", "authors wrong", "authors unstated",
    "dates", "dates right", "dates wrong",
    "sections", "sections found", "sections right", "sections unstated",
    "headings", "headings kept", "headings let in",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PassageScore:
    """The outcome of each page, by name, and how long reading took."""

    pages: Mapping[str, Outcome]
    seconds: float

    @property
    def total(self) -> Outcome:
        """The counts of all pages."""
        return {key: sum(page[key] for page in self.pages.values()) for key in _KEYS}

    @property
    def recall(self) -> float:
        """Share of the passages to have that the text has."""
        return _share(self.total["kept"], self.total["wanted"])

    @property
    def precision(self) -> float:
        """Share of the passages in the text that belong there."""
        return _share(self.total["kept"], self.total["kept"] + self.total["let in"])

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return _share(2 * self.precision * self.recall, self.precision + self.recall)

    @property
    def pages_per_second(self) -> float:
        """Pages read in a second, with their metadata."""
        return _share(len(self.pages), self.seconds)

    def figures(self) -> dict[str, str]:
        """The figures as text, by their name."""
        total = self.total
        known = {name: total[f"{name}s"] for name in ("title", "author", "date", "section")}
        wrong = {name: total[f"{name}s wrong"] for name in ("author", "date")}
        right = {name: total[f"{name}s right"] for name in known}
        return {
            "pages": f"{len(self.pages)} ({self.pages_per_second:.1f} a second)",
            "F1": f"{self.f1:.4f}",
            "precision": f"{self.precision:.4f}",
            "recall": f"{self.recall:.4f} ({total['kept']} of {total['wanted']})",
            "… in text or summary": f"{_share(total['seen'], total['wanted']):.4f} ({total['seen']})",
            "wrongly kept": f"{total['let in']} of {total['unwanted']}",
            "title equal": f"{right['title']} of {known['title']}",
            **{
                f"{name} right/wrong/none": " / ".join(
                    map(str, (right[name], wrong[name], known[name] - right[name] - wrong[name]))
                )
                + f" of {known[name]}"
                for name in ("author", "date")
            },
            "section found, right": f"{total['sections found']}, {right['section']} of {known['section']}",
            "author, section unstated": f"{total['authors unstated']}, {total['sections unstated']}",
            "headings kept": f"{total['headings kept']} of {total['headings']}; wrongly {total['headings let in']}",
        }

    def worst(self, most: int) -> list[str]:
        """Lines about the pages with the most passages missed or wrongly kept."""
        faults = {name: page["wanted"] - page["kept"] + page["let in"] for name, page in self.pages.items()}
        names = sorted((name for name in faults if faults[name]), key=lambda name: (-faults[name], name))
        pages = ((name, self.pages[name]) for name in names[:most])
        return [f"  {page['wanted'] - page['kept']:>6}  {page['let in']:>4}  {name}" for name, page in pages]


def score_passages(truth: Truth, readings: Mapping[str, Reading], seconds: float) -> PassageScore:
    """Scores what was found on each page by its passages ("name": {"with": […], "without": […], …})."""
    return PassageScore({name: _outcome(page, readings[name]) for name, page in truth.items()}, seconds)


def passage_report(scores: Mapping[str, PassageScore], worst: int) -> str:
    """The figures of each program as a table, with the `worst` pages of the first."""
    columns = {name: score.figures() for name, score in scores.items()}
    first = next(iter(columns))
    lines = [" " * 26 + "".join(f"{name:<30}" for name in columns)] if len(columns) > 1 else []
    lines += [f"{key:<26}" + "".join(f"{column[key]:<30}" for column in columns.values()) for key in columns[first]]
    if listed := scores[first].worst(worst):
        lines += ["", "worst pages", "  missed  kept  page", *listed]
    return "\n".join(line.rstrip() for line in lines)


def _outcome(page: Mapping[str, Any], reading: Reading) -> Outcome:
    article = reading.article or Article(str(reading.file), "", "")
    counts = dict.fromkeys(_KEYS, 0)
    text = one_line(article.body)
    wanted, unwanted = (list(map(one_line, page[key])) for key in ("with", "without"))
    counts["wanted"], counts["unwanted"] = len(wanted), len(unwanted)
    counts["kept"] = sum(passage in text for passage in wanted)
    counts["seen"] = sum(passage in text or passage in article.summary for passage in wanted)
    counts["let in"] = sum(passage in text for passage in unwanted)
    for key, judge in _JUDGES.items():
        counts |= {f"{key}{what}": int(count) for what, count in judge(page, article).items()}
    return {**counts, **_headings(reading.file, wanted, unwanted, article)}


def _title(page: Mapping[str, Any], article: Article) -> dict[str, bool]:
    wanted = squeezed(page.get("title") or "")
    return {"": bool(wanted), " right": bool(wanted) and squeezed(article.title) == wanted}


def _author(page: Mapping[str, Any], article: Article) -> dict[str, bool]:
    """Right: all names that were found are in the known byline, and at least one was found."""
    wanted = squeezed(page.get("author") or "")
    right = bool(article.authors) and all(squeezed(name) in wanted for name in article.authors)
    known, found = bool(wanted), bool(article.authors)
    return {
        "": known, " right": known and right, " wrong": known and found and not right, " unstated": found and not known
    }  # fmt: skip


def _date(page: Mapping[str, Any], article: Article) -> dict[str, bool]:
    wanted = page.get("date") or ""
    right = article.published is not None and article.published.isoformat()[:10] == wanted
    known, found = bool(wanted), article.published is not None
    return {"": known, " right": known and right, " wrong": known and found and not right}


def _section(page: Mapping[str, Any], article: Article) -> dict[str, bool]:
    """Right: one of the names that were found, at whatever level, is one of the known categories."""
    wanted = set(map(squeezed, page.get("categories") or ())) - {""}
    found = {squeezed(name) for path in article.sections for name in path.split(SECTION_SEPARATOR)}
    known = bool(wanted)
    return {
        "": known, " found": known and bool(found), " right": bool(wanted & found),
        " unstated": "categories" in page and bool(found) and not known,
    }  # fmt: skip


_JUDGES: Final[Mapping[str, Callable[[Mapping[str, Any], Article], dict[str, bool]]]] = {
    "titles": _title, "authors": _author, "dates": _date, "sections": _section,
}  # fmt: skip


def _headings(file: Path, wanted: list[str], unwanted: list[str], article: Article) -> Outcome:
    """How many headings of the page that hold a passage are headings of the article too."""
    title = squeezed(article.title)
    stated = [text for text in _headings_on(file) if squeezed(text) != title]
    found = {one_line(heading.text) for heading in article.headings}
    good = {text for text in stated if any(passage in text for passage in wanted)}
    bad = {text for text in stated if any(passage in text for passage in unwanted)}
    return {"headings": len(good), "headings kept": len(good & found), "headings let in": len(bad & found)}


def _headings_on(file: Path) -> Iterator[str]:
    page = parse_html(decode(read_page(str(file)), markup=True))
    return filter(None, (one_line(text_of(heading)) for heading in page.iter(*HEADINGS)))


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
