"""Questions with judged answers are answered as well on a cluster as by the local engine, in the same order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner
from clusters import archive_on

from search.commands import main
from search.engines import open_engine
from search.engines.protocols import Erasable
from search.evaluation.judged_sets import read_judged_set
from search.evaluation.ranking_scores import score
from search.evaluation.rankings import engine_rankings

FIRST = 10


def rank_correlation(first: Sequence[str], second: Sequence[str]) -> float:
    """Kendall's tau over the members of both lists. Those that are only in one stand behind all others in the other,
    and pairs of which it says nothing are left out."""
    names = list(dict.fromkeys((*first, *second)))
    places = [{name: list_.index(name) if name in list_ else FIRST for name in names} for list_ in (first, second)]
    signs = [
        (places[0][one] - places[0][other]) * (places[1][one] - places[1][other])
        for at, one in enumerate(names)
        for other in names[:at]
    ]
    alike, unlike = sum(sign > 0 for sign in signs), sum(sign < 0 for sign in signs)
    return (alike - unlike) / (alike + unlike) if alike + unlike else 1.0


def test_rank_correlation_is_one_for_the_same_order_and_less_for_any_other() -> None:
    assert rank_correlation("abc", "abc") == 1.0
    assert rank_correlation("abc", "cba") == -1.0
    assert rank_correlation("abcd", "abdc") == pytest.approx(4 / 6)
    assert rank_correlation("ab", "cd") == -1.0


@pytest.mark.shared
@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("name", ["lisa", "med"])
def test_judged_questions_are_answered_as_well_and_in_the_same_order(
    name: str, shards: int, opensearch: str, shared: Path, tmp_path: Path
) -> None:
    # Of the three sets, the two with few questions; `backfile evaluate ranking --engine` takes any.
    judged = read_judged_set(shared / "ir" / name, language="en", parts="all", words=None)
    local = engine_rankings(judged, open_engine(f"whoosh:{tmp_path / 'index'}"))
    with archive_on(opensearch, shards=shards) as url:
        cluster = engine_rankings(judged, open_engine(url))
    assert score(judged, cluster).means["ndcg_at_10"] >= score(judged, local).means["ndcg_at_10"] - 0.005
    assert mean_correlation(local, cluster) > 0.99


def mean_correlation(first: Mapping[str, Sequence[str]], second: Mapping[str, Sequence[str]]) -> float:
    """Of the first hits, over all questions."""
    return sum(rank_correlation(first[query][:FIRST], second[query][:FIRST]) for query in first) / len(first)


def small_set(folder: Path) -> None:
    folder.mkdir()
    rows = [
        {"id": "1", "title": "A flood", "text": "The river rose."},
        {"id": "2", "title": "Calm", "text": "A river."},
    ]
    (folder / "docs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "queries.jsonl").write_text(json.dumps({"id": "q", "text": "flood river"}) + "\n")
    (folder / "qrels.tsv").write_text("q\t0\t1\t1\n")


def test_a_set_can_be_judged_on_a_cluster_and_nothing_is_left_there(
    runner: CliRunner, opensearch_archive: str, tmp_path: Path
) -> None:
    small_set(tmp_path / "small")
    local = runner.invoke(main, ["evaluate", "ranking", "small", "--json"])
    found = runner.invoke(main, ["evaluate", "ranking", "small", "--json", "--engine", opensearch_archive])
    assert found.exit_code == 0, found.output
    assert json.loads(found.output) == json.loads(local.output)
    engine = open_engine(opensearch_archive)
    with engine.writer():  # its own archive, under the name that was given, is another
        pass
    assert isinstance(engine, Erasable)
    engine.erase()
    engine.erase()
    from benchmark.http.server import Request, answer

    name = engine.url.rpartition("/")[2].partition("?")[0]
    address = "http://" + engine.url.partition("://")[2].partition("/")[0]
    assert answer(address, Request("GET", f"/{name}*?expand_wildcards=all")) == {}


def test_another_engine_to_judge_is_refused(runner: CliRunner, tmp_path: Path) -> None:
    small_set(tmp_path / "small")
    for engine in ("solr", "memory:", "whoosh:a", "whoosh:///tmp/a"):
        result = runner.invoke(main, ["evaluate", "ranking", "small", "--engine", engine])
        assert result.exit_code == 2
        assert "--engine is memory, whoosh or the URL" in result.stderr
