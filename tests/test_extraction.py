"""What the measure of extraction promises, and what it measures on real pages."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from index.evaluate_extraction import evaluate_extraction
from index.evaluation import shingle_counts
from search.errors import SourceError

BODY = (
    "The ferry between the islands will run all winter for the first time since the war, the county said on Monday. "
    * 4
)


def page(body: str, title: str = "T") -> bytes:
    return f"<html><head><title>{title}</title></head><body><article><p>{body}</p></article></body></html>".encode()


@pytest.mark.parametrize(
    ("expected", "found", "counts"),
    [
        ("a b c d", "a b c d", (1, 0, 0)),
        ("a b c d e", "a b c d", (0.5, 0, 0.5)),
        ("a b c d", "a b c d e", (0.5, 0.5, 0)),
        ("a b c d", "w x y z", (0, 0.5, 0.5)),
        ("a b c d a b c d", "a b c d", (0.2, 0, 0.8)),
        ("a b", "a b", (1, 0, 0)),
        ("a, b: c—d!", "a b c d", (1, 0, 0)),
        ("", "", (0, 0, 0)),
        ("a b c d", "", (0, 0, 1)),
    ],
)
def test_shingles_are_counted_as_multisets_and_shares_of_the_page(
    expected: str, found: str, counts: tuple[float, float, float]
) -> None:
    assert shingle_counts(expected, found) == pytest.approx(counts)


def test_scores_are_means_over_pages_and_name_the_worst(tmp_path: Path) -> None:
    (tmp_path / "good.html").write_bytes(page(BODY))
    (tmp_path / "short.html.gz").write_bytes(gzip.compress(page(BODY, "Short")))
    (tmp_path / "empty.html").write_bytes(b"<html></html>")
    truth = tmp_path / "truth.json"
    bodies = {"good": BODY, "short": BODY + "And these words stand nowhere on the page at all.", "empty": BODY}
    truth.write_text(
        json.dumps({name: {"articleBody": body, "url": f"https://{name}.example"} for name, body in bodies.items()})
    )
    score = evaluate_extraction(tmp_path, truth)
    good, short, empty = score.pages
    assert (good.f1, empty.f1) == (1, 0)
    assert short.precision == 1
    assert 0.8 < short.recall < 1
    assert score.precision == 1
    assert score.recall == pytest.approx((1 + short.recall) / 3)
    assert score.f1 == pytest.approx(2 * score.recall / (1 + score.recall))
    report = score.report(1)
    assert f"F1         {score.f1:.4f}" in report
    assert "https://empty.example no article was found" in report
    assert "https://good.example" not in report


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "the file is empty"),
        ("{", "not JSON"),
        ("[]", "not a ground truth"),
        ('{"x": {"articleBody": ""}}', "holds no page x"),
        ('{"x": {"text": ""}, "y": {"articleBody": 1}}', "2 pages have no \"articleBody\", the first is 'x'"),
    ],
)
def test_a_ground_truth_that_does_not_fit_is_refused(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "truth.json").write_text(content, "utf-8")
    with pytest.raises(SourceError, match=reason):
        evaluate_extraction(tmp_path, tmp_path / "truth.json")


@pytest.mark.shared
def test_real_news_pages_are_extracted_at_least_as_well_as_the_documentation_says(shared: Path) -> None:
    folder = shared / "corpora" / "html"
    score = evaluate_extraction(folder / "pages", folder / "ground-truth.json")
    assert len(score.pages) == 181
    assert score.f1 >= 0.97
    assert score.precision >= 0.96
    assert score.recall >= 0.97
    coverage = score.coverage()
    assert coverage["title"] == 181
    assert coverage["published"] >= 168
    assert coverage["authors"] >= 150
    assert sum(found.headings_kept for found in score.pages) >= 0.85 * sum(found.headings for found in score.pages)
    for found in score.pages:
        assert found.article is not None
        body = found.article.body
        assert all(body[head.offset : head.offset + len(head.text)] == head.text for head in found.article.headings)
