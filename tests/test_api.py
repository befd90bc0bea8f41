"""The endpoint's promises: its keys, its manners, its errors."""

from __future__ import annotations

import json
import re
from dataclasses import fields
from urllib.parse import quote

import pytest
from conftest import ARTICLES
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.request.urls import quote_id
from search.results.response import Hit, SearchResponse
from search.settings import Settings
from webui import create_app

SEARCH = "/api/v1/search"


def problem(response: TestResponse) -> dict[str, object]:
    """The problem document in an answer, checked to be one."""
    assert response.content_type == "application/problem+json"
    body = json.loads(response.data)
    assert {"type", "title", "status", "detail", "instance"} <= body.keys()
    assert body["status"] == response.status_code
    assert response.headers["Cache-Control"] == "no-store"
    return body


def found(client: FlaskClient, query_string: str = "") -> dict[str, object]:
    response = client.get(f"{SEARCH}?{query_string}")
    assert response.status_code == 200, response.text
    return json.loads(response.data)


def ids(client: FlaskClient, query_string: str) -> list[str]:
    return [hit["id"] for hit in found(client, query_string)["hits"]]  # type: ignore[attr-defined]


def test_the_answer_has_the_promised_keys(client: FlaskClient) -> None:
    body = found(client, "q=flood&explain=true")
    assert {
        "query", "total", "took_ms", "page", "per_page", "links", "hits", "facets", "timeline", "suggestions",
        "warnings", "index",
    } <= body.keys() == {row.name for row in fields(SearchResponse)}  # fmt: skip
    assert {"self", "first", "prev", "next", "last", "html", "atom", "rss", "feed", "csv"} == body["links"].keys()  # type: ignore[attr-defined]
    hit = body["hits"][0]  # type: ignore[index]
    assert hit.keys() == {row.name for row in fields(Hit)}
    assert {
        "id", "url", "title", "title_html", "sections", "authors", "tags", "published", "modified", "language",
        "summary", "score", "matched_fields", "snippets", "similar_count", "explanation",
    } <= hit.keys()  # fmt: skip
    assert hit["explanation"] is not None
    facet = body["facets"][0]  # type: ignore[index]
    assert {"name", "label", "values", "missing", "other", "truncated"} <= facet.keys()
    assert {"value", "label", "count", "selected", "toggle_url"} == facet["values"][0].keys()
    assert {"interval", "buckets"} == body["timeline"].keys()  # type: ignore[attr-defined]
    assert {"generation", "articles", "built_at"} == body["index"].keys()  # type: ignore[attr-defined]


def test_filters_are_or_within_and_not_with_a_hyphen(client: FlaskClient) -> None:
    assert set(ids(client, "section=News&section=Opinion")) == {"1", "2", "4"}
    assert set(ids(client, "section=News&tag=-river")) == {"2"}
    assert set(ids(client, "author=_missing&lang=en&section=-Odd&section=_missing")) == {"6"}
    assert ids(client, "section=\\-Odd") == ["5"]
    assert ids(client, "section=\\\\Odder") == ["5"]


def test_both_ends_of_a_period_are_included(client: FlaskClient) -> None:
    assert ids(client, "from=2024-07-03&to=2024-07-20&sort=oldest") == ["1", "2"]
    assert ids(client, "from=2024-07&to=2024-07&sort=oldest") == ["1", "2", "3"]


def test_a_toggle_address_finds_what_its_count_says(client: FlaskClient) -> None:
    body = found(client, "q=flood&facets=section,year,lang")
    for facet in body["facets"]:  # type: ignore[attr-defined]
        for value in facet["values"]:
            clicked = json.loads(client.get(value["toggle_url"]).data)
            assert clicked["total"] == value["count"], value


def test_fields_leave_only_the_named_keys(client: FlaskClient) -> None:
    for hit in found(client, "q=flood&fields=id,title")["hits"]:  # type: ignore[attr-defined]
        assert hit.keys() == {"id", "title"}


def test_paging_goes_through_every_hit_once(client: FlaskClient) -> None:
    seen: list[str] = []
    address = f"{SEARCH}?per_page=5&facets=none"
    while address:
        body = json.loads(client.get(address).data)
        seen += [hit["id"] for hit in body["hits"]]
        address = body["links"]["next"]
    assert sorted(seen) == sorted(article.id for article in ARTICLES)


