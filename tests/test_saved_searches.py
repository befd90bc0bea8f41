"""Links of saved searches: what they lead to, and that nobody can forge one, change one or replay one elsewhere."""

from __future__ import annotations

import base64
import re
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlencode

import feedparser
import pytest
from archives import fill
from asking import requests
from conftest import ARTICLES
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from search.alerts.arriving import begin, note_arrivals
from search.alerts.keys import Keys, key_path, made_keys, read_keys, rotate
from search.alerts.saved import MAX_SAVED, SavedSearch, canonical, read_canonical, saved, signed, verified
from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.errors import ParameterError, RequestError
from search.ledger import open_ledger
from search.request.request import SearchRequest
from search.settings import Settings
from webui import create_app
from webui.site import site_of

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
KEYS = Keys((b"k" * 32,))


def arrive(app: Flask, *articles: Document, at: datetime | None = None) -> None:
    """Puts articles into the archive of an app, and has it notice them."""
    archive = site_of(app).archive
    fill(archive.engine, *articles)
    note_arrivals(archive.engine, archive.ledger, at or datetime.now(UTC))
    archive.close()


def link_of(client: FlaskClient, search: str) -> str:
    answer = client.get(f"/api/v1/save?{search}")
    assert answer.status_code == 200, answer.text
    return str(answer.json["link"])


def ids(client: FlaskClient, link: str, **parameters: str) -> list[str]:
    answer = client.get("/api/v1/saved?" + urlencode({"link": link, **parameters}))
    assert answer.status_code == 200, answer.text
    assert answer.json["total"] >= len(answer.json["hits"])
    return [hit["id"] for hit in answer.json["hits"]]


def new(name: str, text: str = "A flood again.", **facts: object) -> Document:
    return replace(Document(name, f"News {name}", text, language="en"), **facts)


# --- what a link leads to


def test_a_link_has_what_came_since_it_was_made(app: Flask, client: FlaskClient) -> None:
    link = link_of(client, "q=flood")
    assert ids(client, link) == []
    arrive(app, new("n1"), new("n2", "Nothing of interest."))
    assert ids(client, link) == ["n1"]
    arrive(app, new("n3"), new("n1", "The flood, corrected."))
    assert sorted(ids(client, link)) == ["n1", "n3"]


def test_whoever_saves_a_search_is_told_of_its_page_and_of_each_feed(client: FlaskClient) -> None:
    links = client.get("/api/v1/save?q=flood").json["links"]
    kinds = {name: client.get(address).mimetype for name, address in links.items()}
    assert kinds == {
        "html": "text/html", "atom": "application/atom+xml", "rss": "application/rss+xml",
        "feed": "application/feed+json", "api": "application/json",
    }  # fmt: skip


def test_a_moment_may_be_given(app: Flask, client: FlaskClient) -> None:
    link = link_of(client, "q=flood")
    now = datetime.now(UTC)
    arrive(app, new("n1"), at=now + timedelta(hours=1))
    arrive(app, new("n2"), at=now + timedelta(days=3))
    assert ids(client, link, since=(now + timedelta(days=2)).isoformat()) == ["n2"]
    assert sorted(ids(client, link, since=now.date().isoformat())) == ["n1", "n2"]
    assert ids(client, link, since="2099-01-01") == []
    for wrong in ("yesterday", "2024-07-03T12:00:00", "9999-99-99", "0001-01-01T00:00:00+14:00"):
        assert client.get("/api/v1/saved?" + urlencode({"link": link, "since": wrong})).status_code == 400


def test_filters_and_dates_of_the_search_hold(app: Flask, client: FlaskClient) -> None:
    link = link_of(client, "section=News&from=2024&tag=-river")
    arrive(
        app, new("n1", sections=("News > Local",), published=NOW), new("n2", sections=("News",), tags=("river",)),
        new("n3", sections=("Opinion",), published=NOW),
    )  # fmt: skip
    assert ids(client, link) == ["n1"]


