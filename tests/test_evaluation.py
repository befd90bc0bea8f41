"""The measures, the test of significance and the comparison behind `backfile evaluate ranking`."""

from __future__ import annotations

import json
import re
from itertools import product
from pathlib import Path
from statistics import fmean

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from search.commands import main
from search.errors import SourceError
from search.evaluation.judged_sets import read_judged_set
from search.evaluation.measures import average_precision, ndcg, recall
from search.evaluation.peers import bm25s_rankings
from search.evaluation.significance import paired_randomisation

scores = st.integers(0, 8).map(lambda eighths: eighths / 8)
pairs = st.lists(st.tuples(scores, scores), min_size=1, max_size=8)


def invoke(runner: CliRunner, *args: str) -> Result:
    return runner.invoke(main, list(args))


def write_rows(path: Path, rows: list[dict[str, str]]) -> None:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def write_judged(folder: Path) -> Path:
    folder.mkdir()
    docs = [("1", "Presses", "Rotary presses print newspapers."), ("2", "Rivers", "The river rises (again)."),
            ("3", "Papers", "Paper is made of wood.")]  # fmt: skip
    rows = [{"id": name, "title": title, "text": text} for name, title, text in docs]
    write_rows(folder / "docs.jsonl", rows)
    queries = [("a", "Do presses print (papers)? NOT AND -rivers"), ("b", "rising river?"), ("c", "unjudged")]
    write_rows(folder / "queries.jsonl", [{"id": name, "text": text} for name, text in queries])
    (folder / "qrels.tsv").write_text("a\t0\t1\t2\na\t0\t2\t-1\nb\t0\t2\t1\nb\t0\t3\t1\n")
    return folder


@given(st.lists(st.sampled_from("abcdefgh"), unique=True), st.sets(st.sampled_from("abcdefgh"), min_size=1))
def test_a_measure_is_1_if_all_that_is_relevant_comes_first_and_0_if_nothing_is_found(
    others: list[str], relevant: set[str]
) -> None:
    best = sorted(relevant) + [name for name in others if name not in relevant]
    worst = [name for name in others if name not in relevant]
    for measure in (ndcg, average_precision, recall):
        assert measure(best, relevant) == pytest.approx(1.0)
        assert measure(worst, relevant) == 0.0
        assert 0.0 <= measure(others, relevant) <= 1.0


@settings(max_examples=50)
@given(pairs)
def test_the_p_value_is_that_of_all_exchanges(rows: list[tuple[float, float]]) -> None:
    differences = [ours - theirs for ours, theirs in rows]
    sums = [sum(map(float.__mul__, differences, signs)) for signs in product((1.0, -1.0), repeat=len(differences))]
    exact = fmean(abs(each) >= abs(sum(differences)) for each in sums)
    ours, theirs = zip(*rows, strict=True)
    assert paired_randomisation(ours, theirs, permutations=20_000) == pytest.approx(exact, abs=0.02)
    assert paired_randomisation(ours, theirs, permutations=999) == paired_randomisation(theirs, ours, permutations=999)


def test_the_p_value_is_never_0_and_is_1_for_equal_systems() -> None:
    assert paired_randomisation([0.5, 0.1], [0.5, 0.1]) == 1.0
    assert paired_randomisation([1.0] * 60, [0.0] * 60, permutations=999) == 1 / 1000


@pytest.mark.parametrize("engine", ["memory", "whoosh"])
def test_ranking_is_measured_by_the_formulas(runner: CliRunner, engine: str) -> None:
    write_judged(Path("small"))
    result = invoke(runner, "evaluate", "ranking", "small", "--engine", engine, "--json")
    assert result.exit_code == 0, result.output
    row = json.loads(result.stdout)[0]
    assert (row["name"], row["documents"], row["queries"]) == ("small", 3, 2)
    # Query a finds its one relevant document first; query b one of two.
    assert row["ndcg_at_10"] == pytest.approx((1 + 1 / (1 + 1 / 1.584962500721156)) / 2)
    assert row["mean_average_precision"] == pytest.approx((1 + 0.5) / 2)
    assert row["recall_at_100"] == pytest.approx((1 + 0.5) / 2)
    assert re.search(r"^small +3 +2 ", invoke(runner, "evaluate", "ranking", "small").stdout, re.MULTILINE)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("b\t0\t9\t1\n", "names 1 documents that docs.jsonl does not have: '9'"),
        ("x\t0\t1\t1\n", "names 1 queries that queries.jsonl does not have: 'x'"),
        ("".join(f"b\t0\td{number}\t1\n" for number in range(7)),
         "names 7 documents that docs.jsonl does not have: 'd0', 'd1', 'd2', 'd3', 'd4', …"),
    ],
)  # fmt: skip
def test_a_judged_set_that_names_unknown_ids_is_refused(runner: CliRunner, line: str, message: str) -> None:
    judged = write_judged(Path("odd")) / "qrels.tsv"
    judged.write_text(judged.read_text() + line)
    result = invoke(runner, "evaluate", "ranking", "odd", "--engine", "memory")
    assert result.exit_code == 1
    assert result.stderr == f"error: odd/qrels.tsv: {message}\n"