def test_a_cursor_goes_through_every_hit_once(client: FlaskClient) -> None:
    seen: list[str] = []
    address = f"{SEARCH}?q=flood&per_page=4&cursor=*"
    while address:
        body = json.loads(client.get(address).data)
        assert body["page"] is None
        seen += [hit["id"] for hit in body["hits"]]
        address = body["links"]["next"]
    assert len(seen) == len(set(seen)) == found(client, "q=flood")["total"]


def test_link_headers_name_the_neighbours_and_the_description(client: FlaskClient) -> None:
    links = client.get(f"{SEARCH}?per_page=5&page=2").headers.getlist("Link")
    relations = [link.split("rel=")[1].split(";")[0].strip('"') for link in links]
    assert relations[:4] == ["first", "prev", "next", "last"]
    assert relations.count("alternate") == 5
    assert '</openapi.json>; rel="service-desc"' in links[-1]
    assert f'<{SEARCH}?page=3&per_page=5>; rel="next"' in links[2]


def test_addresses_in_the_answer_are_renderings_of_the_same_search(client: FlaskClient) -> None:
    links = found(client, "q=flood&section=News")["links"]
    for name in ("self", "html", "atom", "feed", "csv"):
        assert client.get(links[name]).status_code == 200, name  # type: ignore[index]


