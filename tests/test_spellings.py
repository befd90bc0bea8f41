"""Names across spellings: what a query finds besides what was typed, in which order, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import NOW, fill
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from search.archive import Archive
from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine
from search.query import parse, to_text
from search.query.names import exactly, other_spellings
from search.query.spellings import MAX_OF_ALL
from search.query.variants import Spelling, variants_of
from search.request.reading import parse_search
from search.request.request import FacetRequest, SearchRequest
from search.results.response import SearchResponse
from search.settings import Settings
from webui import create_app

FILE = """
both_ways = [
  ["Karabakh", "Qarabagh", "Карабах"],
  ["Nagorno Karabakh", "Dağlıq Qarabağ"],
  ["Kyiv", "Kiev"],
  ["北京大学", "Peking University"],
]
[one_way]
"Bombay" = ["Mumbai"]
[languages.de]
both_ways = [["Beijing", "Peking"]]
"""
ARTICLES = (
    Document("karabakh", "War in Karabakh", body="Shusha fell.", sections=("War",)),
    Document("qarabagh", "War in Qarabagh", body="Shusha fell.", sections=("War",)),
    Document("russian", "Война за Карабах", body="Шуша.", language="ru", sections=("Война",)),
    Document("daglig", "Dağlıq Qarabağ", body="müharibə", language="az"),
    Document("nagorno", "Nagorno district and Karabakh", body="war"),
    Document("kiev", "Kiev in winter", body="snow"),
    Document("kyiv", "Kyiv in winter", body="snow"),
    Document("mumbai", "Mumbai harbour", body="ships"),
    Document("bombay", "Bombay harbour", body="ships"),
    Document("peking-en", "Peking duck", body="food", language="en"),
    Document("peking-de", "Peking im Winter", body="Schnee", language="de"),
    Document("beijing", "Beijing winter", body="snow", language="en"),
    Document("uni", "Peking University opens", body="students"),
    Document("uni-zh", "北京大学", body="学生", language="zh"),
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "variants.toml"
    file.write_text(FILE, encoding="utf-8")
    return str(file)


@pytest.fixture(params=["memory:", "disk"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    url = request.param if request.param == "memory:" else f"whoosh:{tmp_path / 'archive'}"
    opened = fill(open_engine(url), *ARTICLES)
    yield opened
    opened.close()


@pytest.fixture
def archive(engine: Engine, path: str) -> Archive:
    return Archive(engine, Settings(variants=path), clock=lambda: NOW)


@pytest.fixture
def site(engine: Engine, path: str) -> FlaskClient:
    return create_app(Settings(variants=path), engine).test_client()


def asked(archive: Archive, q: str, **rest: object) -> SearchResponse:
    return archive.search(SearchRequest(q=q, operator="and", per_page=50, **rest))  # type: ignore[arg-type]


def found(archive: Archive, q: str) -> set[str]:
    return {hit.id for hit in asked(archive, q).hits}


@pytest.mark.parametrize(
    ("q", "ids"),
    [
        ("karabakh", "karabakh qarabagh russian nagorno"),
        ("Qarabagh war", "karabakh qarabagh nagorno"),
        ('"war in karabakh"', "karabakh qarabagh"),
        ('"karabakh war"~2', "karabakh qarabagh"),
        ("nagorno karabakh", "daglig nagorno"),
        ('"nagorno karabakh"', "daglig"),
        ("nagorno-karabakh", "daglig"),
        ("dağlıq qarabağ", "daglig"),
        ('="karabakh"', "karabakh nagorno"),
        ('="kiev"', "kiev"),
        ("kiev -kyiv", "kiev"),
        ("winter -kyiv", "kiev peking-de beijing"),
        ("title:kiev", "kiev kyiv"),
        ("body:kiev", ""),
        ("kie*", "kiev"),
        ("bombay", "bombay mumbai"),
        ("mumbai", "mumbai"),
        ("beijing", "beijing peking-de"),
        ("北京大学", "uni-zh uni"),
        ("peking university", "uni uni-zh"),
        ("kiev OR bombay", "kiev kyiv bombay mumbai"),
        ("(kiev winter) harbour", ""),
    ],
)
def test_a_name_finds_its_other_spellings_and_an_exact_one_only_itself(archive: Archive, q: str, ids: str) -> None:
    assert found(archive, q) == set(ids.split())


def test_without_a_file_only_what_was_typed_is_found(engine: Engine) -> None:
    assert found(Archive(engine), "kiev") == {"kiev"}


def test_a_list_that_is_filled_up_counts_another_spelling_as_the_words(archive: Archive) -> None:
    filled = archive.search(SearchRequest(q="nagorno karabakh winter snow", per_page=50))
    assert {"kiev", "daglig", "nagorno"} <= {hit.id for hit in filled.hits}
    unspaced = archive.search(SearchRequest(q="北京大学", per_page=50))
    assert [hit.id for hit in unspaced.hits][:2] == ["uni-zh", "uni"]


def test_what_was_typed_comes_first_and_both_ways(archive: Archive) -> None:
    assert [hit.id for hit in asked(archive, "kiev").hits] == ["kiev", "kyiv"]
    assert [hit.id for hit in asked(archive, "kyiv").hits] == ["kyiv", "kiev"]


@given(st.integers(0, 12), st.integers(0, 12), st.booleans())
@hypothesis_settings(max_examples=25)
def test_of_two_articles_alike_the_typed_spelling_is_never_second_however_rare_the_other(
    typed: int, other: int, phrase: bool
) -> None:
    names = ("old kiev", "new kyiv town") if phrase else ("kiev", "kyiv")
    others = [Document(f"t{n}", f"x {names[0]} y z", body="a b c") for n in range(typed)]
    others += [Document(f"o{n}", "x z", body=f"more of {names[1]} here and there") for n in range(other)]
    pair = [Document("typed", "word", body=f"a {names[0]} b c"), Document("other", "word", body=f"a {names[1]} b c")]
    variants = variants_of([(names[0], Spelling(names[1]))], "v")
    engine = fill(open_engine("memory:"), *others, *pair)
    with Archive(engine, clock=lambda: NOW).pinned() as pinned:
        pinned._planner.variants = variants
        hits = [hit.id for hit in pinned.search(SearchRequest(q=f'"{names[0]}"', per_page=50)).hits]
    assert hits.index("typed") < hits.index("other")


def test_the_answer_says_what_was_searched_too_and_links_to_the_search_as_typed(archive: Archive) -> None:
    response = asked(archive, 'kiev "war in karabakh" winter')
    assert response.query.expanded == ("Kyiv", "war in Qarabagh", "war in Карабах")
    assert response.query.exact_url is not None
    request = parse_search(response.query.exact_url.partition("?")[2].encode(), kind="html", time_zone="UTC")
    assert request.q == '="kiev" ="war in karabakh" winter'
    assert asked(archive, request.q).query.exact_url is None
    assert asked(archive, "winter snow").query.exact_url is None


def test_marks_facets_and_counts_agree_with_what_is_found(archive: Archive) -> None:
    response = asked(archive, "karabakh", facets=(FacetRequest("section", 10),))
    assert response.total == len(response.hits) == 4
    assert {value.value: value.count for value in response.facets[0].values} == {"War": 2, "Война": 1}
    for hit in response.hits:
        assert "<mark>" in (hit.title_html or "")


def test_an_explanation_says_which_word_is_another_spelling_of_which(archive: Archive) -> None:
    hits = {hit.id: hit.explanation for hit in asked(archive, "kiev", explain=True).hits}
    assert hits["kyiv"] is not None
    assert hits["kiev"] is not None
    assert hits["kyiv"].summary.startswith("“kyiv”, another spelling of “kiev”, is uncommon")
    assert ", has the weight 0.9 " in hits["kyiv"].summary
    assert hits["kyiv"].leaves[0].spelling_of == "kiev"
    assert "another spelling" not in hits["kiev"].summary
    assert hits["kiev"].leaves[0].spelling_of is None


def test_a_word_with_other_spellings_is_not_corrected(engine: Engine, path: str) -> None:
    fill(engine, *(Document(f"kier{n}", "kier and kier") for n in range(60)))
    without = Archive(engine).search(SearchRequest(q="kiev"))
    assert [correction.text for correction in without.suggestions.did_you_mean] == ["kier"]
    covered = Archive(engine, Settings(variants=path)).search(SearchRequest(q="kiev"))
    assert covered.suggestions.did_you_mean == ()


def test_a_query_of_many_names_is_bounded_and_says_so(engine: Engine, tmp_path: Path) -> None:
    names = [[f"n{entry}x{n}" for n in range(20)] for entry in range(30)]
    (tmp_path / "many.toml").write_text(f"both_ways = {names}")
    archive = Archive(engine, Settings(variants=str(tmp_path / "many.toml")))
    response = archive.search(SearchRequest(q=" OR ".join(entry[0] for entry in names)))
    assert len(response.query.expanded) == MAX_OF_ALL
    assert "the names in the query have many spellings; only 64 others are searched for" in response.warnings


def test_a_phrase_of_many_names_has_a_bounded_number_of_spellings() -> None:
    variants = variants_of([("a", Spelling("b")), ("a", Spelling("c"))], "v")
    query = parse('"' + "a " * 40 + '"').query
    [spellings] = other_spellings(query, variants).values()
    assert len(spellings) == 20
    assert len(set(spellings)) == 20


@given(
    st.lists(
        st.sampled_from(("kiev", "-kiev", '"old kiev"', "kie*", "(a OR kiev)", "tag:kiev", "x^2", "東京都")), max_size=5
    )
)
def test_an_exact_query_has_no_other_spellings_and_can_be_read_back(parts: list[str]) -> None:
    variants = variants_of([("kiev", Spelling("kyiv"))], "v")
    tree = parse(" ".join(parts), "and").query
    exact = exactly(tree, other_spellings(tree, variants))
    assert not other_spellings(exact, variants)
    assert parse(to_text(exact), "and").query == exact


def test_the_page_says_so_with_a_link_and_so_does_the_endpoint(site: FlaskClient) -> None:
    page = site.get("/search?q=kiev").get_data(as_text=True)
    assert 'Also searched for: <span dir="auto">Kyiv</span> <a href="/search?q=%3D%22kiev%22"' in page
    answer = site.get("/api/v1/search?q=kiev").get_json()
    assert answer["query"]["expanded"] == ["Kyiv"]
    assert answer["query"]["exact_url"] == "/api/v1/search?q=%3D%22kiev%22"
    exact = site.get(answer["query"]["exact_url"]).get_json()
    assert (exact["total"], exact["query"]["expanded"], exact["query"]["exact_url"]) == (1, [], None)


def test_an_article_has_its_other_spelling_marked_and_its_neighbours(site: FlaskClient) -> None:
    page = site.get("/article/kyiv?q=kiev&position=1").get_data(as_text=True)
    assert "<mark" in page.partition("<h1")[2].partition("</h1>")[0]
    assert "/article/kiev?" in page


def test_a_changed_file_shows_in_answers_that_were_given_before(engine: Engine, path: str) -> None:
    app = create_app(Settings(variants=path), engine)
    app.extensions["backfile"].archive._variants._check_seconds = 0.0
    site = app.test_client()
    first = site.get("/search?q=harbour+bombay")
    assert site.get("/search?q=harbour+bombay", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    Path(path + ".new").write_text('both_ways = [["Bombay", "Byculla"]]', encoding="utf-8")
    Path(path + ".new").replace(path)
    second = site.get("/search?q=harbour+bombay", headers={"If-None-Match": first.headers["ETag"]})
    assert second.status_code == 200
    assert "Byculla" in second.get_data(as_text=True)


def test_cursors_end_with_the_spellings_they_were_made_for(engine: Engine, path: str) -> None:
    with Archive(engine, Settings(variants=path)).pinned() as pinned, Archive(engine).pinned() as plain:
        assert pinned.order_generation != plain.order_generation == plain.status.generation


def test_the_list_of_names_says_what_each_spelling_finds(site: FlaskClient) -> None:
    answer = site.get("/api/v1/names").get_json()
    assert (answer["total"], answer["page"], answer["pages"]) == (6, 1, 1)
    kiev = answer["entries"][2]
    assert [(each["text"], each["articles"]) for each in kiev["spellings"]] == [("Kyiv", 1), ("Kiev", 1)]
    assert kiev["spellings"][1]["url"] == "/api/v1/search?q=%3D%22Kiev%22"
    assert [entry["language"] for entry in answer["entries"]][-1] == "de"
    assert [entry["both_ways"] for entry in answer["entries"]] == [True, True, True, True, False, True]
    page = site.get("/names").get_data(as_text=True)
    assert '<a href="/search?q=%3D%22Kiev%22" rel="nofollow"><span dir="auto">Kiev</span>' in page
    assert "in articles in German" in page
    assert site.get("/names?page=2").status_code == site.get("/api/v1/names?page=2").status_code == 400


def test_a_long_list_of_names_has_pages(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "many.toml").write_text(f"both_ways = {[[f'a{n}', f'b{n}'] for n in range(250)]}")
    site = create_app(Settings(variants=str(tmp_path / "many.toml")), engine).test_client()
    assert len(site.get("/api/v1/names?page=3").get_json()["entries"]) == 50
    page = site.get("/names?page=2").get_data(as_text=True)
    assert '<a rel="prev" href="/names?page=1">' in page
    assert '<a rel="next" href="/names?page=3">' in page


def test_without_a_file_the_list_of_names_is_empty(engine: Engine) -> None:
    site = create_app(Settings(), engine).test_client()
    assert "No name of this archive has another spelling yet." in site.get("/names").get_data(as_text=True)
    assert site.get("/api/v1/names").get_json()["entries"] == []
