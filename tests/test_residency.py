"""What a search has read of a large index does not stay in the memory of the process for good."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from archives import fill

from search.document import Document
from search.engines import open_engine
from search.engines.disk.reading import residency
from search.engines.plan import Plan
from search.query.match import MatchTerm, Term
from search.schema import TEXT_FIELDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

QUESTION = Plan(MatchTerm(tuple(TEXT_FIELDS), Term("common")), limit=3, bring="text")


def resident(directory: Path) -> int:
    """How many kilobytes of the mapped files of a directory are in this process's memory."""
    total, inside = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if "-" in line.split(" ")[0]:
            inside = str(directory) in line
        elif inside and line.startswith("Rss:"):
            total += int(line.split()[1])
    return total


@pytest.mark.parametrize(("most", "stays"), [(0, False), (1 << 40, True)])
def test_pages_are_let_go_once_they_are_many(
    most: int, stays: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(residency, "MOST_BYTES", most)
    engine = fill(
        open_engine(f"whoosh:{tmp_path}/index"), *(Document(f"{n}", "common", "words " * n) for n in range(200))
    )
    with engine.searcher() as searcher:
        answers = [searcher.search(QUESTION) for _ in range(residency.SEARCHES - 1)]
        assert resident(tmp_path / "index") > 0
        answers.append(searcher.search(QUESTION))
        assert (resident(tmp_path / "index") > 0) is stays
        answers.append(searcher.search(QUESTION))
    assert all(answer == answers[0] for answer in answers)


def test_a_small_index_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails() -> int:
        raise AssertionError

    monkeypatch.setattr(residency, "resident_bytes_of_files", fails)
    engine = fill(open_engine(f"whoosh:{tmp_path}/index"), Document("a", "common"))
    with engine.searcher() as searcher:
        assert all(searcher.search(QUESTION).total == 1 for _ in range(2 * residency.SEARCHES))
