"""Judging hits at the desk: over HTTP, safe from other sites, and without a word of how the articles are ranked."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import quote_plus

import pytest
from archives import fill, over
from conftest import ARTICLES
from desks import FOREIGN, OWN, client_of, fill_asked
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from search.archive import Archive
from search.document import Document
from search.engines import open_engine
from search.errors import NotFound, ParameterError, QuerySyntaxError, Removed
from search.judging import judge, judged_queries, mixed, normalised
from search.ledger import judgements
from search.ledger.removals import Tombstone
from search.request.desk_parameters import MAX_JUDGED
from search.request.planning import Planner
from search.request.request import SearchRequest
from webui.site import site_of

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)
PATH = "/api/v1/desk/judgements"
ODD_IDS = tuple(article.id for article in ARTICLES if "identifiers" in article.body)


@pytest.fixture
def desk() -> FlaskClient:
    """A client of a site with a desk."""
    return client_of(desk=True)


def archive_of(client: FlaskClient) -> Archive:
    return site_of(client.application).archive


def press(client: FlaskClient, button: str, query: str = "q=flood", **headers: str) -> TestResponse:
    return client.post(f"/desk/judge?{query}", data={"judge": button}, headers=headers or OWN)


def buttons(response: TestResponse) -> list[str]:
    return [unescape(value) for value in re.findall(r'name="judge" value="([^"]+)"', response.text)]


def shown(response: TestResponse) -> list[str]:
    """The articles on the page, in order."""
    return [button.split(" ", 2)[2] for button in buttons(response) if button.startswith("good ")]


# --- queries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Flood \t Bridge ", "flood bridge"),
        ("FLOOD BRIDGE", "flood bridge"),
        ('A \\OR "Old', 'a \\or "old'),
        ('THE US "Old Bridge"', 'the us "old bridge"'),
        ("the US and The Flood", "the US and the flood"),
        ("Flood OR (Bridge AND NOT river)", "flood OR (bridge AND NOT river)"),
        ("“Old Bridge” «x»", '"old bridge" "x"'),
        ("section:News title:Flood Bridge", "section:News title:Flood bridge"),
        ("Cafe\u0301", "café"),
        ("İstanbul", "i̇stanbul"),
        ("Straße", "straße"),
        ("\\And b", "\\and b"),
    ],
)
def test_a_query_is_one_however_it_is_typed(typed: str, kept: str) -> None:
    assert normalised(typed) == normalised(normalised(typed)) == kept


WORDS = st.sampled_from(
    ["Flood", "BRIDGE", "river", "IT", "is", "The", "A",
     "OR", "AND", "NOT", "-Bridge", "(Flood", "river)", '"old', 'bridge"', "“Old", "Bridge”",
     "title:Flood", 'section:"News', '> Local"', "Mél*", "flod~", "=Bridge", "Rivers^2", "date:2024", "é", "\\OR"]
)  # fmt: skip
ENGINE = fill(open_engine("memory:"), *ARTICLES)


@given(st.lists(WORDS, min_size=1, max_size=7).map(" ".join))
def test_a_query_finds_the_same_as_it_is_kept(typed: str) -> None:
    try:
        kept = normalised(typed)
    except (QuerySyntaxError, ParameterError):
        return
    with ENGINE.searcher() as searcher:
        planner = Planner(searcher)
        found = []
        for text in (typed, kept):
            request = SearchRequest(text)
            found.append(searcher.search(planner.plan(planner.resolve(request), request, limit=50)).hits)
    assert [(hit.id, hit.score) for hit in found[0]] == [(hit.id, hit.score) for hit in found[1]]
    assert normalised(kept) == kept


@pytest.mark.parametrize("query", ["", " \t ", "\0", "a" * (MAX_JUDGED + 1)])
def test_what_is_no_query_cannot_be_judged(query: str) -> None:
    with pytest.raises(ParameterError):
        normalised(query)


def test_a_query_that_nobody_can_ask_cannot_be_judged() -> None:
    with pytest.raises(QuerySyntaxError):
        normalised("(" * 60)


@given(st.lists(st.text(max_size=4), unique=True, max_size=20), st.text(max_size=4))
def test_the_mixed_order_has_all_and_is_the_same_however_they_were_ranked(ids: list[str], query: str) -> None:
    assert sorted(mixed(query, ids)) == sorted(ids)
    assert mixed(query, ids) == mixed(query, reversed(ids))


def test_the_mixed_order_puts_no_rank_first() -> None:
    ids = [str(number) for number in range(10)]
    places = [mixed(f"query {number}", ids).index("0") for number in range(400)]
    assert {places.count(place) > 15 for place in range(10)} == {True}, "the first hit is anywhere as often"


# --- whether it is there -------------------------------------------------------------------------------------------


def test_without_the_setting_nothing_is_judged_and_no_page_says_a_word_of_it(client: FlaskClient) -> None:
    for path in ("/desk/judge?q=flood", "/desk/judgements", PATH):
        assert client.get(path).status_code == 404
    assert "/desk/judge" not in client.get("/search?q=flood").text
    assert PATH not in client.get("/openapi.json").get_json()["paths"]


def test_with_a_desk_the_results_lead_to_the_page_with_their_conditions(desk: FlaskClient) -> None:
    text = desk.get("/search?q=Flood&section=News&page=2").text
    (address,) = re.findall(r'href="(/desk/judge[^"]*)"', text)
    assert unescape(address) == "/desk/judge?q=Flood&section=News"
    assert "/desk/judge" not in desk.get("/search").text, "there is no query to judge"
    assert "/desk/judge" in desk.get("/desk").text
    page = desk.get(unescape(address))
    assert shown(page) == mixed("flood", ["1", "2"])
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"


def test_what_readers_ask_most_leads_to_the_page(desk: FlaskClient) -> None:
    fill_asked(archive_of(desk).ledger)
    links = [unescape(each) for each in re.findall(r'href="(/desk/judge[^"]*)"', desk.get("/desk/queries").text)]
    assert links[0] == "/desk/judge?q=flood"
    assert "/desk/judge?q=%3Cb%3Eodd%3C/b%3E" in links
    assert {desk.get(link).status_code for link in links} == {200}


# --- the page ------------------------------------------------------------------------------------------------------


def test_a_hit_is_judged_and_unjudged_and_the_page_comes_back_to_it(desk: FlaskClient) -> None:
    for word, counts in (("good", "good: 1. Judged bad: 0"), ("bad", "good: 0. Judged bad: 1"), ("undo", "good: 0.")):
        button = f"{word} hit-2 1"
        moved = press(desk, button, "q=Flood&section=News")
        assert (moved.status_code, moved.headers["Location"]) == (303, "/desk/judge?q=flood&section=News#hit-2")
        assert counts in desk.get(moved.headers["Location"]).text
    assert archive_of(desk).ledger.judgements.listed() == []


def test_judgements_are_for_the_words_whatever_the_conditions_and_the_order(desk: FlaskClient) -> None:
    press(desk, "good hit-1 1", "q=FLOOD&section=News&order=ranked")
    press(desk, "bad hit-1 4", "q=flood&from=2020")
    assert archive_of(desk).ledger.judgements.of("flood") == {"1": "good", "4": "bad"}
    page = desk.get("/desk/judge?q=flood&section=Opinion")
    assert shown(page) == ["4"]
    assert "undo others 1" in buttons(page), "what is judged and not among these hits is listed below them"


def test_articles_stand_in_no_order_and_with_those_of_other_rankings() -> None:
    desk = client_of(desk=True)
    archive = archive_of(desk)
    fill(
        archive.engine,
        *(Document(f"both{n}", "Note", f"A ferry harbour, ferry harbour {n}.", language="en") for n in range(12)),
        Document("title", "Ferry", "Nothing else of that kind stands here.", language="en"),
    )
    archive.close()
    page = desk.get("/desk/judge?q=ferry+harbour")
    ids = shown(page)
    first = [hit.id for hit in archive.search(SearchRequest("ferry harbour")).hits]
    assert len(first) == 10
    assert "title" not in first, "readers do not see it"
    assert {*first, "title"} <= set(ids), "another ranking does"
    assert ids == mixed("ferry harbour", ids) != first
    assert "score" not in page.text
    ranked = desk.get("/desk/judge?q=ferry+harbour&order=ranked")
    assert shown(ranked) == first
    assert 'rel="next"' in ranked.text
    second = desk.get("/desk/judge?q=ferry+harbour&order=ranked&page=2")
    assert len(shown(second)) == 2
    assert 'rel="prev"' in second.text
    back = press(desk, f"good hit-1 {shown(second)[0]}", "q=ferry+harbour&order=ranked&page=2")
    assert back.headers["Location"] == "/desk/judge?q=ferry+harbour&page=2&order=ranked#hit-1"


@pytest.mark.parametrize(
    "path", ["", "?order=ranked&section=News&year=2024", "?q=flood&op=or&in=title&order=ranked&page=1"]
)
def test_the_form_of_the_page_asks_for_another_query_with_the_same_conditions(desk: FlaskClient, path: str) -> None:
    text = desk.get(f"/desk/judge{path}").text
    (form,) = re.findall(r'<form action="/desk/judge" method="get".*?</form>', text, re.DOTALL)
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    asked = dict(pair.split("=") for pair in path[1:].split("&") if pair)
    assert hidden == {name: value for name, value in asked.items() if name not in ("q", "page")}
    assert desk.get("/desk/judge", query_string={**hidden, "q": "bridge"}).status_code == 200


def test_further_articles_can_be_named_to_be_judged(desk: FlaskClient) -> None:
    page = desk.get("/desk/judge?q=flood&section=News&article=3&article=nothing")
    assert sorted(shown(page)) == ["1", "2", "3"]
    moved = press(desk, "bad hit-1 3", "q=flood&section=News&article=3")
    assert moved.headers["Location"] == "/desk/judge?q=flood&section=News&article=3#hit-1"


@pytest.mark.parametrize("id", ODD_IDS)
def test_articles_with_odd_ids_are_judged_by_the_buttons_of_the_page(desk: FlaskClient, id: str) -> None:
    page = desk.get(f"/desk/judge?q=odd+identifiers&article={quote_plus(id)}")
    by_title = {article.id: article.title for article in ARTICLES}
    label = f"Good: “{by_title[id]}”"
    (value,) = re.findall(rf'value="([^"]+)" aria-label="{re.escape(label)}"', page.text)
    moved = press(desk, unescape(value), "q=odd+identifiers")
    assert moved.status_code == 303
    assert archive_of(desk).ledger.judgements.of("odd identifiers") == {id: "good"}


def test_what_left_the_archive_is_listed_by_its_id_and_does_not_count(desk: FlaskClient) -> None:
    for article in ("1", "2", "4"):
        press(desk, f"good hit-1 {article}")
    archive = archive_of(desk)
    archive.ledger.removed.add([Tombstone("1")], "court order", archive.ledger.judgements.listed()[0].at)
    with archive.engine.writer() as writer:
        writer.delete("2")
    archive.close()
    page = desk.get("/desk/judge?q=flood")
    assert "Judged good: 1." in page.text
    assert "2 judged articles are no longer in the archive" in page.text
    assert "<bdi>1</bdi> (not in the archive)" in page.text
    assert "Flood closes the old bridge" not in page.text, "nothing is said of what was taken down but its id"
    (row,) = judged_queries(archive)
    assert (row.good, row.bad, row.gone) == (1, 0, 2)
    listed = desk.get(f"{PATH}?q=flood").get_json()
    assert listed["counts"] == {"good": 1, "bad": 0, "gone": 2}
    assert [(each["article"], each["title"]) for each in listed["judgements"]] == [
        ("1", None), ("2", None), ("4", "On rivers"),
    ]  # fmt: skip
    assert press(desk, "undo others 1").status_code == 303
    assert list(archive.ledger.judgements.of("flood")) == ["2", "4"]


def test_the_list_of_judged_queries_leads_to_each_and_forgets_it(desk: FlaskClient) -> None:
    assert "Nothing is judged yet" in desk.get("/desk/judgements").text
    press(desk, "good hit-1 1", "q=old+bridge")
    press(desk, "bad hit-1 2", "q=%3Cb%3Eflood")
    page = desk.get("/desk/judgements")
    assert "&lt;b&gt;flood" in page.text
    assert "<b>flood" not in page.text
    links = [unescape(each) for each in re.findall(r'href="(/desk/judge\?[^"]+)"', page.text)]
    assert links == ["/desk/judge?q=%3Cb%3Eflood", "/desk/judge?q=old+bridge"]
    (forget, _) = re.findall(r'name="forget" value="([^"]+)"', page.text)
    moved = desk.post("/desk/judgements", data={"forget": unescape(forget)}, headers=OWN)
    assert moved.headers["Location"] == "/desk/judgements?page=1#judged-title"
    assert archive_of(desk).ledger.judgements.queries() == ["old bridge"]
    assert "no such page" in desk.get("/desk/judgements?page=9").text


# --- what is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_no_other_site_can_make_a_browser_judge(desk: FlaskClient, headers: dict[str, str]) -> None:
    archive_of(desk).ledger.judgements.add([judgements.Judgement("kept", "1", "good", NOON)])
    for path, data in (("/desk/judge?q=flood", {"judge": "good hit-1 1"}), ("/desk/judgements", {"forget": "kept"})):
        assert desk.post(path, data=data, headers=headers).status_code == 403
    if headers:
        body = {"q": "flood", "article": "1", "grade": "good"}
        assert desk.post(PATH, json=body, headers=headers).status_code == 403
        assert desk.get(PATH, headers=headers).status_code == 403
    assert archive_of(desk).ledger.judgements.queries() == ["kept"]


@pytest.mark.parametrize(
    ("button", "status"),
    [
        ("", 400), ("good", 400), ("good hit-1", 400), ("good hit-1 ", 400), ("fine hit-1 1", 400), ("good x 1", 400),
        ("good hit-1#evil 1", 400), ("good hit-1\r\nX: y 1", 400), ("good hit-1 nothing-of-that-name", 404),
        ("good hit-1 " + "x" * 9_000, 404),
    ],
)  # fmt: skip
def test_what_is_no_judgement_is_refused_and_changes_nothing(desk: FlaskClient, button: str, status: int) -> None:
    assert press(desk, button).status_code == status
    assert archive_of(desk).ledger.judgements.sizes() == (0, 0)


@pytest.mark.parametrize(
    "query", ["q=" + "a" * 1_001, "q=" + "a+" * 30_000, "q=" + "(" * 60, "q=flood&colour=red", "q=flood&order=best",
              "q=flood&page=0", "q=%00", "q=flood&" + "&".join(f"article={n}" for n in range(60)), "q=%ff"]
)  # fmt: skip
def test_a_hostile_query_is_an_error_that_says_what_to_do(desk: FlaskClient, query: str) -> None:
    for answer in (desk.get(f"/desk/judge?{query}"), press(desk, "good hit-1 1", query)):
        assert answer.status_code in (400, 414), answer.status
        assert answer.content_type.startswith("text/html")
    assert desk.get("/desk/judge?q=flood").status_code == 200


def test_too_many_judgements_are_refused_with_what_to_do(desk: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgements, "MAX_OF_ONE_QUERY", 1)
    assert press(desk, "good hit-1 1").status_code == 303
    refused = press(desk, "good hit-1 2")
    assert refused.status_code == 400
    assert "remove some first" in refused.text


def test_an_article_that_was_taken_down_cannot_be_judged_and_one_that_moved_is_known() -> None:
    archive = over(fill(open_engine("memory:"), *ARTICLES))
    archive.ledger.removed.add([Tombstone("2")], "court order", NOON)
    with pytest.raises(Removed):
        judge(archive, "flood", "2", "good")
    with pytest.raises(NotFound):
        judge(archive, "flood", "nothing", "good")
    archive.ledger.move("earlier", "1", NOON)
    assert judge(archive, "Flood", "earlier", "good").id == "1"
    assert judge(archive, "flood", "https://www.news.example/2024/flood/", "bad").id == "1"
    assert archive.ledger.judgements.of("flood") == {"1": "bad"}


# --- the endpoint --------------------------------------------------------------------------------------------------


def schema(description: dict[str, Any], method: str, status: str = "200") -> Draft202012Validator:
    content = description["paths"][PATH][method]["responses"][status]["content"]
    (media,) = content.values()
    return Draft202012Validator({**media["schema"], "components": description["components"]})


def test_programs_list_and_change_judgements_as_described(desk: FlaskClient) -> None:
    description = json.loads(desk.get("/openapi.json").data)
    OpenAPIV31SpecValidator(description).validate()
    body = description["paths"][PATH]["post"]["requestBody"]["content"]["application/json"]["schema"]
    for query, article, grade in (
        ("Flood", "2", "good"), ("FLOOD ", "https://news.example/2024/bridge", "bad"), ("flood", "6", "good"),
        ("bridge", "1", "good"), ("flood", "6", "none"), ("flood", "6", "none"),
    ):  # fmt: skip
        sent = {"q": query, "article": article, "grade": grade}
        Draft202012Validator({**body, "components": description["components"]}).validate(sent)
        answer = desk.post(PATH, json=sent)
        assert answer.status_code == 200
        schema(description, "post").validate(answer.get_json())
    listed = desk.get(f"{PATH}?q=FLOOD").get_json()
    schema(description, "get").validate(listed)
    assert [(row["query"], row["article"], row["grade"]) for row in listed["judgements"]] == [("flood", "2", "bad")]
    assert listed["judgements"][0]["article_url"] == "/article/2"
    everything = desk.get(f"{PATH}?per_page=1").get_json()
    schema(description, "get").validate(everything)
    assert everything["counts"] is None
    assert everything["links"] == {"self": f"{PATH}?per_page=1", "next": f"{PATH}?page=2&per_page=1"}
    last = desk.get(everything["links"]["next"]).get_json()
    assert ([row["query"] for row in last["judgements"]], last["links"]["next"]) == (["bridge"], None)
    schema(description, "get", "403").validate(desk.get(PATH, headers={"Sec-Fetch-Site": "cross-site"}).get_json())


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"q": ""}, 400), ({"q": "  "}, 400), ({"q": None}, 400), ({"q": "a" * 2_000}, 400), ({"q": "(" * 60}, 400),
        ({"grade": "fine"}, 400), ({"grade": 1}, 400), ({"x": 1}, 400), ({"article": "nothing"}, 404),
        ({"article": "nothing", "grade": "none"}, 404), ({"article": "x" * 5_000}, 400),
    ],
)  # fmt: skip
def test_an_unfit_judgement_is_refused(desk: FlaskClient, changed: dict[str, object], status: int) -> None:
    body: dict[str, object] = {"q": "flood", "article": "1", "grade": "good"} | changed
    assert desk.post(PATH, json=body).status_code == status
    assert desk.post(PATH, data="{}", content_type="text/plain").status_code == 415
    assert archive_of(desk).ledger.judgements.sizes() == (0, 0)
