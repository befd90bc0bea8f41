"""What the measure of extraction promises, and what it measures on real pages."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from index.evaluate_extraction import evaluate_extraction
from index.evaluate_passages import PassageScore
from index.evaluation import ExtractionScore, shingle_counts
from index.judged_pages import read_truth
from search.commands import main
from search.errors import SourceError

BODY = (
    "The ferry between the islands will run all winter for the first time since the war, the county said on Monday. "
    * 4
)


def page(body: str, title: str = "T") -> bytes:
    return f"<html><head><title>{title}</title></head><body><article><p>{body}</p></article></body></html>".encode()


def scored(pages: Path, truth: Path) -> ExtractionScore:
    score = evaluate_extraction(pages, truth)["backfile"]
    assert isinstance(score, ExtractionScore)
    return score


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
    score = scored(tmp_path, truth)
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


PASSAGES = {
    "good": {
        "with": ["run all winter", "What it\u00a0costs"], "without": ["Ten boats burn"], "title": "Ferry: all winter",
        "author": "Jane Doe", "date": "2024-07-03", "categories": ["Transport", "Sea"],
    },
    "bad": {
        "with": ["run all winter", "no such words"], "without": ["since the war"], "title": "Another",
        "author": "John Roe", "date": "2024-07-04", "categories": [],
    },
}  # fmt: skip


def passages(folder: Path) -> Path:
    head = "<meta name=author content='Jane Doe'><meta name=date content=2024-07-03><meta name=section content=Sea>"
    body = f"{BODY}</p><h2>What it <a href=#cost>costs</a></h2><p>{BODY}"
    for name in PASSAGES:
        (folder / f"{name}.html").write_bytes(
            page(body, "Ferry – all winter").replace(b"<title>", head.encode() + b"<title>")
        )
    (folder / "truth.json").write_text(json.dumps(PASSAGES), "utf-8")
    return folder / "truth.json"


def test_passages_and_metadata_are_counted_as_right_wrong_and_missing(tmp_path: Path) -> None:
    score = evaluate_extraction(tmp_path, passages(tmp_path))["backfile"]
    assert isinstance(score, PassageScore)
    assert (score.recall, score.precision) == (3 / 4, 3 / 4)
    counts = {key: count for key, count in score.total.items() if count}
    assert counts == {
        "wanted": 4, "kept": 3, "seen": 3, "unwanted": 2, "let in": 1, "titles": 2, "titles right": 1,
        "authors": 2, "authors right": 1, "authors wrong": 1, "dates": 2, "dates right": 1, "dates wrong": 1,
        "sections": 1, "sections found": 1, "sections right": 1, "sections unstated": 1,
        "headings": 1, "headings kept": 1,
    }  # fmt: skip


def test_another_program_is_scored_beside(tmp_path: Path) -> None:
    arguments = ["evaluate", "extraction", str(tmp_path), str(passages(tmp_path)), "--against", "trafilatura"]
    table = CliRunner().invoke(main, [*arguments, "--worst", "1"], catch_exceptions=False).output
    assert re.search(r"backfile +trafilatura\n", table)
    assert re.search(r"author right/wrong/none +1 / 1 / 0 of 2 +1 / 1 / 0 of 2\n", table)
    assert table.endswith("1     1  bad\n")
    figures = json.loads(CliRunner().invoke(main, [*arguments, "--json"], catch_exceptions=False).output)
    assert figures["pages"] == figures["against"]["trafilatura"]["pages"] == 2
    assert figures["counts"]["kept"] == 3


def test_the_parts_of_a_ground_truth_are_disjoint_and_one_is_about_half_of_the_other(tmp_path: Path) -> None:
    names = [f"page{number}" for number in range(300)]
    (tmp_path / "truth.json").write_text(json.dumps({name: {"articleBody": ""} for name in names}))
    tuning, held_out = (set(read_truth(tmp_path / "truth.json", part)) for part in ("tuning", "held-out"))
    assert tuning | held_out == set(names)
    assert not tuning & held_out
    assert 70 <= len(held_out) <= 130


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
    score = scored(folder / "pages", folder / "ground-truth.json")
    assert len(score.pages) == 181
    assert score.f1 >= 0.97
    assert score.precision >= 0.959
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