def test_an_answer_that_is_still_right_is_not_sent_again(client: FlaskClient) -> None:
    first = client.get(f"{SEARCH}?q=flood&lang=en")
    tag = first.headers["ETag"]
    assert tag.startswith('W/"')
    assert "max-age=0" in first.headers["Cache-Control"]
    again = client.get(f"{SEARCH}?q=flood&lang=en", headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    assert client.get(f"{SEARCH}?q=river", headers={"If-None-Match": tag}).status_code == 200
    for others in ("&page=2", "&fields=id", "&tz=Europe/Berlin", "&explain=true"):
        assert client.get(f"{SEARCH}?q=flood&lang=en{others}").headers["ETag"] != tag


def test_an_answer_that_ran_out_of_time_is_not_kept() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    client = create_app(Settings(deadline_seconds=1e-9), engine).test_client()
    for path in (SEARCH, "/search.atom"):
        response = client.get(f"{path}?q=flood")
        assert response.status_code == 200
        assert "ETag" not in response.headers
        assert response.headers["Cache-Control"] == "no-store"


def test_a_commit_changes_the_tag(app: Flask, client: FlaskClient) -> None:
    engine = MemoryEngine("")
    client = create_app(Settings(), engine).test_client()
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
    tag = client.get(SEARCH).headers["ETag"]
    with engine.writer() as writer:
        writer.add(ARTICLES[1])
    app = create_app(Settings(), engine)
    assert app.test_client().get(SEARCH, headers={"If-None-Match": tag}).status_code == 200


def test_head_answers_like_get_without_a_body(client: FlaskClient) -> None:
    head, get = client.head(f"{SEARCH}?q=flood"), client.get(f"{SEARCH}?q=flood")
    assert head.data == b""
    assert (head.status_code, head.headers["ETag"], head.content_type) == (200, get.headers["ETag"], get.content_type)


def test_any_site_may_read_and_preflight_says_what_is_allowed(client: FlaskClient) -> None:
    response = client.get(SEARCH, headers={"Origin": "https://cms.example"})
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    preflight = client.options(
        "/api/v1/related",
        headers={"Origin": "https://cms.example", "Access-Control-Request-Method": "POST"},
    )
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert client.get(f"{SEARCH}?x=1", headers={"Origin": "https://a.example"}).headers["Access-Control-Allow-Origin"]
    assert "Access-Control-Allow-Origin" not in client.get("/livez").headers


def test_only_named_sites_may_read_where_they_are_named() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
    client = create_app(Settings(cors_origins=("https://cms.example",)), engine).test_client()
    named = client.get(SEARCH, headers={"Origin": "https://cms.example"})
    assert named.headers["Access-Control-Allow-Origin"] == "https://cms.example"
    assert "Origin" in named.headers["Vary"]
    other = client.get(SEARCH, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other.headers
    assert "Origin" in other.headers["Vary"]


@pytest.mark.parametrize("id", [article.id for article in ARTICLES])
def test_every_article_is_found_at_its_address(client: FlaskClient, id: str) -> None:
    response = client.get(f"/api/v1/articles/{quote_id(id)}")
    assert response.status_code == 200, response.text
    body = json.loads(response.data)
    assert body["id"] == id
    assert body["links"]["self"] == f"/api/v1/articles/{quote_id(id)}"
    assert client.get(body["links"]["related"]).status_code == 200
    assert client.get(body["links"]["html"]).status_code == 200


def test_an_article_is_given_whole_and_sanitised(client: FlaskClient) -> None:
    body = json.loads(client.get("/api/v1/articles/1").data)
    assert body["headings"] == [{"text": "What the river did", "level": 2, "offset": 43, "anchor": "river"}]
    assert body["text"][43:61] == "What the river did"
    assert (body["published"], body["modified"]) == ("2024-07-03T09:30:00+00:00", "2024-07-04T08:00:00+00:00")
    assert "<p>It rose.</p>" in body["html"]
    assert "script" not in body["html"]
    assert json.loads(client.get("/api/v1/articles/2").data)["published"] == "2024-07-20"


def test_an_encoded_slash_is_a_slash(client: FlaskClient) -> None:
    assert json.loads(client.get("/api/v1/articles/a%2Fb").data)["id"] == "a/b"


def test_an_unknown_article_is_not_found(client: FlaskClient) -> None:
    body = problem(client.get("/api/v1/articles/nope%3Cscript%3E"))
    assert body["type"] == "urn:backfile:problem:not-found"
    assert body["status"] == 404
    assert problem(client.get("/api/v1/articles/nope/related"))["status"] == 404


def test_related_says_why(client: FlaskClient) -> None:
    body = json.loads(client.get("/api/v1/articles/1/related?limit=3").data)
    assert body["hits"]
    assert all(row["why"] for row in body["hits"])
    assert "1" not in [row["hit"]["id"] for row in body["hits"]]


def test_a_draft_finds_related_articles(client: FlaskClient) -> None:
    draft = {"title": "The bridge", "text": "The flood closed the old bridge over the river in the morning."}
    response = client.post("/api/v1/related", json=draft)
    assert response.status_code == 200, response.text
    assert json.loads(response.data)["hits"][0]["hit"]["id"] == "1"
    assert response.headers["Cache-Control"] == "no-store"


def test_an_address_finds_related_articles(client: FlaskClient) -> None:
    response = client.post("/api/v1/related", json={"url": "https://www.news.example/2024/flood/?utm_source=x#top"})
    assert response.status_code == 200, response.text
    assert json.loads(response.data)["hits"][0]["hit"]["id"] == "4"
    unknown = client.post("/api/v1/related", json={"url": "https://elsewhere.example/"})
    assert problem(unknown)["status"] == 404


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b'{"text": "x"}', "text/plain", 415),
        (b'{"text": "x"}', "application/x-www-form-urlencoded", 415),
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"\xff\xfe{}", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 50_000, "application/json", 400),
        (b'{"text": ' + b"[" * 500 + b"]" * 500 + b"}", "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"text": 1}', "application/json", 400),
        (b'{"text": null}', "application/json", 400),
        (b'{"text": "\\ud800"}', "application/json", 400),
        (b'{"text": "x", "limit": "3"}', "application/json", 400),
        (b'{"text": "x", "limit": 1e3}', "application/json", 400),
        (b'{"text": "x", "limit": NaN}', "application/json", 400),
        (b'{"text": "x", "limit": 0}', "application/json", 400),
        (b'{"text": "x", "limit": ' + b"9" * 5_000 + b"}", "application/json", 400),
        (b'{"text": "x", "mode": "all"}', "application/json", 400),
        (b'{"text": "x", "colour": "red"}', "application/json", 400),
        (b'{"text": "' + b"x" * 1_100_000 + b'"}', "application/json", 413),
    ],
)
def test_a_draft_that_is_none_is_refused(client: FlaskClient, body: bytes, content_type: str, status: int) -> None:
    assert problem(client.post("/api/v1/related", data=body, content_type=content_type))["status"] == status


