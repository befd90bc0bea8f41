"""What `check` says of an index that is not files here, and of two indexes that should be the same."""

from __future__ import annotations

import json
from dataclasses import replace

from archives import FLOOD, fill
from click.testing import CliRunner, Result
from clusters import archive_on
from conftest import ARTICLES

from benchmark.http.server import Request, answer
from search.commands import main
from search.comparing import MAX_LISTED, audit, compare
from search.document import Document
from search.engines import open_engine
from search.engines.opensearch.format.articles import indexed, version_id
from search.engines.protocols import Engine


def invoke(runner: CliRunner, *arguments: str) -> Result:
    return runner.invoke(main, arguments)


def test_lists_of_differences_are_bounded_and_their_counts_are_not(engine: Engine) -> None:
    fill(engine, Document("a", "one"))
    full = fill(open_engine("memory:"), *(Document(f"{number:05}", "n") for number in range(MAX_LISTED + 500)))
    with full.searcher() as first, engine.searcher() as second:
        found = compare(first, second)
        other = compare(second, first)
    assert found.missing.count == other.superfluous.count == MAX_LISTED + 500
    assert found.missing.ids == other.superfluous.ids == [f"{number:05}" for number in range(MAX_LISTED)]
    assert (found.superfluous.ids, other.missing.ids) == (["a"], ["a"])
    assert len(json.dumps(found.as_json())) < 20_000


def test_an_audit_reads_every_article(engine: Engine) -> None:
    with fill(engine, *ARTICLES).searcher() as searcher:
        seen: list[int] = []
        found = audit(searcher, seen.append)
    assert found.is_sound
    assert found.articles == len(ARTICLES) == seen[-1]
    assert list(found.problems("here")) == []


def test_an_archive_is_the_same_as_another_with_the_same_articles(engine: Engine) -> None:
    with fill(engine, *ARTICLES).searcher() as first, fill(open_engine("memory:"), *ARTICLES).searcher() as second:
        found = compare(first, second)
    assert found.is_same
    assert found.same == len(ARTICLES)


def test_a_check_against_another_index_lists_every_kind_of_difference(runner: CliRunner) -> None:
    changed, moved = replace(FLOOD[1], body="another"), replace(FLOOD[2], source="elsewhere")
    fill(open_engine("right"), *FLOOD)
    fill(open_engine("wrong"), FLOOD[0], changed, moved, FLOOD[3], Document("more", "More\x1b[2J"))
    said = invoke(runner, "check", "--index", "wrong", "--against", "right")
    assert said.exit_code == 1
    assert said.stdout.splitlines() == [
        "missing in whoosh:wrong: none",
        "only in whoosh:wrong: more",
        "different: body",
        "the same from another source: twice",
        "5 articles in whoosh:right, 5 in whoosh:wrong, 2 the same in both",
    ]
    answered = json.loads(invoke(runner, "check", "--index", "wrong", "--against", "right", "--json").stdout)
    assert answered["missing"] == {"count": 1, "ids": ["none"]}
    assert answered["articles"] == answered["stated"] == [5, 5]
    fill(open_engine("same"), *FLOOD)
    said = invoke(runner, "check", "--index", "same", "--against", "right")
    assert (said.exit_code, said.stdout) == (0, "verified: 5 articles, each the same in both\n")


def test_what_cannot_be_compared_is_refused(runner: CliRunner) -> None:
    fill(open_engine("archive"), *FLOOD)
    for arguments, code, message in (
        (("--against", "archive"), 2, "are the same archive"),
        (("--against", "nothing"), 1, "there is no index at nothing"),
        (("--against", "nosuch:x"), 2, "there is no engine"),
        (("--against", "archive", "--repair"), 2, "exclude each other"),
    ):
        said = invoke(runner, "check", *arguments)
        assert (said.exit_code, said.stdout) == (code, "")
        assert message in said.stderr


def test_a_check_of_a_cluster_finds_what_somebody_changed_there(runner: CliRunner, opensearch: str) -> None:
    with archive_on(opensearch) as url:
        fill(open_engine(url), *ARTICLES)
        name = url.partition("?")[0].rpartition("/")[2]
        sound = invoke(runner, "check", "--index", url)
        assert (sound.exit_code, sound.stdout) == (0, f"{url}: no problems found\n")

        tampered = indexed(ARTICLES[0], 1)
        tampered["article"]["body"] = "Somebody else's words."
        newer = "version=9999999999999&version_type=external&refresh=true"
        answer(opensearch, Request("PUT", f"/{name}/_doc/{version_id('1', 1)}?{newer}", json.dumps(tampered)))
        answer(opensearch, Request("DELETE", f"/{name}/_doc/{version_id('2', 1)}?{newer}"))

        said = invoke(runner, "check", "--index", url)
        assert said.exit_code == 1
        assert said.stdout.splitlines() == [
            f"{url}: {len(ARTICLES) - 1} articles were found, {len(ARTICLES)} were committed",
            f"{url}: the stored article '1' is not the one that was added",
            f"{url}: 2 problems",
        ]
        fill(open_engine("right"), *ARTICLES)
        said = invoke(runner, "check", "--index", url, "--against", "right")
        assert said.exit_code == 1
        assert f"missing in {url}: 2\ndifferent: 1\n" in said.stdout
