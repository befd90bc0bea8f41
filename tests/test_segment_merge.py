"""A merged segment is, array by array, what one segment of all its articles would be."""

from __future__ import annotations

import json
import tracemalloc
from itertools import islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from archives import documents
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from index.article import Article, read_source
from index.document import to_document
from index.sources.jsonl import read_lines
from index.sources.reading import Reading
from index.sources.unpacked_file import UnpackedFile
from search.document import Document
from search.engines.disk.format import sorted_strings
from search.engines.disk.format.container import Container
from search.engines.disk.format.kinds import SEGMENT
from search.engines.disk.format.layout import string_arrays
from search.engines.disk.format.sorted_strings import ByteStrings
from search.engines.disk.format.structure import structure_problems
from search.engines.disk.writing import merge_dictionary, merge_postings
from search.engines.disk.writing.merge_scheduler import merge_segments
from search.engines.disk.writing.segment_writer import SegmentWriter

PARTS = st.lists(st.lists(st.tuples(documents, st.booleans()), min_size=1, max_size=6), min_size=1, max_size=4)
"""Segments: articles, and whether each is live."""


def built(path: Path, articles: list[Document]) -> Container:
    path.unlink(missing_ok=True)
    builder = SegmentWriter()
    for article in articles:
        builder.add(article)
    builder.write(path)
    return Container(path, SEGMENT)


def merged(folder: Path, parts: list[list[tuple[Document, bool]]], **options: object) -> Container:
    path = folder / "merged"
    path.unlink(missing_ok=True)
    segments = [
        (built(folder / str(number), [article for article, _ in part]), np.array([live for _, live in part]))
        for number, part in enumerate(parts)
    ]
    merge_segments(segments, path, **options)  # type: ignore[arg-type]
    return Container(path, SEGMENT)


def differences(one: Container, other: Container) -> list[str]:
    names = set(one.sections) ^ set(other.sections)
    for name in one.sections.keys() & other.sections.keys():
        mine, theirs = one.array(name), other.array(name)
        if not np.array_equal(mine, theirs, equal_nan=mine.dtype.kind == "f"):
            names.add(name)
    return sorted(names) + ([] if one.numbers == other.numbers else ["numbers"])


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts=PARTS, size=st.sampled_from((1, 3, 1 << 18)))
def test_merging_is_building_from_what_is_live(
    parts: list[list[tuple[Document, bool]]], size: int, tmp_path: Path
) -> None:
    live = [article for part in parts for article, is_live in part if is_live]
    with pytest.MonkeyPatch.context() as small:  # so that few articles need many slices
        small.setattr(merge_postings, "SLICE", max(size, 16))
        small.setattr(merge_dictionary, "SLICE", size)
        small.setattr(sorted_strings, "_GATHERED", size)
        if not live:
            with pytest.raises(ValueError, match="no article is left"):
                merged(tmp_path, parts)
            assert not (tmp_path / "merged").exists()
            return
        result = merged(tmp_path, parts)
    assert differences(result, built(tmp_path / "one", live)) == []
    assert list(result.problems()) == []
    assert structure_problems(result, len(live)) == []


@pytest.mark.shared
def test_merging_real_articles_is_building_from_what_is_live(shared: Path, tmp_path: Path) -> None:
    parts = []
    for name in ("opensuse-news", "bitcoinops", "reuters21578"):
        lines = UnpackedFile(
            str(shared / "corpora" / "articles" / f"{name}.jsonl.gz"), Reading(ZoneInfo("UTC")), read_lines
        )
        found = islice((article for article in read_source(lines) if isinstance(article, Article)), 100)
        made = [to_document(article, source=name, language="en", time_zone="UTC") for article in found]
        parts.append([(article, number % 5 != 3) for number, article in enumerate(made)])
    whole = merged(tmp_path, [[(article, True) for article, _ in part] for part in parts])
    everything = built(tmp_path / "one", [article for part in parts for article, _ in part])
    assert differences(whole, everything) == []
    assert {name: section.type for name, section in whole.sections.items()} == {
        name: section.type for name, section in everything.sections.items()
    }
    live = [article for part in parts for article, is_live in part if is_live]
    assert differences(merged(tmp_path, parts), built(tmp_path / "one", live)) == []


def test_words_of_deleted_articles_only_are_gone(tmp_path: Path) -> None:
    kept = Document("a", "common word", "shared shared", authors=("Ann",), language="en", source="one")
    gone = Document("b", "rare word", "shared secret", authors=("Bob",), language="de", source="two")
    result = merged(tmp_path, [[(gone, False), (kept, True)], [(gone, False)]])
    content = (tmp_path / "merged").read_bytes()
    assert not [secret for secret in (b"secret", b"Bob", b"two", b"rare") if secret in content]
    assert bytes(result.array("surface.bytes")) == b"ann\ncommon\nshared\nword\n"
    assert result.array("surface.articles").tolist() == [0, 1, 1, 1]


def test_progress_rises_to_the_end(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    articles = [(Document(str(number), "title", "body " * 50), True) for number in range(50)]
    merged(tmp_path, [articles, articles], progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert len({total for _, total in told}) == 1
    assert told[-1][0] > 0.95 * told[-1][1]


def test_a_failed_merge_leaves_no_file(tmp_path: Path) -> None:
    segment = built(tmp_path / "part", [Document("a", "one")])

    def stop(*_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        merge_segments([(segment, np.ones(1, np.bool_))], tmp_path / "merged", stop)
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_merging_takes_little_memory_besides_the_dictionary(tmp_path: Path) -> None:
    text = " ".join(f"w{number % 997}" for number in range(6000))
    part = built(tmp_path / "part", [Document(str(number), "title", text) for number in range(400)])
    everything = np.ones(400, np.bool_)
    tracemalloc.start()
    try:
        merge_segments([(part, everything)] * 4, tmp_path / "merged")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert part.array("body.positions").nbytes * 4 > 18e6
    assert peak < 14e6


STRINGS = st.binary(max_size=3).map(lambda tail: b"a\x00" * 9 + tail) | st.binary(max_size=20)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(STRINGS, max_size=8), max_size=3), st.sampled_from((7, 700)))
def test_strings_are_sorted_as_bytes_are(parts: list[list[bytes]], few_left: int) -> None:
    arrays = [string_arrays(part) for part in parts]
    strings = ByteStrings.of([(raw, starts[:-1], np.diff(starts)) for raw, starts in arrays])
    flat = [value for part in parts for value in part]
    with pytest.MonkeyPatch.context() as small:
        small.setattr(sorted_strings, "_FEW_LEFT", few_left)
        order, first = strings.order()
    wanted = sorted(range(len(flat)), key=flat.__getitem__)
    assert order.tolist() == wanted
    assert first.tolist() == [not at or flat[wanted[at]] != flat[wanted[at - 1]] for at in range(len(flat))]
    assert b"".join(part.tobytes() for part in strings.gather(order)) == b"".join(sorted(flat))


def test_long_strings_with_one_beginning_are_sorted_in_few_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[int] = []
    refine = ByteStrings._refine

    def counting(self: ByteStrings, *arguments: Any) -> Any:
        rounds.append(arguments[-1])
        return refine(self, *arguments)

    monkeypatch.setattr(ByteStrings, "_refine", counting)
    values = [b"x" * 20_000 + json.dumps(number).encode() for number in range(200)]
    raw, starts = string_arrays(values[::-1])
    order, _ = ByteStrings.of([(raw, starts[:-1], np.diff(starts))]).order()
    assert [values[::-1][number] for number in order.tolist()] == sorted(values)
    assert len(rounds) <= 100, "not one for every seven of twenty thousand bytes"
