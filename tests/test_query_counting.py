"""Which answers count as a reader's question: over HTTP, and of a real server with several workers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from browsing_readers import ADDRESS, FIREFOX, looked_at
from conftest import ARTICLES
from flask.testing import FlaskClient
from real_server import Server, posix, served

from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.ledger import open_ledger
from search.ledger.asked import AskedQuery
from search.settings import Settings
from webui import create_app
from webui.site import site_of

EVER = date(2000, 1, 1), date(2100, 1, 1)
BROWSER = {"User-Agent": FIREFOX}


def client_of(**settings: object) -> FlaskClient:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    return create_app(Settings.model_validate(settings), engine).test_client()


@pytest.fixture
def reader() -> FlaskClient:
    return client_of(desk=True)


def counted(client: FlaskClient) -> dict[str, tuple[int, int]]:
    """How often each query was asked and found nothing."""
    site = site_of(client.application)
    assert site.queries is not None
    assert site.queries.flush()
    return {row.query: (row.times, row.no_hits) for row in site.archive.ledger.asked.often(*EVER, 1)}


def test_an_answer_counts_whether_it_is_made_kept_or_had_already(reader: FlaskClient) -> None:
    answers = [reader.get("/search?q=Flood", headers=BROWSER) for _ in range(3)]
    assert [answer.headers["Cache-Status"][-3:] for answer in answers] == ["red", "hit", "hit"]
    again = {"If-None-Match": answers[0].headers["ETag"]}
    assert reader.get("/search?q=flood", headers=BROWSER | again).status_code == 200, "other words, other answer"
    assert reader.get("/search?q=Flood", headers=BROWSER | again).status_code == 304
    assert counted(reader) == {"flood": (5, 0)}


def test_what_found_nothing_says_so_in_each_of_these_ways(reader: FlaskClient, tmp_path: Path) -> None:
    first = reader.get("/search?q=zanzibarium", headers=BROWSER)
    kept = reader.get("/search?q=zanzibarium", headers=BROWSER)
    assert kept.headers["ETag"] == first.headers["ETag"]
    engine = site_of(reader.application).archive.engine
    another = create_app(Settings(desk=True, ledger=str(tmp_path / "other.ledger")), engine).test_client()
    had = another.get("/search?q=zanzibarium", headers=BROWSER | {"If-None-Match": first.headers["ETag"]})
    assert (had.status_code, had.headers["ETag"]) == (304, first.headers["ETag"])
    assert counted(reader) == {"zanzibarium": (2, 2)}
    assert counted(another) == {"zanzibarium": (1, 1)}, "a process that never made the answer knows it too"


def test_a_filter_that_leaves_nothing_is_no_fault_of_the_words(reader: FlaskClient) -> None:
    for path in ("q=flood&section=Nowhere", "q=flood&from=2030", "q=flood+section:Nowhere", "q=flood&in=author"):
        assert reader.get(f"/search?{path}", headers=BROWSER).headers["ETag"].endswith('-0"'), path
    assert counted(reader) == {"flood": (4, 0)}


@pytest.mark.parametrize(
    "agent",
    ["", "curl/8.5.0", "python-requests/2.32", "Werkzeug/3.1", "Googlebot/2.1 (+http://www.google.com/bot.html)",
     "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
     "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/126.0 Safari/537.36",
     "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (Applebot/0.1)", "facebookexternalhit/1.1"],
)  # fmt: skip
def test_robots_and_programs_do_not_count(reader: FlaskClient, agent: str) -> None:
    assert reader.get("/search?q=flood", headers={"User-Agent": agent}).status_code == 200
    assert counted(reader) == {}


@pytest.mark.parametrize(
    "agent",
    ["Mozilla/5.0 (Linux; Android 12; CUBOT X50) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
     "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Safari/604.1",
     "Lynx/2.9.0", "w3m/0.5.3", "Opera/9.80 (J2ME/MIDP; Opera Mini/4.2)"],
)  # fmt: skip
def test_browsers_of_every_kind_count(reader: FlaskClient, agent: str) -> None:
    reader.get("/search?q=flood", headers={"User-Agent": agent})
    assert counted(reader) == {"flood": (1, 0)}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/search?q=flood&page=2&per_page=2", {}),
        ("/search?q=flood", {"Cache-Control": "max-age=0"}),
        ("/search?q=flood", {"Cache-Control": "no-cache"}),
        ("/search?q=flood&sort=oldest", {"Referer": "http://localhost/search?q=Flood"}),
        ("/search?q=flood&section=News", {"Referer": "http://localhost/de/search?q=flood&page=2"}),
        ("/search?q=flood", {"Referer": "http://localhost/article/1?q=flood&position=0"}),
        ("/search?q=flood", {"Referer": "http://localhost/desk/queries?days=7"}),
        ("/search?q=flood", {"Referer": "http://localhost/de/desk/queries/variant?q=x"}),
        ("/search?q=flood", {"Sec-Purpose": "prefetch;prerender"}),
        ("/search?q=flood", {"Sec-Fetch-Dest": "empty"}),
        ("/search", {}),
        ("/search?section=News", {}),
        ("/search?q=flood&colour=red", {}),
        ("/search?q=" + "(" * 60, {}),
        ("/api/v1/search?q=flood", {}),
        ("/search.atom?q=flood", {}),
        ("/search.csv?q=flood", {}),
        ("/facet/section?q=flood", {}),
        ("/why-not?q=flood&article=1", {}),
        ("/article/1?q=flood", {}),
        ("/api/v1/suggest?q=flood", {}),
    ],
    ids=str,
)
def test_what_is_no_new_question_of_a_reader_does_not_count(
    reader: FlaskClient, path: str, headers: dict[str, str]
) -> None:
    reader.get(path, headers=BROWSER | headers)
    assert counted(reader) == {}


@pytest.mark.parametrize(
    "referrer",
    ["http://localhost/", "http://localhost/search?q=bridge", "https://elsewhere.example/search?q=flood",
     "http://localhost/article/desk", "http://[", "http://localhost/?" + "&".join(f"a{n}=b" for n in range(2_000))],
    ids=["front", "another search", "elsewhere", "an article", "odd", "long"],
)  # fmt: skip
def test_whoever_comes_from_elsewhere_asks_anew(reader: FlaskClient, referrer: str) -> None:
    reader.get("/search?q=flood", headers=BROWSER | {"Referer": referrer})
    assert counted(reader) == {"flood": (1, 0)}


def test_heads_do_not_count_and_a_form_counts_once(reader: FlaskClient) -> None:
    reader.head("/search?q=flood", headers=BROWSER)
    moved = reader.get("/search?q=flood&section=&from=", headers=BROWSER)
    assert moved.status_code == 302
    reader.get(moved.headers["Location"], headers=BROWSER)
    assert counted(reader) == {"flood": (1, 0)}


def test_switched_off_nothing_is_counted() -> None:
    client = client_of(query_log=False, desk=True)
    assert client.get("/search?q=flood", headers=BROWSER).status_code == 200
    site = site_of(client.application)
    assert site.queries is None
    assert site.archive.ledger.asked.is_empty()
    assert "query_log is false" in client.get("/desk/queries").text


def test_a_search_is_answered_though_nothing_can_be_counted(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    client = client_of(ledger=str(blocked / "archive.ledger"))
    site = site_of(client.application)
    assert site.queries is not None
    for _ in range(3):
        assert client.get("/search?q=flood", headers=BROWSER).status_code == 200
        assert not site.queries.flush()


# --- a real server -------------------------------------------------------------------------------------------------


def archive_in(folder: Path) -> Path:
    with open_engine(f"whoosh:{folder / 'archive'}").writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    return folder


@posix
def test_the_counts_of_all_workers_add_up_and_nothing_tells_who_asked(tmp_path: Path) -> None:
    folder = archive_in(tmp_path)
    rounds = 0
    with served(folder, "--workers", "3") as server:
        looked_at(server.port, "/search?q=flood+secretly")
        while _workers_that_answered(server) < 2:  # they start one after the other
            assert rounds < 5_000
            tag = ""
            for number in range(30):
                had = {"If_None_Match": tag} if number % 3 == 2 else {}
                status, tag, _ = looked_at(server.port, "/search?q=Zanzibarium", **had)
                assert status == (304 if had else 200)
                looked_at(server.port, "/search?q=Old+Bridge")
                looked_at(server.port, "/search?q=jane.doe%40news.example")
                rounds += 1
    ledger = open_ledger(str(folder / "archive.ledger"))
    rows = ledger.asked.often(*EVER, 1)
    assert [(row.query, row.times, row.no_hits) for row in rows] == [
        ("old bridge", rounds, 0), ("zanzibarium", rounds, rounds), ("flood secretly", 1, 0)
    ]  # fmt: skip
    written = b"".join(path.read_bytes() for path in folder.glob("archive.ledger*"))
    assert b"zanzibarium" in written
    for secret in (ADDRESS.encode(), b"127.0.0.1", b"Mozilla", b"Firefox", b"jane", b"news.example", b"Zanzibarium"):
        assert secret not in written
    assert "zanzibarium" not in server.log.read_text().lower()


def _workers_that_answered(server: Server) -> int:
    return len({line["process"] for line in server.logged() if line.get("path") == "/search"})


@posix
def test_a_server_that_does_not_count_writes_nothing_and_forgets_today(tmp_path: Path) -> None:
    folder = archive_in(tmp_path)
    off = folder / "backfile.toml"
    off.write_text("query_log = false\n")
    with served(folder, "--workers", "1") as server:
        assert looked_at(server.port, "/search?q=flood")[0] == 200
    assert not list(folder.glob("archive.ledger*"))
    ledger = open_ledger(str(folder / "archive.ledger"))
    lately = datetime.now(UTC).date() - timedelta(days=3)
    ledger.asked.add([(lately, "kept", 9, 0), (date(2099, 1, 1), "unsettled secret", 9, 0)], date(2000, 1, 1))
    with served(folder, "--workers", "1") as server:
        looked_at(server.port, "/search?q=flood")
    assert [row.query for row in ledger.asked.often(*EVER, 1)] == ["kept"]
    assert isinstance(ledger.asked.often(*EVER, 1)[0], AskedQuery)
    assert "backfile queries --forget" in server.log.read_text()
    assert b"secret" not in b"".join(path.read_bytes() for path in folder.glob("archive.ledger*"))
