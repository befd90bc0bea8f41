"""Tuning on a newsroom's own archive: judged over a socket, measured by the command, compared with other settings."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from archives import fill, over
from click.testing import CliRunner, Result
from conftest import ARTICLES
from program import environment

from search import ranking
from search.commands import main
from search.commands.evaluate_judgements import ENOUGH, FEWEST
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import ParameterError, SourceError
from search.evaluation.judged_sets import read_judged_set
from search.evaluation.own_judgements import own_judgements, score_own, unjudged
from search.evaluation.trec import read_judgements, trec_name, write_judgements
from search.evaluation.trials import BOUNDS, STEPS, read_trial, trying
from search.judging import judge
from search.ledger.judgements import Judgement
from search.ledger.removals import Tombstone

ROOT = Path(__file__).resolve().parents[1]
NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)
NAMES = ("ferry", "harbour", "lighthouse", "tunnel", "market", "theatre", "orchard")
"""Each is the title of one article and repeated in the text of another."""


def invoke(runner: CliRunner, *words: str) -> Result:
    return runner.invoke(main, list(words))


def printed(runner: CliRunner, *words: str) -> str:
    result = invoke(runner, *words)
    assert result.exit_code == 0, result.output
    return result.stdout


def articles() -> list[Document]:
    """For each name one article that is about it, and one that only repeats the word."""
    made = []
    for name in NAMES:
        made.append(
            Document(f"about-{name}", f"The {name}", "It was opened by the mayor on a cold morning.", language="en")
        )
        text = f"{name} " * 9 + "and so on in a long list of words."
        made.append(Document(f"list-{name}", "A list of words", text, language="en"))
    return made


@pytest.fixture
def newsroom(runner: CliRunner) -> str:
    """The URL of an archive on disk in which the articles that are about a name are judged good, the lists bad."""
    url = "whoosh:archive"
    archive = over(fill(open_engine(url), *articles()))
    for name in NAMES:
        judge(archive, name, f"about-{name}", "good")
        judge(archive, name, f"list-{name}", "bad")
    archive.close()
    archive.ledger.close()
    assert runner
    return url


# --- from the desk to the figures ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """The address of the sample archive with a desk, and its folder."""
    from livesite import sample_site

    folder = tmp_path_factory.mktemp("judged")
    with sample_site(folder, desk="true") as address:
        yield address, folder


def test_what_is_judged_at_the_desk_over_a_socket_is_what_the_command_measures(served: tuple[str, Path]) -> None:
    address, folder = served
    page = urlopen(f"{address}/desk/judge?q=Printing+press").read().decode()
    values = re.findall(r'name="judge" value="(good [^"]+)"', page)
    assert len(values) >= 10
    for number, value in enumerate(values):
        grade = value if number % 3 == 0 else value.replace("good", "bad", 1)
        body = urlencode({"judge": grade}).encode()
        answer = urlopen(Request(f"{address}/desk/judge?q=Printing+press", body, {"Origin": address}))
        assert answer.url.startswith(f"{address}/desk/judge?q=printing+press")
        assert f"Judged {grade.split()[0]}" in answer.read().decode()
    listed = json.loads(urlopen(f"{address}/api/v1/desk/judgements?q=printing+press").read())
    good = -(-len(values) // 3)
    assert listed["counts"] == {"good": good, "bad": len(values) - good, "gone": 0}
    backfile = shutil.which("backfile", path=str(Path(sys.executable).parent))
    assert backfile
    command = [backfile, "evaluate", "ranking", "--judgements", "--index", "whoosh:archive", "--json"]
    measured = subprocess.run(command, cwd=folder, env=environment(), capture_output=True, text=True, check=True)
    (row,) = json.loads(measured.stdout)
    assert (row["queries"], row["good"], row["bad"], row["gone"]) == (1, good, len(values) - good, 0)
    assert row["judged_at_10"] == 1.0, "the page had the first ten of today's ranking"
    assert 0 < row["ndcg_at_10"] == row["ndcg_of_judged"] <= 1
    assert "too few to say anything" in row["notes"][0]


def test_a_setting_that_puts_good_articles_first_scores_better_and_says_how_surely(
    runner: CliRunner, newsroom: str
) -> None:
    arguments = ("evaluate", "ranking", "--judgements", "--index", newsroom)
    tries = ("--try", "FIELD_WEIGHTS.title=100,K1=0.5", "--try", "FIELD_WEIGHTS.title=0.01")
    before = ranking.FIELD_WEIGHTS["title"], ranking.K1
    (row,) = json.loads(printed(runner, *arguments, *tries, "--json"))
    better, worse = row["trials"]
    assert (better["ndcg_at_10"], better["mean_reciprocal_rank"], better["bpref"]) == (1.0, 1.0, 1.0)
    assert worse["bpref"] == 0.0
    assert worse["ndcg_at_10"] < row["ndcg_at_10"] or row["ndcg_at_10"] < better["ndcg_at_10"]
    assert (ranking.FIELD_WEIGHTS["title"], ranking.K1) == before, "nothing changes here"
    # All seven queries fare alike: by chance alone once in 2**6 times, and there were two trials.
    surely = (
        max(better["p"]["ndcg_at_10"], worse["p"]["ndcg_at_10"]),
        min(p["p"]["ndcg_at_10"] for p in (better, worse)),
    )
    assert surely[1] == pytest.approx(2 * 2 / 2 ** len(NAMES), abs=0.005)


@pytest.mark.parametrize("kind", ["memory", "whoosh"])
def test_a_trial_ranks_as_if_the_constants_had_been_changed(runner: CliRunner, kind: str, tmp_path: Path) -> None:
    """The engine of a trial has the other constants everywhere, whatever they are built into."""
    folder = tmp_path / "set"
    folder.mkdir()
    rows = [{"id": each.id, "title": each.title, "text": each.body} for each in articles()]
    (folder / "docs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "queries.jsonl").write_text("".join(json.dumps({"id": n, "text": n}) + "\n" for n in NAMES))
    (folder / "qrels.tsv").write_text("".join(f"{n}\t0\tabout-{n}\t1\n" for n in NAMES))
    tried = ("--try", "FIELD_WEIGHTS.title=100", "--try", "FIELD_WEIGHTS.title=0.01")
    (row,) = json.loads(printed(runner, "evaluate", "ranking", str(folder), "--engine", kind, *tried, "--json"))
    first, last = row["trials"]
    assert (first["ndcg_at_10"], last["ndcg_at_10"]) == pytest.approx((1.0, 1 / 1.584962500721156))
    table = printed(runner, "evaluate", "ranking", str(folder), "--engine", kind, *tried)
    assert re.search(r"^set .*\nset +14 +7 .*\n  setting +nDCG@10 +gain +better:worse +p +MAP", table, re.MULTILINE)


def test_every_constant_that_can_be_tried_is_one_and_the_guide_names_the_steps() -> None:
    for name in BOUNDS:
        table, _, key = name.partition(".")
        value = getattr(ranking, table)
        low, high = BOUNDS[name]
        assert low <= (value[key] if key else value) <= high
    steps = {name for step in STEPS for name in read_trial(step).values}
    guide = (ROOT / "docs" / "how-to" / "tune-ranking.md").read_text("utf-8")
    written = {re.sub(r'\["(\w+)"\]', r".\1", each) for each in re.findall(r'`([A-Z_]+(?:\["\w+"\])?)`', guide)}
    assert steps == written & set(BOUNDS)


def test_a_trial_changes_the_constants_of_its_own_process_alone() -> None:
    with trying(read_trial("STEM_WEIGHT=0.3, FIELD_B.body=0.1")) as process:
        assert process.ask("search.ranking:repetition_weight", {"times": 1}) == 1.0
        inside = process.ask("search.ranking:normalised_frequency",
                             {"field": "body", "frequency": 1.0, "length": 2.0, "average_length": 1.0})  # fmt: skip
    assert inside == pytest.approx(1 / (1 - 0.1 + 0.1 * 2))
    assert ranking.STEM_WEIGHT == 0.8


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("K1", "K1 takes a number from 0.01 to 100, as in K1=2"),
        ("K1=x", "takes a number"), ("K1=0", "takes a number"), ("K1=nan", "takes a number"),
        ("k1=2", "did you mean K1"), ("FIELD_WEIGHT.title=2", "did you mean FIELD_WEIGHTS.title"),
        ("FIELD_B.body=2", "from 0 to 1"), ("", "there is no setting ''"), ("K1=1,", "there is no setting ''"),
        ("__class__=1", "there is no setting"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_tried_is_refused_with_what_can(runner: CliRunner, text: str, message: str) -> None:
    with pytest.raises(ParameterError, match=re.escape(message)):
        read_trial(text)
    result = invoke(runner, "evaluate", "ranking", ".", "--try", text)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "name a FOLDER with a judged set, or give --judgements"),
        (("--judgements", "--against", "bm25s"), "are for a FOLDER"),
        ((".", "--try", "K1=1", "--against", "bm25s"), "leave out --against"),
        ((".", "--unjudged"), "is for --judgements"),
    ],
)
def test_options_that_do_not_go_together_are_refused(runner: CliRunner, words: tuple[str, ...], message: str) -> None:
    result = invoke(runner, "evaluate", "ranking", *words)
    assert result.exit_code == 2
    assert message in result.stderr


# --- what is counted -----------------------------------------------------------------------------------------------


def test_without_judgements_the_command_says_where_to_make_them(runner: CliRunner) -> None:
    fill(open_engine("whoosh:archive"), *articles())
    result = invoke(runner, "evaluate", "ranking", "--judgements", "--index", "whoosh:archive")
    assert result.exit_code == 1
    assert "nothing is judged yet; judge hits at /desk/judge" in result.stderr


def test_articles_that_are_gone_or_taken_down_or_moved_count_as_they_should(engine: Engine) -> None:
    archive = over(fill(engine, *articles()))
    for article in ("about-ferry", "list-ferry", "about-tunnel"):
        judge(archive, "ferry", article, "good" if article == "about-ferry" else "bad")
    judge(archive, "market", "about-market", "good")
    judge(archive, "tunnel", "list-tunnel", "bad")
    archive.ledger.judgements.add([Judgement("ferry", "never-there", "good", NOON)])
    own = own_judgements(archive)
    assert own.good == {"ferry": {"about-ferry"}, "market": {"about-market"}}
    assert (own.bad["ferry"], own.gone, own.without_good) == ({"list-ferry", "about-tunnel"}, 1, 1)
    archive.ledger.removed.add([Tombstone("about-market"), Tombstone("about-tunnel")], "court order", NOON)
    archive.ledger.move("about-ferry", "ferry-again", NOON)
    with engine.writer() as writer:
        writer.delete("about-ferry")
        writer.add(Document("ferry-again", "The ferry", "It was opened.", language="en"))
    archive.close()
    own = own_judgements(archive)
    assert own.good == {"ferry": {"ferry-again"}}, "the move is followed, and what is down does not count"
    assert (own.bad["ferry"], own.gone, own.without_good) == ({"list-ferry"}, 3, 2)


def test_hits_that_nobody_judged_are_named_and_move_only_the_measures_that_say_so() -> None:
    archive = over(fill(open_engine("memory:"), *articles()))
    judge(archive, "ferry", "about-ferry", "good")
    judge(archive, "ferry", "list-ferry", "bad")
    own = own_judgements(archive)
    found = {"ferry": ["new", "about-ferry", "other", "list-ferry"]}
    scores = score_own(own, found).means
    assert scores["ndcg_of_judged"] == scores["bpref"] == 1.0
    assert scores["judged_at_10"] == scores["mean_reciprocal_rank"] == 0.5
    assert scores["ndcg_at_10"] == pytest.approx(1 / 1.584962500721156)
    assert unjudged(own, [found, {"ferry": ["third", "new"]}]) == {"ferry": ["new", "other", "third"]}


def test_the_command_warns_of_too_few_judgements_and_lists_where_to_judge_more(
    runner: CliRunner, newsroom: str
) -> None:
    assert FEWEST <= len(NAMES) < ENOUGH
    arguments = ("evaluate", "ranking", "--judgements", "--index", newsroom, "--unjudged", "--per-query")
    result = invoke(runner, *arguments)
    assert f"{len(NAMES)} judged queries show great differences only" in result.stderr
    assert "among the first ten and not judged" not in result.stdout, "all are judged"
    assert re.search(r"^  ferry +[01]\.\d{3}", result.stdout, re.MULTILINE)
    invoke(runner, "judgements", "remove", "ferry", "list-ferry", "--index", newsroom)
    (address,) = re.findall(r"^    1  (\S+)$", printed(runner, *arguments), re.MULTILINE)
    assert address == "/desk/judge?q=ferry&article=list-ferry"
    for name in NAMES[2:]:
        assert invoke(runner, "judgements", "remove", name, "--all", "--index", newsroom).exit_code == 0
    (row,) = json.loads(printed(runner, *arguments, "--json"))
    assert "2 judged queries are too few to say anything" in row["notes"][0]
    assert row["unjudged"] == {"ferry": ["list-ferry"]}
    assert row["per_query"]["ndcg_at_10"].keys() == {"ferry", "harbour"}


# --- files ---------------------------------------------------------------------------------------------------------


def test_judgements_are_written_and_read_again_whatever_the_articles_are_called(tmp_path: Path) -> None:
    archive = over(fill(open_engine("memory:"), *ARTICLES))
    rows = [Judgement("flood" if at % 2 else "straße \"x y\"", article.id, "good" if at % 3 else "bad", NOON)
            for at, article in enumerate(ARTICLES)]  # fmt: skip
    rows.append(Judgement("flood", "gone\t%41 for ever", "good", NOON))
    assert write_judgements(tmp_path / "new" / "judged", rows).judgements == len(rows)
    with archive.pinned() as pinned:

        def named(name: str) -> str | None:
            return name if pinned.present([name]) else None

        again = list(read_judgements(tmp_path / "new" / "judged", NOON, named))
    assert sorted(map(repr, again)) == sorted(map(repr, rows))
    names = [line.split() for line in (tmp_path / "new" / "judged" / "qrels.tsv").read_text("utf-8").splitlines()]
    assert {len(row) for row in names} == {4}, "any reader of TREC's files can split a line"


def test_a_whole_set_is_read_by_the_reader_of_published_sets(runner: CliRunner, newsroom: str) -> None:
    printed(runner, "judgements", "add", "good", "ferry", "list-harbour", "--index", newsroom)
    archive = over(open_engine(newsroom))
    with archive.engine.writer() as writer:
        writer.delete("list-harbour")
    archive.ledger.judgements.add([Judgement("market", "never-there", "good", NOON)])
    result = invoke(runner, "judgements", "export", "judged", "--articles", "--index", newsroom)
    assert result.stdout == "wrote 13 judgements of 7 queries, 13 articles to judged\n"
    assert "3 of articles that are not in the archive are left out" in result.stderr
    judged = read_judged_set(Path("judged"))
    assert list(judged.queries.values()) == list(NAMES)
    assert [set(each) for each in judged.relevant.values()] == [{f"about-{name}"} for name in NAMES]
    (row,) = json.loads(printed(runner, "evaluate", "ranking", "judged", "--json"))
    assert row["queries"] == len(NAMES)


def test_an_export_is_imported_into_another_archive_and_keeps_what_is_judged_there(
    runner: CliRunner, newsroom: str
) -> None:
    printed(runner, "judgements", "export", "judged", "--index", newsroom)
    other = "whoosh:other"
    fill(open_engine(other), *articles()[:6])
    printed(runner, "judgements", "add", "bad", "Ferry", "about-ferry", "--index", other)
    result = invoke(runner, "judgements", "import", "judged", "--index", other)
    assert result.stdout == "read 14 judgements of 7 queries: 13 are new\n"
    assert result.stderr.startswith("note: 8 are of articles that are not in the archive")
    rows = json.loads(printed(runner, "judgements", "list", "--json", "--index", other))
    assert [(row["article"], row["grade"]) for row in rows if row["query"] == "ferry"] == [
        ("about-ferry", "bad"), ("list-ferry", "bad"),
    ]  # fmt: skip
    assert [row["title"] for row in rows if row["query"] == "market"] == [None, None]
    printed(runner, "judgements", "import", "judged", "--replace", "--index", other)
    rows = json.loads(printed(runner, "judgements", "list", "ferry", "--json", "--index", other))
    assert {row["article"]: row["grade"] for row in rows} == {"about-ferry": "good", "list-ferry": "bad"}


@pytest.mark.parametrize(
    ("queries", "qrels", "message"),
    [
        ('{"id": "1", "text": "flood"}\n', "2\t0\ta\t1\n", "names a query that queries.jsonl does not have: '2'"),
        ('{"id": "1", "text": "flood"}\n', "1\t0\ta\n", "qrels.tsv:2: write query, 0, document and grade"),
        ('{"id": "1", "text": "flood"}\n', "1\t0\ta\tgood\n", "write query, 0, document and grade"),
        ('{"id": "1", "text": "  "}\n', "1\t0\ta\t1\n", "query '1' cannot be judged (q: is empty"),
        ('{"id": "1", "text": "' + "(" * 60 + '"}\n', "1\t0\ta\t1\n", "query '1' cannot be judged"),
        ('{"id": "1"}\n', "1\t0\ta\t1\n", "a line has no text under 'text'"),
        ("x\n", "", "is not JSON"),
        ("\xff\n", "", "is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(
    runner: CliRunner, newsroom: str, queries: str, qrels: str, message: str
) -> None:
    Path("bad").mkdir()
    Path("bad/queries.jsonl").write_text(queries, "utf-8")
    Path("bad/qrels.tsv").write_text("1\t0\tabout-ferry\t1\n" + qrels, "utf-8")
    before = printed(runner, "judgements", "list", "--index", newsroom)
    result = invoke(runner, "judgements", "import", "bad", "--index", newsroom)
    assert result.exit_code == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert printed(runner, "judgements", "list", "--index", newsroom) == before


def test_names_without_white_space_stay_as_they_are() -> None:
    assert trec_name("https://news.example/a?b=c#d") == "https://news.example/a?b=c#d"
    assert trec_name("a b%c\n") == "a%20b%25c%0A"


# --- the command ---------------------------------------------------------------------------------------------------


def test_judgements_are_made_listed_and_forgotten(runner: CliRunner) -> None:
    fill(open_engine("whoosh:archive"), *articles())
    said = printed(runner, "judgements", "add", "good", "The Ferry", "about-ferry", "list-ferry", "--index", "archive")
    assert said.splitlines() == [
        "good for the ferry: The ferry", "good for the ferry: A list of words", "2 good and 0 bad are judged for it",
    ]  # fmt: skip
    printed(runner, "judgements", "add", "bad", "the ferry", "list-ferry", "--index", "archive")
    assert printed(runner, "judgements", "list", "--index", "archive").splitlines() == [
        "good\tthe ferry\tabout-ferry\tThe ferry", "bad\tthe ferry\tlist-ferry\tA list of words",
    ]  # fmt: skip
    assert printed(runner, "judgements", "list", "market", "--index", "archive") == ""
    assert printed(runner, "judgements", "remove", "the ferry", "list-ferry", "--index", "archive") == "forgot 1\n"
    again = invoke(runner, "judgements", "remove", "the ferry", "list-ferry", "--index", "archive")
    assert again.exit_code == 1
    assert "nothing of that is judged" in again.stderr
    assert printed(runner, "judgements", "remove", "The ferry", "--all", "--index", "archive") == "forgot 1\n"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("add", "fine", "ferry", "about-ferry"), 2), (("add", "good", "ferry"), 2), (("add", "good", "", "x"), 2),
        (("add", "good", "ferry", "nothing"), 1), (("remove", "ferry"), 2), (("remove", "ferry", "x", "--all"), 2),
        (("remove", "ferry", "nothing"), 1), (("add", "good", "x" * 2_000, "about-ferry"), 2),
        (("import", "nowhere"), 2),
    ],
)  # fmt: skip
def test_what_is_mistyped_is_one_line_and_an_exit_code(
    runner: CliRunner, newsroom: str, words: tuple[str, ...], code: int
) -> None:
    result = invoke(runner, "judgements", *words, "--index", newsroom)
    assert result.exit_code == code, result.output
    assert result.stderr.startswith("error: ")


def test_a_set_without_its_queries_is_an_error_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="cannot be read"):
        list(read_judgements(tmp_path, NOON, lambda name: name))