@pytest.mark.parametrize(
    ("body", "parameter", "detail"),
    [
        ({}, "text", "text: is missing; give a text, a title or the url of an article in the archive."),
        ({"text": ""}, "text", "text: is empty; give a text, a title or the url of an article in the archive."),
        ({"title": " ", "limit": 3}, "title", "title: is empty; give a text, a title or the url"),
        ({"id": "1"}, "id", "id: is not for drafts; ask /api/v1/articles/{id}/related for an article of the archive."),
        ({"id": 1, "text": "x"}, "id", "ask /api/v1/articles/{id}/related"),
        (
            {"colour": "red"},
            "colour",
            "colour: there is no such key; choose from mode, limit, half_life, text, title, url.",
        ),
        (
            {"text": "x", "Title": "y"},
            "Title",
            "there is no such key; choose from mode, limit, half_life, text, title, url.",
        ),
        ({"text": 1}, "text", "text: must be a string."),
        ({"url": None}, "url", "url: must be a string."),
        ({"title": ["x"]}, "title", "title: must be a string."),
        ({"text": "\ud800"}, "text", "text: holds characters that are no text in UTF-8."),
        ({"title": "x" * 1_001}, "title", "title: may have at most 1,000 characters."),
        ({"text": "x", "limit": "3"}, "limit", "limit: must be a whole number."),
        ({"text": "x", "limit": 2.5}, "limit", "limit: must be a whole number."),
        ({"text": "x", "limit": True}, "limit", "limit: must be a whole number."),
        ({"text": "x", "limit": 51}, "limit", "limit: must be from 1 to 50."),
        (
            {"text": "x", "mode": "all"},
            "mode",
            "there is no 'all'; choose from background, same-days, follow-ups, any.",
        ),
        ({"text": "x", "mode": 1}, "mode", "mode: choose from background, same-days, follow-ups, any."),
    ],
)
def test_what_is_wrong_with_a_draft_is_said_of_what_was_sent(
    client: FlaskClient, body: dict[str, object], parameter: str, detail: str
) -> None:
    refused = problem(client.post("/api/v1/related", data=json.dumps(body), content_type="application/json"))
    assert (refused["status"], refused["parameter"]) == (400, parameter)
    assert detail in str(refused["detail"])


def test_addresses_and_drafts_word_their_bounds_alike(client: FlaskClient) -> None:
    by_address = problem(client.get("/api/v1/articles/1/related?limit=51"))
    by_draft = problem(client.post("/api/v1/related", json={"text": "x", "limit": 51}))
    by_suggestion = problem(client.get("/api/v1/suggest?q=x&limit=51"))
    assert by_address["detail"] == by_draft["detail"] == by_suggestion["detail"]


def test_without_facets_there_is_no_timeline_either(client: FlaskClient) -> None:
    counts = found(client, "facets=none&per_page=0")
    assert (counts["facets"], counts["timeline"], counts["hits"]) == ([], None, [])
    assert counts["total"] == len(ARTICLES)
    assert found(client, "facets=tag")["timeline"] is not None


def test_an_excluded_value_with_a_backslash_comes_back_from_every_link(client: FlaskClient) -> None:
    """`-\\\\Odder` leaves out the section whose name is a backslash and Odder."""
    everything = set(ids(client, "per_page=100"))
    body = found(client, "per_page=100&section=-%5C%5COdder")
    assert everything - {hit["id"] for hit in body["hits"]} == {"5"}  # type: ignore[attr-defined]
    again = json.loads(client.get(body["links"]["self"]).data)  # type: ignore[index]
    assert [hit["id"] for hit in again["hits"]] == [hit["id"] for hit in body["hits"]]  # type: ignore[attr-defined]
    [chip] = body["query"]["applied"]  # type: ignore[index]
    assert (chip["value"], chip["negated"], chip["remove_url"]) == ("\\Odder", True, f"{SEARCH}?per_page=100")


def test_relative_dates_move_on_in_every_address_but_those_of_a_cursor(client: FlaskClient) -> None:
    body = found(client, "from=now-99y&per_page=2&facets=section,year")
    links = body["links"]
    assert all("from=now-99y" in links[name] for name in ("self", "first", "next", "last", "html", "atom", "csv"))  # type: ignore[index]
    assert "from=now-99y" in body["facets"][0]["values"][0]["toggle_url"]  # type: ignore[index]
    assert "from=now-99y" in body["hits"][0]["article_url"]  # type: ignore[index]
    [chip] = body["query"]["applied"]  # type: ignore[index]
    assert re.fullmatch(r"since \d+ \w+ \d{4}, \d\d:\d\d UTC", chip["value_label"])
    seen, address = [], f"{SEARCH}?from=now-99y&per_page=2&cursor=*"
    while address:
        page = json.loads(client.get(address).data)
        seen += [hit["id"] for hit in page["hits"]]
        address = page["links"]["next"]
        assert "now-99y" not in (address or "")
    assert len(seen) == len(set(seen)) == body["total"]


