"""A purge leaves nothing of an article: not in what is found, and not in any byte of the files."""

from __future__ import annotations

import signal
import subprocess
import sys
import zlib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from archives import answers, ask, fill, ids, news, problems, whole, word
from leftovers import files_with, holds

from search.document import Document, Heading
from search.engines import open_engine
from search.engines.disk.format.container import Container
from search.engines.disk.format.kinds import SEGMENT
from search.engines.disk.format.layout import Strings
from search.engines.disk.format.stored import decode_article
from search.engines.opensearch.transport.address import Address
from search.engines.opensearch.transport.connection import Connection
from search.engines.protocols import Engine, Purging
from search.errors import EngineError, IndexLocked

SECRET = "zyxqvorm"
"""Begins every word that only the article has: in no other one, and in no address."""
MODEL = "0123456789abcdef"

ARTICLE = Document(
    "gone",
    f"{SECRET}title of the day",
    f"It {SECRET}body {SECRET}bodies rose.\n\n{SECRET}heading here\n\nAnd a {SECRET}-hyphen {SECRET}'s word.",
    f"The {SECRET}summary.",
    (Heading(f"{SECRET}heading here", 2, 34, f"{SECRET}anchor"),),
    "https://news.example/2024/gone",
    ("News", f"News > {SECRET}section"),
    (f"{SECRET}author",),
    (f"{SECRET}tag",),
    date(2024, 7, 3),
    None,
    "en",
    "article",
    f"/articles/{SECRET}source.md",
    f"<p>{SECRET}markup</p>",
    fingerprint=77,
)


def purging(engine: Engine) -> Purging:
    assert isinstance(engine, Purging)
    return engine


def test_a_purged_article_is_in_no_answer_and_the_others_are_untouched(engine: Engine) -> None:
    fill(engine, *news(40))
    expected = answers(engine)
    fill(engine, ARTICLE)
    before = engine.generation()
    purged = purging(engine).purge(["gone", "never there"])
    assert purged.articles == 1
    assert engine.generation() != before
    with engine.searcher() as searcher:
        assert searcher.document("gone") is None
        assert searcher.id_of_url(ARTICLE.url or "") is None
        assert searcher.terms(SECRET, 10) == searcher.similar_terms(f"{SECRET}titl", 2, 10) == []
        assert searcher.find_values("tag", SECRET, "words", 10) == []
        assert SECRET not in str([searcher.top_values(field, 1_000) for field in ("tag", "author", "section")])
    assert answers(engine) == expected
    assert len(whole(engine)) == 40
    assert problems(engine) == []


def test_a_purge_of_the_only_article_leaves_an_empty_index(engine: Engine) -> None:
    fill(engine, ARTICLE)
    assert purging(engine).purge(["gone"]).articles == 1
    assert whole(engine) == []
    assert problems(engine) == []
    fill(engine, replace(ARTICLE, id="new"))
    assert ids(ask(engine, word(f"{SECRET}title"))) == ["new"]


def test_a_purge_without_an_index_makes_none(engine: Engine) -> None:
    assert purging(engine).purge(["gone"]).articles == 0
    with pytest.raises(EngineError):
        engine.generation()


def test_a_purge_waits_for_nobody(engine: Engine) -> None:
    fill(engine, ARTICLE)
    with engine.writer(), pytest.raises(IndexLocked):
        purging(engine).purge(["gone"])


# --- the files on disk ---------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "archive"


def test_the_search_for_leftovers_sees_every_coding() -> None:
    text = f"one {SECRET} word".encode()
    bare = zlib.compressobj(wbits=-15)
    for raw in (
        text.upper(), zlib.compress(text), bare.compress(text) + bare.flush(), SECRET.encode("utf-16-le"),
        b"\x07\xff" * 9 + zlib.compress(text, 9) + b"tail",
    ):  # fmt: skip
        assert holds(raw, SECRET)
    assert not holds(b"nothing" * 9, SECRET)


def lived(folder: Path) -> Engine:
    """An archive whose article has left traces wherever it can: changed, deleted and added again in several commits."""
    engine = open_engine(f"whoosh:{folder}")
    others = news(30, words=12)
    fill(engine, *others[:10], replace(ARTICLE, body=f"{SECRET}earlier version"))
    fill(engine, *others[10:20], ARTICLE)
    with engine.writer() as writer:  # replaced within one transaction
        writer.add(replace(ARTICLE, title=f"{SECRET}draft"))
        writer.add(replace(ARTICLE, title=f"{SECRET}final"))
        for other in others[20:]:
            writer.add(other)
    with engine.searcher() as searcher:
        held = {stamp.content_hash: np.eye(4, dtype=np.float32) for stamp in searcher.stamps(["gone", "0003"]).values()}
    assert engine.add_vectors(MODEL, held).articles == 2
    return engine


def test_the_word_is_in_the_files_before(folder: Path) -> None:
    lived(folder)
    assert len([name for name in files_with(SECRET, folder) if name.endswith(".segment")]) >= 2