def test_a_judged_set_that_cannot_be_read_is_one_line(runner: CliRunner) -> None:
    folder = write_judged(Path("bad"))
    (folder / "qrels.tsv").write_text("a b\n")
    result = invoke(runner, "evaluate", "ranking", "bad", "--engine", "memory")
    assert result.exit_code == 1
    assert result.stderr == "error: bad/qrels.tsv:1: write query, 0, document and grade between tabs\n"


def test_the_comparison_gives_both_systems_and_whether_it_could_be_chance(runner: CliRunner) -> None:
    write_judged(Path("small"))
    arguments = ("evaluate", "ranking", "small", "--engine", "memory", "--against", "bm25s", "--per-query")
    result = invoke(runner, *arguments, "--json")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)
    other = row["against"]
    for measure in ("ndcg_at_10", "mean_average_precision", "recall_at_100"):
        assert row["per_query"][measure].keys() == other["per_query"][measure].keys() == {"a", "b"}
        assert row[measure] == pytest.approx(fmean(row["per_query"][measure].values()))
        assert other[measure] == pytest.approx(fmean(other["per_query"][measure].values()))
        assert 0 < other["p"][measure] <= 1
        own, their = (scores["per_query"][measure] for scores in (row, other))
        assert other["queries"][measure]["better"] == sum(own[query] > their[query] for query in own)
        assert other["queries"][measure]["worse"] == sum(own[query] < their[query] for query in own)
    assert other["name"] == "bm25s"
    printed = invoke(runner, *arguments).stdout
    assert re.search(r"^small +3 +2 .*\n  bm25s .*\n  queries better:worse( +\d:\d){3}\n  p ", printed, re.MULTILINE)
    assert re.search(r"^small, query .* gain\n(  [ab] .*\n){2}", printed, re.MULTILINE)


def test_bm25s_ranks_queries_of_unknown_words_and_texts_of_stop_words(tmp_path: Path) -> None:
    folder = write_judged(tmp_path / "small")
    rows = [{"id": "a", "text": "zzz"}, {"id": "b", "text": "presses"}]
    write_rows(folder / "queries.jsonl", rows)
    assert {query: list(found) for query, found in bm25s_rankings(read_judged_set(folder)).items()} == {
        "a": [], "b": ["1"],
    }  # fmt: skip
    write_rows(folder / "docs.jsonl", [{"id": name, "title": "", "text": "of the"} for name in "123"])
    assert not any(bm25s_rankings(read_judged_set(folder)).values())


def test_words_must_all_match_or_most_or_any_of_them(runner: CliRunner) -> None:
    write_judged(Path("small"))
    strict, filled, loose = (
        json.loads(invoke(runner, "evaluate", "ranking", "small", "--op", operator, "--json").stdout)[0]
        for operator in ("and", "auto", "or")
    )
    assert strict["recall_at_100"] < filled["recall_at_100"] <= loose["recall_at_100"]


def test_a_set_can_be_taken_without_its_titles_or_as_titles_alone(tmp_path: Path) -> None:
    folder = write_judged(tmp_path / "small")
    taken = {parts: read_judged_set(folder, parts=parts).documents[0] for parts in ("all", "text", "title")}
    assert {parts: (each.title, each.body) for parts, each in taken.items()} == {
        "all": ("Presses", "Rotary presses print newspapers."),
        "text": ("", "Rotary presses print newspapers."),
        "title": ("", "Presses"),
    }
    assert read_judged_set(folder, words=2).documents[0].body == "Rotary presses"
    write_rows(folder / "docs.jsonl", [{"id": name, "text": "x"} for name in "123"])
    with pytest.raises(SourceError, match="no document has a title"):
        read_judged_set(folder, parts="title")