def test_its_feeds_are_read_by_a_feed_reader(app: Flask, client: FlaskClient) -> None:
    link = link_of(client, "q=flood")
    arrive(app, new("n1", published=NOW, url="https://news.example/n1"))
    feed = feedparser.parse(client.get(f"/saved.atom?{link}").data)
    assert [entry.title for entry in feed.entries] == ["News n1"]
    assert feed.feed.id.startswith("urn:uuid:")
    again = feedparser.parse(client.get(f"/saved.atom?{link}&since=2020-01-01").data)
    assert again.feed.id == feed.feed.id
    items = client.get(f"/saved.json?{link}").json
    assert [item["title"] for item in items["items"]] == ["News n1"]
    assert items["feed_url"].endswith(f"/saved.json?{link}")


def test_an_answer_is_fresh_as_soon_as_something_came(app: Flask, client: FlaskClient) -> None:
    link = link_of(client, "q=flood")
    first = client.get(f"/saved.atom?{link}")
    tag = first.headers["ETag"]
    assert client.get(f"/saved.atom?{link}", headers={"If-None-Match": tag}).status_code == 304
    arrive(app, new("n1"))
    assert client.get(f"/saved.atom?{link}", headers={"If-None-Match": tag}).status_code == 200


def test_the_way_from_the_results_to_the_link_and_its_page(app: Flask, client: FlaskClient) -> None:
    results = client.get("/search?q=flood&section=News&page=1&sort=oldest").text
    found = re.search(r'<a href="(/save\?[^"]+)"', results)
    assert found
    page = client.get(unescape(found[1])).text
    links = re.findall(r'href="http://localhost(/saved[^"]*)"', page)
    assert [unescape(link).partition("?")[0] for link in links] == [
        "/saved",
        "/saved.atom",
        "/saved.rss",
        "/saved.json",
    ]
    arrive(app, new("n1", sections=("News",)), new("n2"))
    shown = client.get(unescape(links[0])).text
    assert "News n1" in shown
    assert "News n2" not in shown
    assert "noindex" in page
    assert "noindex" in shown


def test_pages_ignore_what_mail_programs_add(client: FlaskClient) -> None:
    assert client.get(f"/saved?{link_of(client, 'q=flood')}&utm_source=mail").status_code == 200


def test_a_search_that_cannot_be_read_or_is_too_long_is_not_saved(client: FlaskClient) -> None:
    assert client.get("/save?q=" + quote('fl" OR (')).status_code in (200, 400)
    assert client.get("/api/v1/save?nothing=1").status_code == 400
    assert client.get("/api/v1/save?q=" + "é" * MAX_SAVED).status_code == 400
    assert client.get("/api/v1/save?q=*dges").status_code == 400


# --- nobody can forge one


def test_no_change_of_a_link_is_accepted(client: FlaskClient) -> None:
    link = link_of(client, "q=flood&section=News")
    assert client.get(f"/saved?{link}").status_code == 200
    for at in range(len(link)):
        for other in ("A" if link[at] != "A" else "B", ""):
            changed = link[:at] + other + link[at + 1 :]
            assert client.get(f"/saved?{changed}").status_code == 400, changed


@pytest.mark.parametrize(
    "wrong",
    ["", "q=flood", "signature=", "made=2024-01-01T00:00:00Z&signature=" + "A" * 43, "{link}&q=other", "q=other&{link}",
     "{link}&signature=x", "{link}&made=2000-01-01T00:00:00Z", "{link}%23x", "{link}%0a", "{link}=", "&{link}",
     "{link}&webhook=http://127.0.0.1/", "{link}&mail=a@b.example", "{link}&url=http://169.254.169.254/"],
)  # fmt: skip
def test_what_is_not_a_link_as_it_was_made_is_refused(client: FlaskClient, wrong: str) -> None:
    link = link_of(client, "q=flood")
    for path in ("/saved", "/saved.atom", "/saved.rss", "/saved.json"):
        assert client.get(f"{path}?{wrong.format(link=link)}").status_code == 400
    assert client.get("/api/v1/saved?" + urlencode({"link": wrong.format(link=link)})).status_code == 400


def test_a_link_of_another_archive_is_refused_even_under_the_same_key(client: FlaskClient, app: Flask) -> None:
    keys = read_keys(site_of(app).archive.ledger.place) or begin(
        site_of(app).archive.engine, site_of(app).archive.ledger, NOW
    )
    other = signed(saved(SearchRequest(q="flood"), NOW), keys, "another archive")
    assert client.get(f"/saved?{other}").status_code == 400
    own = signed(saved(SearchRequest(q="flood"), NOW), keys, site_of(app).archive.ledger.arrivals.archive_id())
    assert client.get(f"/saved?{own}").status_code == 200