def test_no_byte_of_any_file_has_a_word_of_it(folder: Path) -> None:
    engine = lived(folder)
    before = {path.name for path in folder.iterdir()}
    purged = purging(engine).purge(["gone"])
    assert files_with(SECRET, folder) == []
    after = {path.name for path in folder.iterdir()}
    assert "backfile.previous.json" not in after
    assert purged.files_removed == len(before - after)
    assert purged.kept == ()
    for path in folder.glob("*.segment"):
        container = Container(path, SEGMENT)
        names = {name.removesuffix(".bytes") for name in container.sections if name.endswith(".bytes")}
        texts = [text for name in names - {"article", "surface"} for text in Strings.of(container, name).all()]
        stored = Strings.of(container, "article")
        texts += [repr(decode_article(stored.raw(doc))) for doc in range(len(stored))]
        assert texts
        assert SECRET not in str(texts)
    with engine.searcher() as searcher:
        assert sum(1 for _ in searcher.without_vectors(MODEL)) == 29
    assert problems(engine) == []


def test_only_the_segments_that_hold_it_are_written_anew(folder: Path) -> None:
    engine = open_engine(f"whoosh:{folder}")
    fill(engine, *news(1_200, words=3))
    large = next(folder.glob("*.segment"))
    fill(engine, ARTICLE, *news(5)[:1])
    purged = purging(engine).purge(["gone"])
    assert purged.files_written == 1
    assert large.exists()
    assert files_with(SECRET, *(path for path in folder.iterdir() if path != large)) == []


@pytest.mark.parametrize("then", ["deleted", "merged away", "replaced by a rebuild"])
def test_what_earlier_commits_left_goes_too(folder: Path, then: str) -> None:
    engine = lived(folder)
    if then == "deleted":
        with engine.writer() as writer:
            writer.delete("gone")
    elif then == "merged away":
        with engine.writer() as writer:
            writer.delete("gone")
        engine.optimize()  # type: ignore[attr-defined]
    else:
        with engine.writer(replace=True) as writer:
            writer.add(news(1)[0])
    assert files_with(SECRET, folder) != []
    assert purging(engine).purge(["gone"]).articles == 0
    assert files_with(SECRET, folder) == []


def test_a_segment_that_the_same_process_builds_later_has_none_of_its_words(folder: Path) -> None:
    engine = lived(folder)
    purging(engine).purge(["gone"])
    fill(engine, *news(60, words=9))
    assert files_with(SECRET, folder) == []


def test_an_open_searcher_goes_on_answering_from_files_that_are_gone(folder: Path) -> None:
    engine = lived(folder)
    with engine.searcher() as old:
        purging(engine).purge(["gone"])
        assert old.document("gone") is not None
        assert files_with(SECRET, folder) == []
    assert ids(ask(engine, word(f"{SECRET}final"))) == []


def test_a_purge_that_is_killed_at_any_moment_is_finished_by_the_next(tmp_path: Path) -> None:
    """The process is killed at each of its system calls for files in turn, as the operating system would see it."""
    program = (
        "import os, signal, sys; from pathlib import Path; from search.engines import open_engine\n"
        "left = int(sys.argv[2])\n"
        "def look(event, args):\n"
        "    global left\n"
        "    if event in ('open', 'os.rename', 'os.remove') and sys.argv[1] in str(args):\n"
        "        left -= 1\n"
        "        if left < 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "engine = open_engine('whoosh:' + sys.argv[1])\n"
        "import search.engines.disk.whoosh_codec.codec, search.engines.disk.whoosh_codec.schema, whoosh.index\n"
        "sys.addaudithook(look)\n"
        "engine.purge(['gone'])\n"
    )
    killed = 0
    for moment in range(0, 200, 4):
        folder = tmp_path / str(moment)
        lived(folder)
        ended = subprocess.run([sys.executable, "-c", program, str(folder), str(moment)], check=False)
        engine = open_engine(f"whoosh:{folder}")
        assert problems(engine) == []
        assert len(whole(engine)) in (30, 31)
        purging(engine).purge(["gone"])
        assert files_with(SECRET, folder) == []
        assert len(whole(engine)) == 30
        if ended.returncode == 0:
            break
        killed += 1
        assert ended.returncode == -signal.SIGKILL
    assert killed >= 5


# --- the files of a cluster ----------------------------------------------------------------------------------------


def test_no_file_of_a_node_has_a_word_of_it(tmp_path: Path) -> None:
    """Searched as they are: this is about segments and translogs, which hold words and articles plainly or deflated."""
    from clusters import archive_of, archive_on, cluster

    def holding() -> list[Path]:
        held = (path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".log")
        return [path for path in held if SECRET.encode() in path.read_bytes().lower()]

    with cluster(tmp_path) as node, archive_on(node.urls[0], keep=0) as url:
        engine = open_engine(url)
        fill(engine, *news(40), replace(ARTICLE, title=f"{SECRET}earlier"))
        fill(engine, ARTICLE)
        with engine.searcher() as searcher:
            vectors = {stamp.content_hash: np.eye(4, dtype=np.float32) for stamp in searcher.stamps(["gone"]).values()}
        assert engine.add_vectors(MODEL, vectors).articles == 1
        assert len(holding()) >= 2
        purged = purging(engine).purge(["gone"])
        assert (purged.articles, purged.kept) == (1, ())
        assert holding() == []
        assert len(whole(engine)) == 40
        found = Connection(Address.parse(url)).send("GET", f"/{archive_of(url)}-vectors/_count")
        assert found["count"] == 0