def test_relative_dates_are_part_of_what_a_tag_stands_for(client: FlaskClient) -> None:
    for path in (SEARCH, "/search", "/article/1"):
        absolute, relative = (client.get(f"{path}?q=flood&from={start}") for start in ("2001", "now-20y"))
        assert (absolute.status_code, relative.status_code) == (200, 200)
        assert absolute.headers["ETag"] != relative.headers["ETag"]
        assert client.get(f"{path}?q=flood&from=now-1d&to=now-2d").status_code == 400


def test_suggestions_leave_out_the_stop_words_of_the_archives_language() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        writer.add(Document("1", "Der Deich", "Der Deich an der Derwitz hielt der Flut stand.", language="de"))

    def words(language: str) -> set[str]:
        client = create_app(Settings(language=language), engine).test_client()
        return {row["text"] for row in client.get("/api/v1/suggest?q=der").json["completions"] if row["kind"] == "word"}

    assert words("de") == {"derwitz"}
    assert words("en") == {"der", "derwitz"}


def test_suggestions_come_for_programs_and_for_browsers(client: FlaskClient) -> None:
    body = json.loads(client.get("/api/v1/suggest?q=flo").data)
    assert body["q"] == "flo"
    assert body["completions"]
    assert {"text", "kind", "count", "url"} == body["completions"][0].keys()
    for row in body["completions"]:
        assert client.get(row["url"]).status_code == 200
    for address, headers in (
        ("/api/v1/suggest?q=flo&format=opensearch", {}),
        ("/api/v1/suggest?q=flo", {"Accept": "application/x-suggestions+json"}),
        ("/suggest?q=flo&format=opensearch", {}),
    ):
        response = client.get(address, headers=headers)
        assert response.content_type == "application/x-suggestions+json"
        word, texts, notes, urls = json.loads(response.data)
        assert word == "flo"
        assert len(texts) == len(notes) == len(urls) > 0
        assert urls[0].startswith("http://localhost/")
    assert json.loads(client.get("/api/v1/suggest").data)["q"] == ""


def test_browsers_are_told_the_number_of_articles_in_good_english(client: FlaskClient) -> None:
    notes = dict(zip(*json.loads(client.get("/suggest?q=essa&format=opensearch").data)[1:3], strict=True))
    assert notes["essay"] == "1 article"
    notes = dict(zip(*json.loads(client.get("/suggest?q=floo&format=opensearch").data)[1:3], strict=True))
    assert notes["flood"].endswith(" articles")


def test_sections_are_a_tree_that_links_to_searches(client: FlaskClient) -> None:
    nodes = {node["value"]: node for node in json.loads(client.get("/api/v1/sections").data)["sections"]}
    news = nodes["News"]
    assert (news["count"], [child["label"] for child in news["children"]]) == (2, ["Local"])
    assert json.loads(client.get(news["url"]).data)["total"] == 2
    assert json.loads(client.get(nodes["-Odd"]["url"]).data)["total"] == 1


def test_status_says_what_answers(client: FlaskClient) -> None:
    body = json.loads(client.get("/api/v1/status").data)
    assert (body["title"], body["engine"], body["index"]["articles"]) == ("The Test Gazette", "memory", len(ARTICLES))


def test_every_error_is_a_problem_that_names_the_cause(client: FlaskClient) -> None:
    unknown = problem(client.get(f"{SEARCH}?colour=red"))
    assert (unknown["type"], unknown["parameter"]) == ("urn:backfile:problem:parameter", "colour")
    assert "there is no such parameter; choose from q, in" in str(unknown["detail"])
    syntax = problem(client.get(f"{SEARCH}?q=flood+date:yesterday"))
    assert (syntax["type"], syntax["parameter"]) == ("urn:backfile:problem:query-syntax", "q")
    assert syntax["position"] in range(6, 12)