def test_two_archives_refuse_each_others_links(client: FlaskClient) -> None:
    engine = MemoryEngine("")
    fill(engine, *ARTICLES)
    other = create_app(Settings(), engine).test_client()
    link_of(other, "q=flood")
    assert other.get(f"/saved?{link_of(client, 'q=flood')}").status_code == 400


def test_without_a_key_no_link_is_accepted() -> None:
    link = signed(saved(SearchRequest(q="flood"), NOW), KEYS, "id")
    for keys, archive in ((None, "id"), (KEYS, ""), (Keys((b"x" * 32,)), "id")):
        with pytest.raises(ParameterError):
            verified(link, keys, archive)
    assert verified(link, KEYS, "id").request.q == "flood"


def test_a_search_that_is_not_canonical_is_refused_even_if_it_is_signed() -> None:
    """So one search has one link, and what is no search cannot be in one."""
    for written in ("q=flood", "section=News&q=flood&tz=UTC", "q=flood&tz=UTC&page=2", "q=flood&tz=UTC&nothing=1"):
        with pytest.raises(RequestError):
            read_canonical(written)


@given(requests(), st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)))
def test_what_is_signed_is_what_is_verified(asked: SearchRequest, made: datetime) -> None:
    search = saved(asked, made.replace(tzinfo=UTC))
    link = signed(search, KEYS, "id")
    assert verified(link, KEYS, "id") == search
    assert canonical(search.request) == search.search
    assert {"page", "sort", "cursor", "per_page", "facets", "group"}.isdisjoint(name for name, _ in parse_qsl(link))


@given(st.text(max_size=300))
def test_no_text_is_taken_for_a_link(text: str) -> None:
    with pytest.raises(ParameterError):
        verified(text, KEYS, "id")


def test_a_signature_is_written_in_one_way() -> None:
    link = signed(SavedSearch(SearchRequest(q="x", time_zone="UTC"), NOW), KEYS, "id")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    alike = [letter for letter in alphabet if letter != link[-1]]
    same = [one for one in alike if base64.urlsafe_b64decode(link[-43:-1] + one + "=") ==
            base64.urlsafe_b64decode(link[-43:] + "=")]  # fmt: skip
    assert same, "the last letter has bits that count for nothing"
    for letter in alike:
        with pytest.raises(ParameterError):
            verified(link[:-1] + letter, KEYS, "id")


# --- keys


def test_two_that_make_keys_at_the_same_time_get_the_same(tmp_path: Path) -> None:
    place, made = str(tmp_path / "x.ledger"), []
    threads = [threading.Thread(target=lambda: made.append(made_keys(place).all)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_a_link_goes_on_after_a_rotation(tmp_path: Path) -> None:
    place = str(tmp_path / "x.ledger")
    link = signed(saved(SearchRequest(q="flood"), NOW), made_keys(place), "id")
    keys = rotate(place)
    assert verified(link, keys, "id").request.q == "flood"
    assert signed(saved(SearchRequest(q="flood"), NOW), keys, "id") != link


@pytest.mark.parametrize("content", [b"", b"not base64 at all!", b"c2hvcnQ=\n", b"A" * 5000])
def test_a_file_that_is_none_of_keys_is_said(tmp_path: Path, content: bytes) -> None:
    place = str(tmp_path / "x.ledger")
    key_path(place).write_bytes(content)
    key_path(place).chmod(0o600)
    with pytest.raises(Exception, match="no file of keys"):
        read_keys(place)


def test_no_key_is_shown() -> None:
    assert "k" * 8 not in repr(KEYS)


def test_what_is_there_first_is_not_new_and_what_comes_is_so_once(tmp_path: Path) -> None:
    engine, ledger = MemoryEngine(""), open_ledger(str(tmp_path / "x.ledger"))
    begin(engine, ledger, NOW)
    fill(engine, new("first"))
    assert note_arrivals(engine, ledger, NOW) == 1, "an archive that was empty when it began"
    assert note_arrivals(engine, ledger, NOW) == 0
    fill(engine, new("first", "changed"), new("second"))
    assert note_arrivals(engine, ledger, NOW + timedelta(days=1)) == 1
    assert ledger.arrivals.since(NOW + timedelta(hours=1), 10) == ["second"]
