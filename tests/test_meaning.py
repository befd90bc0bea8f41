"""Search by meaning from end to end, with a real model: switched on, encoded, asked, explained and measured."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from archives import fill
from click.testing import CliRunner, Result
from crippled import CrippledEngine

from search.archive import Archive
from search.assist.subject import Subject
from search.commands import main
from search.commands.encode import encode_shown
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import CursorExpired, IndexLocked
from search.ledger import open_ledger
from search.meaning import open_encoder
from search.meaning.encoder import Encoder
from search.meaning.encoding import encode_missing
from search.query import parse
from search.query.meant import words_meant
from search.request.request import SearchRequest
from search.settings import Settings
from webui import create_app

ARTICLES = (
    Document("flood", "River overflows its banks", "After heavy rain the town is under water. A report on the storm."),
    Document("bank", "Bank overflows with complaints", "Customers of the bank report on their savings and the storm."),
    Document("opera", "A storm of applause", "The report on the opera says that the soprano was at her best."),
    Document("storm", "Hurricane reaches the coast", "A report on the storm: wind and waves destroyed the harbour."),
    Document("words", "Report on storm report", "storm storm report report storm report"),
)
ARTICLES = tuple(replace(article, published=date(2020, 1, 1)) for article in ARTICLES)
QUESTION = SearchRequest(q="report storm", explain=True, facets=())


@pytest.fixture(scope="session")
def encoder(minilm: Path) -> Encoder:
    found = open_encoder(str(minilm))
    assert found is not None
    return found


@pytest.fixture
def filled(engine: Engine) -> Engine:
    return fill(engine, *ARTICLES)


def over(engine: Engine, minilm: Path | str) -> Archive:
    return Archive(engine, Settings(meaning_model=str(minilm)))


def found(archive: Archive, request: SearchRequest = QUESTION) -> list[str]:
    return [hit.id for hit in archive.search(request).hits]


def test_an_article_is_found_before_its_vector_is_made(filled: Engine, encoder: Encoder, minilm: Path) -> None:
    archive = over(filled, minilm)
    response = archive.search(QUESTION)
    assert [hit.id for hit in response.hits] == found(Archive(filled))
    assert response.warnings == ()
    assert response.hits[0].explanation is not None
    assert "by meaning: not known yet" in response.hits[0].explanation.summary
    assert encode_missing(filled, encoder).encoded == len(ARTICLES)
    assert encode_missing(filled, encoder).encoded == 0
    fill(filled, replace(ARTICLES[0], title="Another title"))
    assert encode_missing(filled, encoder).encoded == 1


def test_a_ledger_knows_the_commits_of_vectors(filled: Engine, encoder: Encoder, minilm: Path, tmp_path: Path) -> None:
    before = filled.generation()
    settings = Settings(ledger=str(tmp_path / "archive.ledger"), meaning_model=str(minilm))
    assert encode_shown(filled, encoder, settings, quiet=True, said=False).encoded == len(ARTICLES)
    assert before != filled.generation()
    assert open_ledger(settings.ledger).leads_to(before, filled.generation())


def test_meaning_decides_between_articles_that_have_the_words(filled: Engine, encoder: Encoder, minilm: Path) -> None:
    encode_missing(filled, encoder)
    archive = over(filled, minilm)
    request = replace(QUESTION, q="report on a hurricane OR storm")
    assert found(archive, request).index("storm") < found(archive, request).index("opera")
    assert found(Archive(filled)) != found(archive)
    explained = archive.search(QUESTION).hits[0].explanation
    assert explained is not None
    assert explained.meaning is not None
    assert explained.meaning.similarity is not None
    assert f"by meaning: {explained.meaning.similarity:.2f}" in explained.summary


def test_exact_words_and_dates_are_left_alone(filled: Engine, encoder: Encoder, minilm: Path) -> None:
    encode_missing(filled, encoder)
    for request in (
        replace(QUESTION, q='"report on"'),
        replace(QUESTION, sort="newest"),
        replace(QUESTION, q=""),
        replace(QUESTION, q="repor*"),
    ):
        assert [hit.score for hit in over(filled, minilm).search(request).hits] == [
            hit.score for hit in Archive(filled).search(request).hits
        ]


def test_cursors_and_neighbours_follow_the_order_of_the_list(filled: Engine, encoder: Encoder, minilm: Path) -> None:
    encode_missing(filled, encoder)
    archive = over(filled, minilm)
    whole = found(archive)
    by_cursor: list[str] = []
    request: SearchRequest | None = replace(QUESTION, per_page=2).from_cursor("*")
    while request is not None:
        response = archive.search(request)
        by_cursor += [hit.id for hit in response.hits]
        following = response.links.next
        request = request.from_cursor(following.partition("cursor=")[2].partition("&")[0]) if following else None
    assert by_cursor == whole
    with archive.pinned() as pinned:
        before, after = pinned.neighbours(QUESTION, 2)
    assert before is not None
    assert after is not None
    assert [before.id, after.id] == [whole[1], whole[3]]


def test_another_model_ends_a_cursor_and_the_answers_that_clients_keep(filled: Engine, minilm: Path) -> None:
    following = over(filled, minilm).search(replace(QUESTION, per_page=2).from_cursor("*")).links.next
    assert following is not None
    cursor = following.partition("cursor=")[2].partition("&")[0]
    with pytest.raises(CursorExpired):
        Archive(filled).search(replace(QUESTION, per_page=2).from_cursor(cursor))
    tags = {
        create_app(Settings(meaning_model=model), filled).test_client().get("/api/v1/search?q=storm").headers["ETag"]
        for model in ("", str(minilm))
    }
    assert len(tags) == 2


def test_related_articles_and_drafts_are_ordered_by_meaning_too(filled: Engine, encoder: Encoder, minilm: Path) -> None:
    encode_missing(filled, encoder)
    archive = over(filled, minilm)
    related = archive.related(Subject(id="storm"))
    assert related.hits
    assert all(row.meaning is not None for row in related.hits)
    draft = archive.related(Subject(title="Storm damages the port", text="A report on high waves and wind."))
    assert draft.hits[0].hit.id == "storm"
    assert draft.hits[0].meaning == max(row.meaning or 0.0 for row in draft.hits)
    assert all(row.meaning is None for row in Archive(filled).related(Subject(id="storm")).hits)


def test_an_engine_that_cannot_do_it_says_so(filled: Engine, minilm: Path) -> None:
    poor = CrippledEngine(filled, "meaning")
    [warning] = over(poor, minilm).search(QUESTION).warnings
    assert "cannot do meaning" in warning
    assert Archive(poor).search(QUESTION).warnings == ()
    assert found(over(poor, minilm)) == found(Archive(filled))
    assert over(poor, minilm).related(Subject(id="storm")).hits


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        ("how does a city flood", "how does a city flood"),
        ("flood -opinion section:News date:2024", "flood"),
        ('title:flood "in the city" OR =exact', "flood in the city exact"),
        ("flo* fl?od floood~", "floood"),
        ("", ""),
        ("-opinion", ""),
    ],
)
def test_what_is_encoded_is_what_a_query_is_about(query: str, meant: str) -> None:
    for operator in ("and", "or", "auto"):
        assert words_meant(parse(query, operator).query) == meant


# --- making the vectors ----------------------------------------------------------------------------------------------


def test_an_interruption_keeps_what_was_made(filled: Engine, encoder: Encoder) -> None:
    def interrupt(done: int, total: int) -> None:
        assert total == len(ARTICLES)
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        encode_missing(filled, encoder, threads=2, progress=interrupt)
    assert encode_missing(filled, encoder).encoded == len(ARTICLES) - 3


def test_what_was_made_is_committed_on_the_way(
    filled: Engine, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("search.meaning.commits.COMMIT_SECONDS", 0.0)
    generations: list[str] = []
    encode_missing(filled, encoder, progress=lambda *_: generations.append(filled.generation()))
    assert len(set(generations)) > 2


def test_articles_that_are_added_meanwhile_are_encoded_too(filled: Engine, encoder: Encoder) -> None:
    def add_one(done: int, total: int) -> None:
        if (done, total) == (1, len(ARTICLES)):
            fill(filled, Document("late", "A late storm"))

    assert encode_missing(filled, encoder, progress=add_one).encoded == len(ARTICLES) + 1


def test_a_writer_in_the_way_is_waited_for(filled: Engine, encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.meaning.commits.COMMIT_SECONDS", 0.0)
    writer = filled.writer()

    def let_go(done: int, _: int) -> None:
        if done == len(ARTICLES):
            writer.rollback()

    assert encode_missing(filled, encoder, progress=let_go).encoded == len(ARTICLES)
    monkeypatch.setattr("search.meaning.commits.LOCK_SECONDS", 0.01)
    fill(filled, Document("late", "A late storm"))
    with filled.writer(), pytest.raises(IndexLocked):
        encode_missing(filled, encoder)


# --- from the command line -------------------------------------------------------------------------------------------


@pytest.fixture
def invoke(runner: CliRunner, tmp_path: Path) -> Callable[..., Result]:
    lines = [json.dumps({"id": row.id, "title": row.title, "body": row.body}) for row in ARTICLES]
    (tmp_path / "articles.jsonl").write_text("\n".join(lines), "utf-8")

    def run(*arguments: str, **environ: str) -> Result:
        return runner.invoke(main, list(arguments), env=environ)

    return run


def test_indexing_encodes_in_the_end_unless_it_is_told_not_to(invoke: Callable[..., Result], minilm: Path) -> None:
    on = {"BACKFILE_MEANING_MODEL": str(minilm)}
    result = invoke("index", "articles.jsonl", "--no-meaning", **on)
    assert result.exit_code == 0
    assert "encoded" not in result.output
    assert "by meaning  0 of 5 articles" in invoke("status", **on).output
    result = invoke("index", "articles.jsonl", **on)
    assert "encoded 5 of 5 articles" in result.output
    assert "by meaning  5 of 5 articles" in invoke("status", **on).output
    assert "by meaning" not in invoke("status").output
    shown = invoke("search", "report storm", "--explain", **on).output
    assert "by meaning: 0." in shown
    assert invoke("check").output.endswith("no problems found\n")


def test_encoding_by_a_command_of_its_own(invoke: Callable[..., Result], minilm: Path) -> None:
    assert "encode" not in invoke("index", "articles.jsonl").output
    result = invoke("encode", "--meaning-model", str(minilm), "--json", "--workers", "2")
    assert json.loads(result.stdout)["encoded"] == 5
    result = invoke("encode", "--meaning-model", str(minilm))
    assert "encoded 0 of 5 articles" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["encode"], "meaning_model is not set"),
        (["encode", "--meaning-model", "nowhere"], "there is no folder"),
        (["index", "articles.jsonl"], "there is no folder"),
        (["search", "x"], "there is no folder"),
        (["serve", "--port", "0"], "there is no folder"),
    ],
)
def test_a_wrong_folder_stops_a_command_before_it_starts(
    invoke: Callable[..., Result], arguments: list[str], said: str
) -> None:
    environ = {} if arguments == ["encode"] else {"BACKFILE_MEANING_MODEL": "elsewhere"}
    result = invoke(*arguments, **environ)
    assert result.exit_code == 2
    assert said in result.stderr
    assert not Path("archive").exists()


def test_ctrl_c_ends_encoding_and_keeps_what_was_made(tmp_path: Path, minilm: Path) -> None:
    engine = open_engine(str(tmp_path / "archive"))
    fill(engine, *(Document(str(number), f"Report {number}", "A storm. " * 80) for number in range(3_000)))
    program = (
        "import os, signal\n"
        "from search.__main__ import run\n"
        "from search.meaning import encoding\n"
        "def told(done, total):\n"
        "    if done == 20: os.kill(os.getpid(), signal.SIGINT)\n"
        "encoding._tell_nobody = told\n"
        "run()"
    )
    arguments = [sys.executable, "-c", program, "encode", "--meaning-model", str(minilm), "--index"]
    done = subprocess.run(
        [*arguments, str(tmp_path / "archive")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 130, done.stderr
    with closing(engine.searcher()) as searcher:
        encoder = open_encoder(str(minilm))
        assert encoder is not None
        left = sum(1 for _ in searcher.without_vectors(encoder.model))
    assert 2_900 < left <= 2_980


def test_a_folder_in_a_settings_file_is_relative_to_that_file(
    invoke: Callable[..., Result], minilm: Path, tmp_path: Path
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "model").symlink_to(minilm)
    (tmp_path / "site" / "backfile.toml").write_text('meaning_model = "model"\nindex = "archive"\n')
    assert "encoded 5 of 5" in invoke("--config", "site/backfile.toml", "index", "articles.jsonl").output


# --- measuring -------------------------------------------------------------------------------------------------------


def test_what_meaning_gains_and_costs_is_measured_beside_words_alone(
    invoke: Callable[..., Result], minilm: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "judged"
    folder.mkdir()
    documents = [json.dumps({"id": row.id, "title": row.title, "text": row.body}) for row in ARTICLES]
    (folder / "docs.jsonl").write_text("\n".join(documents), "utf-8")
    (folder / "queries.jsonl").write_text('{"id": "q", "text": "report on a hurricane and storm damage"}', "utf-8")
    (folder / "qrels.tsv").write_text("q\t0\tstorm\t1\n", "utf-8")
    for engine in ("memory", "whoosh"):
        arguments = ("evaluate", "ranking", str(folder), "--meaning", str(minilm), "--engine", engine)
        [row] = json.loads(invoke(*arguments, "--json").stdout)
        assert row["against"]["name"] == "words alone"
        assert row["ndcg_at_10"] == 1.0 >= row["against"]["ndcg_at_10"]
        assert row["meaning"]["articles_per_second"] > 0
        assert row["meaning"]["question_ms"] > 0
        kilobytes = row["meaning"]["kilobytes_per_article"]
        assert kilobytes is None if engine == "memory" else kilobytes > 0.384
        printed = invoke(*arguments).stdout
        assert "words alone" in printed
        assert "articles a second" in printed