@pytest.mark.parametrize("path", ["/api/", "/api/v1", "/api/v2/search", "/api/v1/articles/", "/api/v1/search/"])
def test_other_addresses_under_api_are_not_found_as_problems(client: FlaskClient, path: str) -> None:
    assert problem(client.get(path))["status"] == 404
    assert problem(client.post(path))["status"] == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_other_methods_are_refused_as_problems(client: FlaskClient, method: str) -> None:
    response = client.open(SEARCH, method=method)
    assert problem(response)["status"] == 405
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize(
    "query_string",
    [
        "q=" + "a" * 60_000,
        "q=" + "%28" * 3_000,
        "q=%00",
        "q=%ff%fe",
        "q=" + quote("\ud800".encode("utf-8", "surrogatepass")),
        "cursor=AAAA",
        "cursor=" + "A" * 19_000,
        "from=0000",
        "from=99999",
        "to=now-999999y",
        "page=100000&per_page=100",
        "&".join(["tag=x"] * 150),
    ],
)
def test_hostile_parameters_get_an_error_that_is_short(client: FlaskClient, query_string: str) -> None:
    response = client.get(f"{SEARCH}?{query_string}")
    problem(response)
    assert response.status_code == 400
    assert len(response.data) < 2_000


@pytest.mark.parametrize(
    "q",
    [
        "", " ", '"', "((((", "))))", "AND OR NOT", "-", "*", "the of and", "<script>alert(1)</script>", "a" * 4096,
        "x* " * 100, "a~2 b~2 c~2", "“curly” ‘quotes’", "'; DROP TABLE articles; --", "\u202e\u200b\ufeff",
        "flood\n\tbridge",
        "title:flood^1e308", "date:2024..2020", "\U0001f600", "日本語 " * 200, "(" * 30 + "a" + ")" * 30,
        'flood"~99999999',
    ],
)  # fmt: skip
def test_hostile_queries_are_answered_or_refused_but_never_break(client: FlaskClient, q: str) -> None:
    response = client.get(SEARCH, query_string={"q": q})
    if response.status_code == 400:
        problem(response)
    else:
        assert response.status_code == 200, response.text
        assert json.loads(response.data)["query"]["text"] == q


def test_markup_in_answers_is_escaped(client: FlaskClient) -> None:
    hit = found(client, "q=cold")["hits"][0]  # type: ignore[index]
    assert "<b>" not in hit["title_html"]
    assert "&lt;b&gt;" in hit["title_html"]
    assert "<mark>cold</mark>" in hit["title_html"]


def test_a_long_address_is_refused_without_being_read(client: FlaskClient) -> None:
    assert problem(client.get(f"{SEARCH}?q=" + "a" * 70_000))["status"] == 414


def test_an_unexpected_failure_shows_a_number_and_nothing_else(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    secret = "the password is swordfish"

    @app.get("/api/v1/broken")
    def broken() -> str:
        raise ZeroDivisionError(secret)

    response = app.test_client().get("/api/v1/broken")
    body = problem(response)
    assert body["status"] == 500
    assert secret.encode() not in response.data
    assert str(body["incident"]) in caplog.text
    assert secret in caplog.text


def test_a_missing_index_is_said_until_it_is_there() -> None:
    engine = MemoryEngine("")
    client = create_app(Settings(), engine).test_client()
    for path in (SEARCH, "/readyz", "/api/v1/status", "/search.atom"):
        response = client.get(path)
        assert problem(response)["type"] == "urn:backfile:problem:index-unavailable"
        assert response.status_code == 503
        assert response.headers["Retry-After"]
    page = client.get("/")
    assert page.status_code == 503
    assert page.content_type.startswith("text/html")
    assert client.get("/livez").status_code == 200
    with engine.writer() as writer:
        writer.add(ARTICLES[0])
    assert client.get(SEARCH).status_code == client.get("/readyz").status_code == 200


def test_every_answer_carries_the_security_headers(client: FlaskClient) -> None:
    for path in (
        "/",
        "/search?q=flood",
        "/article/1",
        SEARCH,
        "/nope",
        "/api/nope",
        "/robots.txt",
        "/static/favicon.svg",
    ):
        with client.get(path) as response:
            headers = response.headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"]
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_a_mounted_site_links_below_its_path() -> None:
    engine = MemoryEngine("")
    with engine.writer() as writer:
        for article in ARTICLES:
            writer.add(article)
    client = create_app(Settings(public_url="https://news.example/archive"), engine).test_client()
    for path in (f"{SEARCH}?q=flood", f"/archive{SEARCH}?q=flood"):
        body = json.loads(client.get(path).data)
        assert body["links"]["self"] == "/archive/api/v1/search?q=flood"
        assert body["hits"][0]["article_url"].startswith("/archive/article/")
    assert b"https://news.example/archive/search?q={searchTerms}" in client.get("/opensearch.xml").data
