"""Near-copies: one row for each group, every article once, on every engine and whatever the page size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from archives import ask, exact, fill
from hypothesis import given, settings
from hypothesis import strategies as st

from search.document import Document
from search.engines import open_engine
from search.engines.grouping import MAX_DISTANCE, MAX_GROUPED, grouped, near_copies
from search.engines.plan import Plan
from search.engines.results import Results
from search.query.match import MatchAll

fingerprints = st.sampled_from((0, 1, 3, 2**64 - 1, 2**63, 0xFF, 0x7F)) | st.integers(0, 2**64 - 1)


@given(fingerprints, fingerprints)
def test_near_copies_differ_in_few_bits_and_have_fingerprints(one: int, other: int) -> None:
    bits = sum((one >> bit & 1) != (other >> bit & 1) for bit in range(64))
    assert near_copies(one, other) is (one != 0 and other != 0 and bits <= MAX_DISTANCE)
    assert near_copies(one, other) is near_copies(other, one)


def test_exactly_the_distance_is_near_and_one_bit_more_is_not() -> None:
    base = 0xFFFF_0000_FFFF_0000
    assert near_copies(base, base ^ (2**MAX_DISTANCE - 1))
    assert not near_copies(base, base ^ (2 ** (MAX_DISTANCE + 1) - 1))


@given(st.lists(fingerprints, max_size=60))
def test_rows_hold_every_hit_once_in_order_behind_the_first_it_copies(prints: list[int]) -> None:
    rows = grouped(list(enumerate(prints)))
    heads = [head for head, _ in rows]
    assert heads == sorted(heads)
    assert sorted([head for head, _ in rows] + [copy for _, copies in rows for copy in copies]) == [*range(len(prints))]
    for head, copies in rows:
        assert all(copy > head for copy in copies)
        assert copies == sorted(copies)
        for copy in copies:
            first = next(row for row in heads if near_copies(prints[row], prints[copy]))
            assert first == head
    for head in heads:
        assert not any(near_copies(prints[earlier], prints[head]) for earlier in heads if earlier < head)


@given(st.integers(MAX_GROUPED - 2, MAX_GROUPED + 3))
def test_beyond_the_first_hits_each_is_a_row_of_its_own(count: int) -> None:
    rows = grouped([(number, 1) for number in range(count)])
    assert len(rows) == 1 + max(0, count - MAX_GROUPED)
    assert len(rows[0][1]) == min(count, MAX_GROUPED) - 1


@given(st.lists(fingerprints, max_size=40), st.integers(0, 40))
def test_more_hits_never_change_the_rows_before_them(prints: list[int], cut: int) -> None:
    whole = grouped(list(enumerate(prints)))
    beginning = grouped(list(enumerate(prints[:cut])))
    assert [head for head, _ in beginning] == [head for head, _ in whole if head < cut]


# Pages of rows


def _pages(url: str, documents: Sequence[Document], plan: Plan, size: int) -> list[Results]:
    engine = fill(open_engine(url), *documents)
    with engine.searcher() as searcher:
        first = searcher.search(replace(plan, limit=size))
        pages = [first]
        while sum(len(page.hits) for page in pages) < first.rows and pages[-1].hits:
            pages.append(searcher.search(replace(plan, offset=len(pages) * size, limit=size)))
        return pages


def _archive(prints: Sequence[int]) -> list[Document]:
    return [
        Document(f"{number:03}", f"n{number}", "common " * (1 + number % 3), fingerprint=fingerprint)
        for number, fingerprint in enumerate(prints)
    ]


@settings(deadline=None, max_examples=25)
@given(
    st.lists(fingerprints, min_size=1, max_size=25),
    st.integers(1, 7),
    st.sampled_from(("relevance", "newest", "oldest")),
    st.sampled_from((MatchAll(), exact("common"))),
)
def test_pages_of_rows_hold_every_article_once_on_both_engines(
    prints: list[int], size: int, sort: str, query: MatchAll
) -> None:
    documents, answers = _archive(prints), []
    for name in ("memory", "whoosh"):
        with TemporaryDirectory() as folder:
            url = "memory:" if name == "memory" else str(Path(folder) / "index")
            pages = _pages(url, documents, Plan(query, group=True, sort=sort), size)  # type: ignore[arg-type]
        rows = [hit for page in pages for hit in page.hits]
        everything = [one for hit in rows for one in (hit.id, *(hit.similar or ()))]
        assert len(everything) == len(set(everything)) == len(prints)
        assert {page.total for page in pages} == {len(prints)}
        assert {page.rows for page in pages} == {len(rows)}
        assert all(len(page.hits) == size for page in pages[:-1])
        answers.append([(hit.id, hit.similar) for hit in rows])
    assert answers[0] == answers[1]


@pytest.mark.parametrize("offset", [0, 495, 500, 505])
def test_rows_are_the_same_from_whatever_page_they_are_seen(offset: int, tmp_path: Path) -> None:
    documents = [
        Document(f"{number:04}", "x", fingerprint=1 + (number % 100) * 0x0101_0101_0101_0101 % 2**64)
        for number in range(620)
    ]
    answers = []
    for url in ("memory:", str(tmp_path / "index")):
        engine = fill(open_engine(url), *documents)
        whole = ask(engine, group=True, limit=2_000)
        page = ask(engine, group=True, offset=offset, limit=20)
        assert [hit.id for hit in page.hits] == [hit.id for hit in whole.hits[offset : offset + 20]]
        assert page.rows == whole.rows == len(whole.hits)
        answers.append([(hit.id, hit.similar) for hit in whole.hits])
    assert answers[0] == answers[1]


def test_counts_alone_are_not_grouped(tmp_path: Path) -> None:
    for url in ("memory:", str(tmp_path / "index")):
        found = ask(fill(open_engine(url), *_archive([1, 1, 1])), group=True, limit=0)
        assert (found.total, found.rows, found.hits) == (3, 3, ())
