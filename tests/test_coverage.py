"""Searches compared: every number is that of the articles behind its link, and what goes with a search is no chance."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, timedelta
from math import log
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlsplit

import pytest
from archives import over
from click.testing import CliRunner
from counting import CountingEngine
from crippled import CrippledEngine
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

import webui
from search.archive import Archive
from search.assist.association import BEYOND_CHANCE, Shares
from search.assist.sampling import PARTS, SAMPLE
from search.commands import main
from search.document import Document
from search.engines import open_engine
from search.engines.memory.engine import MemoryEngine
from search.engines.protocols import Engine
from search.engines.results import Timeline as CountedTimeline
from search.errors import ParameterError
from search.request.comparison import MOST, Comparison
from search.request.reading import parse_coverage
from search.request.request import Filters, SearchRequest
from search.request.urls import Addresses
from search.results.coverage import CoverageAnswer, CoverageSeries
from search.results.series import Frame, frame_of, within
from search.settings import Settings
from webui import create_app
from webui.coverage_chart import HEIGHT, line_chart, round_above

FIRST = date(2020, 1, 1)
PATIENT: dict[str, Any] = {"deadline_seconds": 300}
"""Time enough on a machine that is busy."""
WORDS = ("levee", "harbour", "council", "budget", "meeting", "bridge", "school", "garden")


def filled(engine: Engine, documents: Sequence[Document]) -> Engine:
    with engine.writer() as writer:
        for document in documents:
            writer.add(document)
    return engine


def compared(engine: Engine, *queries: str, **named: Any) -> CoverageAnswer:
    with over(engine, **PATIENT).pinned() as pinned:
        return pinned.coverage(Comparison(queries, SearchRequest(**named)))


def terms_of(series: CoverageSeries, kind: str = "word") -> list[str]:
    return [term.text for term in series.terms if term.kind == kind]


def town(*, floods: int = 12, others: int = 150) -> list[Document]:
    """A town's paper. All its articles have "meeting"; those of floods have "levee", as one of the others has, and half
    of all have "council"."""
    documents = []
    for number in range(floods + others):
        flood = number < floods
        words = ["There was a meeting in the town"]
        words += ["the flood reached the levee near Mary Lindt of the works"] if flood else ["nothing was wet"]
        words += ["and the council sat"] if number % 2 else ["and nobody sat"]
        words += ["by the levee"] if number == floods else []
        documents.append(
            Document(
                f"{number:04}",
                "Water rises" if flood else "A quiet day",
                ", ".join(words) + ".",
                published=FIRST + timedelta(days=3 * number),
                sections=("Weather",) if flood else ("Town",),
                tags=("river",) if flood else ("daily",),
                authors=("Ann Lee",) if flood else ("Bob Ray",),
                language="en",
            )
        )
    return documents


# --- the measure ---------------------------------------------------------------------------------------------------


def test_the_log_likelihood_ratio_is_that_of_dunning() -> None:
    # The table of his section 4.2, "the swiss": 110 and 2442 against 111 and 29114, for which he has 270.72.
    shares = Shares(having=110, hits=110 + 2442, everywhere=110 + 111, articles=110 + 2442 + 111 + 29114)
    assert shares.log_likelihood == pytest.approx(270.72, abs=0.01)
    assert shares.are_telling


def test_jlh_is_the_change_in_share_times_the_ratio_of_shares() -> None:
    shares = Shares(having=30, hits=100, everywhere=50, articles=1000)
    assert shares.jlh == pytest.approx((0.30 - 0.05) * (0.30 / 0.05))
    assert Shares(having=5, hits=100, everywhere=50, articles=1000).jlh == 0.0


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 200), st.integers(1, 200))
def test_the_ratio_is_never_negative_and_is_zero_for_equal_shares(hits: int, having: int, more: int, rest: int) -> None:
    having, more = min(having, hits), min(more, rest)
    shares = Shares(having, hits, having + more, hits + rest)
    assert shares.are_possible
    assert shares.log_likelihood >= -1e-9
    assert abs(Shares(having, hits, 2 * having, 2 * hits).log_likelihood) < 1e-9
    assert not shares.are_telling or shares.jlh > 0.0


def test_numbers_that_cannot_be_those_of_a_part_are_not_judged() -> None:
    for shares in (Shares(3, 2, 3, 10), Shares(2, 10, 2, 10), Shares(2, 3, 1, 10), Shares(1, 9, 5, 10)):
        assert not shares.are_possible
        assert not shares.are_telling
    assert log(2) < BEYOND_CHANCE


# --- what goes with a search ---------------------------------------------------------------------------------------


def test_a_word_that_is_everywhere_loses_against_a_rarer_one_that_goes_with_the_search(engine: Engine) -> None:
    [series] = compared(filled(engine, town()), "flood").series
    assert series.total == series.sampled == 12
    words = terms_of(series)
    assert "levee" in words
    assert not {"meeting", "town", "council", "flood", "the"} & set(words)
    [levee] = [term for term in series.terms if term.text == "levee"]
    assert (levee.articles, levee.archive_articles) == (12, 13)
    assert levee.score == pytest.approx((1 - 13 / 162) * 162 / 13, rel=1e-3)
    assert levee.log_likelihood == pytest.approx(Shares(12, 12, 13, 162).log_likelihood, abs=0.01)


def test_names_sections_tags_and_authors_go_with_a_search_too(engine: Engine) -> None:
    [series] = compared(filled(engine, town()), "flood").series
    assert terms_of(series, "name") == ["Mary Lindt"]
    assert [terms_of(series, kind) for kind in ("section", "tag", "author")] == [["Weather"], ["river"], ["Ann Lee"]]
    kinds = [term.kind for term in series.terms]
    assert kinds == sorted(kinds, key=("name", "section", "tag", "author", "word").index)


@pytest.mark.parametrize(
    ("query", "gone"),
    [
        ("levee", "levee"), ("levees", "levee"), ("lev*", "levee"), ("levee~1", "levee"), ("le?ee", "levee"),
        ('"the levee"', "levee"), ("flood levee", "levee"), ('"Mary Lindt"', "Mary Lindt"), ("tag:river", "river"),
        ("section:Weather", "Weather"), ('author:"Ann Lee"', "Ann Lee"),
    ],
)  # fmt: skip
def test_what_the_query_says_itself_is_not_listed(query: str, gone: str) -> None:
    [series] = compared(filled(MemoryEngine(""), town()), query).series
    assert series.total
    assert series.terms
    assert gone not in [term.text for term in series.terms]


def test_what_is_filtered_by_is_not_listed_and_the_archive_is_counted_under_the_same_filters() -> None:
    shared = SearchRequest().with_filters("tag", Filters(("river", "daily"))).dated(FIRST, FIRST + timedelta(days=120))
    with over(filled(MemoryEngine(""), town()), **PATIENT).pinned() as pinned:
        answer = pinned.coverage(Comparison(("flood",), shared))
    [series] = answer.series
    assert answer.compared_with.articles == 41
    assert terms_of(series, "tag") == []
    [levee] = [term for term in series.terms if term.text == "levee"]
    assert levee.archive_articles == 13


def test_other_spellings_of_the_query_are_not_listed(tmp_path: Path) -> None:
    variants = tmp_path / "variants.toml"
    variants.write_text('both_ways = [["Lindt", "Lindth"]]\n')
    documents = [
        Document(str(number), "Seen", "She met Lindth by the levee." if number < 12 else "Nobody was met.")
        for number in range(150)
    ]
    engine = filled(MemoryEngine(""), documents)
    archive = Archive(engine, Settings.model_validate(PATIENT | {"variants": str(variants)}))
    with archive.pinned() as pinned:
        [series] = pinned.coverage(Comparison(("Lindt",), SearchRequest())).series
    assert series.total == 12
    assert [term.text for term in series.terms if "indt" in term.text.lower()] == []
    assert "levee" in terms_of(series)


def test_a_language_with_few_articles_does_not_make_all_its_words_telling() -> None:
    german = ["Diese Nachricht kam gestern abend", "Jene Nachricht kam heute morgen"]
    documents = [
        Document(
            f"de{number}", "Bericht", german[number % 2] + (", der Deich hielt" if number < 12 else ""), language="de"
        )
        for number in range(40)
    ]
    documents += [Document(f"en{number}", "News", "It came in the morning.", language="en") for number in range(400)]
    [series] = compared(filled(MemoryEngine(""), documents), "Deich").series
    assert series.total == 12
    assert "hielt" in terms_of(series)
    assert not {"kam", "diese", "nachricht", "bericht"} & {word.lower() for word in terms_of(series)}


def test_words_of_scripts_without_spaces_are_found() -> None:
    documents = [
        Document(str(number), "新聞", "地震速報が発表された" if number < 12 else "今日は晴天である", language="ja")
        for number in range(150)
    ]
    [series] = compared(filled(MemoryEngine(""), documents), "地震").series
    assert series.total == 12
    assert any("速報" in word for word in terms_of(series))
    assert "地震" not in terms_of(series)


def test_a_search_that_finds_everything_or_nothing_has_no_terms() -> None:
    everything, nothing = compared(filled(MemoryEngine(""), town()), "meeting", "zzzz").series
    assert (everything.total, nothing.total) == (162, 0)
    assert everything.terms == nothing.terms == ()
    assert everything.peaks == nothing.peaks == ()


# --- every number is that of its link ------------------------------------------------------------------------------


def found(client: FlaskClient, url: str) -> int:
    response = client.get(f"/api/v1/search?{urlsplit(url).query}")
    assert response.status_code == 200, response.text
    return int(response.json["total"])  # type: ignore[index]


def require_true(client: FlaskClient, answer: Any) -> None:
    """Each count of an answer is the total of the search that it is linked to."""
    timelines = [series["timeline"]["buckets"] for series in answer["series"] if series["timeline"]]
    starts = [[bucket["start"] for bucket in buckets] for buckets in timelines]
    assert all(each == starts[0] for each in starts)
    for series in answer["series"]:
        assert series["total"] == found(client, series["url"])
        buckets = series["timeline"]["buckets"] if series["timeline"] else []
        for bucket in buckets:
            assert bucket["count"] == found(client, bucket["url"]), bucket
        assert series["total"] == sum(bucket["count"] for bucket in buckets) + series["undated"]
        for peak in series["peaks"]:
            assert peak["count"] == found(client, peak["url"])
        for term in series["terms"]:
            assert term["articles"] == found(client, term["url"]), term
    assert answer["compared_with"]["articles"] == found(client, answer["compared_with"]["url"])


TEXTS = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(" ".join)
DAYS = st.one_of(st.none(), st.dates(date(2019, 11, 1), date(2020, 3, 1)), st.dates(date(1990, 1, 1), date(2021, 1, 1)))
ARTICLES = st.lists(
    st.tuples(TEXTS, DAYS, st.sampled_from(["Town", "Town > Works", ""]), st.sampled_from(["en", "de"])), max_size=40
)
QUERIES = st.lists(
    st.sampled_from([
        "levee", "levee harbour", "levee harbour council", '"levee harbour"', "levee OR bridge", "cou*", "-levee",
        "section:Town", "the levee", "zzz", "(levee OR bridge) harbour", "lev~1 garden", "to the", "levee AND bridge",
    ]),
    min_size=1,
    max_size=MOST,
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(
    ARTICLES, QUERIES, st.sampled_from(["", "&from=2019-12", "&section=Town", "&op=or", "&op=and", "&lang=de&to=2020"])
)
def test_each_count_is_the_total_of_the_search_behind_its_link(
    articles: list[Any], queries: list[str], shared: str
) -> None:
    documents = [
        Document(str(number), text, text, published=day, sections=(section,) if section else (), language=language)
        for number, (text, day, section, language) in enumerate(articles)
    ]
    client = create_app(Settings.model_validate(PATIENT), filled(MemoryEngine(""), documents)).test_client()
    asked = "&".join(f"q={quote_plus(query)}" for query in queries)
    response = client.get(f"/api/v1/coverage?{asked}{shared}")
    assert response.status_code == 200, response.text
    require_true(client, response.json)


def test_every_engine_counts_what_its_links_find(engine: Engine) -> None:
    client = create_app(Settings.model_validate(PATIENT), filled(engine, town())).test_client()
    answer = client.get("/api/v1/coverage?q=flood&q=council+sat&q=%22nobody+sat%22&q=section:Town+-council").json
    assert answer is not None
    assert [series["total"] for series in answer["series"]] == [12, 81, 81, 75]
    require_true(client, answer)
    assert not answer["warnings"]
    assert not answer["timed_out"]


def test_engines_agree(tmp_path: Path) -> None:
    answers = [
        compared(filled(open_engine(url), town()), "flood", "council")
        for url in ("memory:", f"whoosh:{tmp_path / 'archive'}")
    ]
    assert answers[0].series == answers[1].series


# --- over time -----------------------------------------------------------------------------------------------------


def test_searches_of_a_week_and_of_a_decade_have_the_same_periods() -> None:
    documents = [Document(f"w{day}", "levee", published=FIRST + timedelta(days=day)) for day in range(7)]
    documents += [Document(f"y{year}", "harbour", published=date(year, 6, 1)) for year in range(2005, 2024)]
    short, long = compared(filled(MemoryEngine(""), documents), "levee", "harbour").series
    assert short.timeline is not None
    assert long.timeline is not None
    assert short.timeline.interval == long.timeline.interval == "year"
    assert [bucket.start for bucket in short.timeline.buckets] == [f"{year}-01-01" for year in range(2005, 2024)]
    assert [bucket.archive_count for bucket in short.timeline.buckets] == [
        bucket.archive_count for bucket in long.timeline.buckets
    ]
    assert [bucket.count for bucket in short.timeline.buckets if bucket.count] == [7]


@given(st.lists(st.dates(date(1900, 1, 1), date(2030, 1, 1)), min_size=1, max_size=30))
def test_periods_added_up_lose_no_article(days: list[date]) -> None:
    counts = {day.isoformat(): days.count(day) for day in days}
    frame = frame_of([CountedTimeline("day", counts, counts)])
    assert frame is not None
    assert sum(within(frame, counts).values()) == len(days)
    assert within(Frame("year", "1900", "2030"), counts) == {
        year: sum(day.isoformat().startswith(year) for day in days) for year in sorted({str(day.year) for day in days})
    }


def test_one_search_alone_has_the_timeline_that_its_results_have() -> None:
    archive = over(filled(MemoryEngine(""), town()), **PATIENT)
    with archive.pinned() as pinned:
        [series] = pinned.coverage(Comparison(("council",), SearchRequest())).series
        assert series.timeline == pinned.search(SearchRequest(q="council")).timeline


def test_a_period_stands_out_by_its_share_and_not_by_what_the_archive_holds() -> None:
    documents = []
    for month in range(1, 13):
        held = 400 if month == 3 else 40
        for number in range(held):
            flood = number < (20 if month == 9 else held // 20)
            text = "flood" if flood else "quiet"
            documents.append(Document(f"{month}-{number}", text, published=date(2020, month, 1 + number % 28)))
    [series] = compared(filled(MemoryEngine(""), documents), "flood").series
    assert series.timeline is not None
    assert [bucket.count for bucket in series.timeline.buckets][2] == [
        bucket.count for bucket in series.timeline.buckets
    ][8]
    assert [(peak.start, peak.end, peak.count, peak.archive_count) for peak in series.peaks] == [
        ("2020-09-01", "2020-09-30", 20, 40)
    ]
    assert "from=2020-09&to=2020-09" in series.peaks[0].url


# --- the page ------------------------------------------------------------------------------------------------------


@pytest.fixture
def site_client() -> FlaskClient:
    return create_app(Settings.model_validate(PATIENT), filled(MemoryEngine(""), town())).test_client()


def shown(client: FlaskClient, path: str, status: int = 200) -> Any:
    response = client.get(path)
    assert response.status_code == status, response.text
    return lxml_html.document_fromstring(response.text)


def test_a_form_without_javascript_leads_to_the_comparison(site_client: FlaskClient) -> None:
    empty = shown(site_client, "/coverage")
    [form] = empty.cssselect(".coverage-form")
    assert (form.get("method"), form.get("action"), len(empty.cssselect("input[name=q][id^=q-]"))) == (
        "get",
        "/coverage",
        MOST,
    )
    sent = site_client.get("/coverage?q=flood&q=&q=council&q=&from=Dec+2019&to=")
    assert (sent.status_code, sent.headers["Location"]) == (302, "/coverage?q=flood&q=council&from=2019-12")
    page = shown(site_client, sent.headers["Location"])
    assert [field.value for field in page.cssselect("input[name=q][id^=q-]")] == ["flood", "council", "", ""]
    assert page.get_element_by_id("from").value == "2019-12"
    assert [heading.text_content().strip() for heading in page.cssselect(".coverage-one h2")] == ["flood", "council"]
    links = {link.text_content(): link.get("href") for link in page.cssselect(".coverage-terms tbody a")}
    assert found(site_client, links["levee"]) == 12
    assert page.cssselect("meta[name=robots]")[0].get("content") == "noindex, follow"


def test_other_conditions_travel_along_and_can_be_taken_away(site_client: FlaskClient) -> None:
    page = shown(site_client, "/coverage?q=flood&q=council&section=Weather&tag=river&bars=share")
    hidden = {(each.name, each.value) for each in page.cssselect(".coverage-form input[type=hidden]")}
    assert hidden == {("section", "Weather"), ("tag", "river"), ("bars", "share")}
    removed = [chip.get("href") for chip in page.cssselect(".chip")]
    assert removed == [
        "/coverage?q=flood&q=council&tag=river&bars=share", "/coverage?q=flood&q=council&section=Weather&bars=share"
    ]  # fmt: skip
    current, other = page.cssselect(".chart-views li > *")
    assert (current.tag, other.tag) == ("a", "span")
    assert current.get("href") == "/coverage?q=flood&q=council&section=Weather&tag=river#timeline"


def test_five_searches_are_refused_and_none_is_lost(site_client: FlaskClient) -> None:
    path = "/coverage?q=one&q=two&q=three&q=four&q=five"
    page = shown(site_client, path, 400)
    assert [alert.text_content() for alert in page.cssselect("[role=alert]")] == [
        "At most 4 searches can be compared, and there are 5; leave some out."
    ]
    values = [field.value for field in page.cssselect("input[name=q][id^=q-]")]
    assert values == ["one", "two", "three", "four", "five"]
    problem = site_client.get("/api/v1" + path)
    assert (problem.status_code, problem.json["parameter"]) == (400, "q")  # type: ignore[index]
    assert "at most 4 searches can be compared, and there are 5" in problem.json["detail"]  # type: ignore[index]


def test_empty_and_bad_queries_are_named_one_by_one(site_client: FlaskClient) -> None:
    path = "/coverage?q=flood&q=%20&q=(&q=date:1"
    page = shown(site_client, path, 400)
    errors = {error.get("id"): error.text_content() for error in page.cssselect(".field-error")}
    assert set(errors) == {"q-2-error", "q-3-error", "q-4-error"}
    assert errors["q-2-error"].startswith("Nothing to search for")
    for name in errors:
        field = page.get_element_by_id(name.removesuffix("-error"))
        assert (field.get("aria-invalid"), field.get("aria-describedby")) == ("true", name)
    detail = site_client.get("/api/v1" + path).json["detail"]  # type: ignore[index]
    assert all(f"search {number}" in detail for number in (2, 3, 4))
    assert "search 1" not in detail
    assert "no-store" in site_client.get(path).headers["Cache-Control"]


def test_a_wrong_date_is_asked_for_again_with_the_searches_kept(site_client: FlaskClient) -> None:
    page = shown(site_client, "/coverage?q=flood&q=council&from=soon", 400)
    assert page.get_element_by_id("from").value == "soon"
    assert page.get_element_by_id("from-error").text_content()
    assert page.get_element_by_id("q-2").value == "council"
    page = shown(site_client, "/coverage?q=flood&from=2021&to=2020", 400)
    assert page.get_element_by_id("to").value == "2020"
    assert shown(site_client, "/coverage?q=flood&colour=red", 400).cssselect(".failure")
    assert site_client.get("/api/v1/coverage").json["detail"].startswith("q: is missing")  # type: ignore[index]


def test_gaps_of_the_archive_are_gaps_of_each_line_and_one_row_of_the_table() -> None:
    days = [date(2020, 1, 5), date(2020, 2, 5), date(2020, 6, 5), date(2020, 8, 5)]
    documents = [Document(f"{day}-{number}", "levee flood", published=day) for day in days for number in range(3)]
    client = create_app(Settings.model_validate(PATIENT), filled(MemoryEngine(""), documents)).test_client()
    page = shown(client, "/coverage?q=levee&q=flood")
    assert [path.get("d").count("M") for path in page.cssselect(".line")] == [3, 3]
    assert len(page.cssselect(".chart-gap")) == 2
    rows = [" ".join(row.itertext()).strip() for row in page.cssselect(".chart-table tbody tr")]
    assert rows == [
        "January 2020 3 3 3", "February 2020 3 3 3", "March 2020 to May 2020 No articles in the archive",
        "June 2020 3 3 3", "July 2020 No articles in the archive", "August 2020 3 3 3",
    ]  # fmt: skip
    assert all(found(client, link.get("href")) == 3 for link in page.cssselect(".chart-table td a"))


def test_lines_differ_by_more_than_their_colour(site_client: FlaskClient) -> None:
    page = shown(site_client, "/coverage?q=flood&q=council&q=levee&q=sat")
    shapes = [lxml_html.tostring(shape) for shape in page.cssselect(".chart defs g")]
    assert len(set(shapes)) == MOST
    css = (Path(webui.__file__).parent / "static" / "backfile.css").read_text("utf-8")
    dashes = [
        css.partition(f".line-{number} {{")[2].partition("--dashes:")[2].partition(";")[0] for number in range(1, 5)
    ]
    assert len(set(dashes)) == MOST
    assert [entry.text_content().strip() for entry in page.cssselect(".coverage-legend a")] == [
        "flood", "council", "levee", "sat"
    ]  # fmt: skip


def test_a_share_of_few_articles_does_not_stretch_the_scale() -> None:
    documents = [
        Document(f"a{number}", "flood" if number < 5 else "dry", published=date(2020, 1, 3)) for number in range(50)
    ]
    documents += [Document("b", "flood", published=date(2020, 1, 4))]
    engine = filled(MemoryEngine(""), documents)
    with over(engine, **PATIENT).pinned() as pinned:
        answer = pinned.coverage(Comparison(("flood",), SearchRequest(bars="share")))
    chart = line_chart(answer, "share")
    assert chart is not None
    assert chart.top == 0.1
    assert chart.lines[0].path == "M0.5 0L1.5 0"
    counted = line_chart(answer, "count")
    assert counted is not None
    assert counted.top == 6
    assert counted.lines[0].path == f"M0.5 {HEIGHT * (1 - 5 / 6):g}L1.5 {HEIGHT * 5 / 6:g}"


@given(st.floats(0.0001, 1e9))
def test_the_top_of_the_scale_is_round_and_near(value: float) -> None:
    top = round_above(value, least=0.0)
    assert value <= top * (1 + 1e-6)
    assert top <= 2.01 * max(value, 1e-4)


def test_the_results_lead_to_a_comparison_that_begins_with_their_search(site_client: FlaskClient) -> None:
    page = shown(site_client, "/search?q=flood&section=Weather&sort=oldest&page=2&from=2020")
    [link] = [link for link in page.cssselect(".take-away a") if link.get("href").startswith("/coverage")]
    assert link.get("href") == "/coverage?q=flood&section=Weather&from=2020"
    assert shown(site_client, link.get("href")).get_element_by_id("q-1").value == "flood"
    page = shown(site_client, "/search?section=Weather")
    [link] = [link for link in page.cssselect(".take-away a") if link.get("href").startswith("/coverage")]
    form = shown(site_client, link.get("href"))
    assert [(each.name, each.value) for each in form.cssselect(".coverage-form input[type=hidden]")] == [
        ("section", "Weather")
    ]


def test_an_article_cannot_bring_markup_into_the_page() -> None:
    evil = "<b>Evil</b> & Sons"
    documents = [
        Document(str(number), "flood", f"We met Evil <script> there with {evil}.", tags=(evil,), published=FIRST)
        for number in range(12)
    ] + [Document(f"x{number}", "dry", published=FIRST + timedelta(days=40)) for number in range(90)]
    client = create_app(Settings.model_validate(PATIENT), filled(MemoryEngine(""), documents)).test_client()
    text = client.get("/coverage?q=flood&q=%3Cscript%3Ealert(1)%3C/script%3E").text
    assert "<b>Evil" not in text
    assert "<script>alert" not in text
    assert "&lt;b&gt;Evil&lt;/b&gt; &amp; Sons" in text


# --- addresses, engines, time --------------------------------------------------------------------------------------


@given(
    st.lists(st.text(min_size=1, max_size=20).filter(lambda text: "\0" not in text and text.isprintable()), max_size=4),
    st.sampled_from(["", "section=Town&from=2020&bars=share", "in=title&op=or&lang=-en"]),
)
def test_an_address_is_read_back_as_it_was_written(queries: list[str], shared: str) -> None:
    asked = Comparison(tuple(queries), parse_coverage(shared.encode(), time_zone="UTC").shared)
    for kind in ("html", "api"):
        address = Addresses(kind).comparison(asked)  # type: ignore[arg-type]
        assert parse_coverage(urlsplit(address).query.encode(), time_zone="UTC") == asked


LACKING = {"timeline": "by date", "facets": "by value", "phrase": "no phrases", "vocabulary": "no warning"}


@pytest.mark.parametrize("lacking", LACKING)
def test_what_an_engine_cannot_count_is_said_and_all_else_is_there(lacking: str) -> None:
    engine = CrippledEngine(filled(MemoryEngine(""), town()), lacking)
    answer = compared(engine, "flood", "council")
    said = [warning for warning in answer.warnings if LACKING[lacking] in warning]
    assert len(said) == (lacking != "vocabulary")
    assert [series.total for series in answer.series] == [12, 81]
    assert all((series.timeline is None) == (lacking == "timeline") for series in answer.series)
    assert "levee" in terms_of(answer.series[0])
    assert bool(terms_of(answer.series[0], "tag")) == (lacking != "facets")
    assert bool(terms_of(answer.series[0], "name")) == (lacking != "phrase")
    client = create_app(Settings.model_validate(PATIENT), engine).test_client()
    page = shown(client, "/coverage?q=flood")
    assert bool(page.cssselect(".coverage-chart")) == (lacking != "timeline")


def work(engine: CountingEngine, *queries: str) -> tuple[int, int, int, int]:
    """The searches, the trips to count, the plans counted and the hits asked for with their texts."""
    engine.searches.clear()
    engine.trips.clear()
    assert not compared(engine, *queries).timed_out
    texts = sum(plan.limit for plan in engine.searches if plan.bring == "text")
    return len(engine.searches), len(engine.trips), sum(len(plans) for plans, _ in engine.trips), texts


def test_the_work_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    queries = ("council", "nobody", "quiet", "wet")
    small, large = (
        work(CountingEngine(filled(open_engine(f"whoosh:{tmp_path / str(size)}"), town(others=size))), *queries)
        for size in (400, 1600)
    )
    for searches, trips, counted, texts in (small, large):
        assert searches <= MOST * (1 + PARTS) + 2
        assert trips <= MOST * 5
        assert counted <= MOST * 500
        assert texts <= MOST * SAMPLE
    assert large[:2] == small[:2]
    assert large[2] <= 1.5 * small[2]


def test_a_long_search_is_sampled_from_all_of_its_time(tmp_path: Path) -> None:
    engine = CountingEngine(filled(open_engine(f"whoosh:{tmp_path / 'archive'}"), town(others=800)))
    [series] = compared(engine, "quiet").series
    spans = [plan.filters[-1] for plan in engine.searches if 0 < plan.limit < SAMPLE]
    assert len(spans) == PARTS
    assert series.total == 800
    assert SAMPLE - PARTS <= series.sampled <= SAMPLE
    assert len({str(span) for span in spans}) == PARTS


def test_an_answer_that_ran_out_of_time_says_so_and_is_not_kept() -> None:
    engine = filled(MemoryEngine(""), town())
    client = create_app(Settings.model_validate({"deadline_seconds": 0.000001}), engine).test_client()
    response = client.get("/api/v1/coverage?q=flood")
    assert response.json["timed_out"] is True  # type: ignore[index]
    assert response.json["warnings"] or response.json["series"][0]["warnings"]  # type: ignore[index]
    assert "no-store" in response.headers["Cache-Control"]
    assert shown(client, "/coverage?q=flood").cssselect(".warnings")


def test_an_answer_is_kept_until_the_index_changes(site_client: FlaskClient) -> None:
    first = site_client.get("/api/v1/coverage?q=flood")
    again = site_client.get("/api/v1/coverage?q=flood", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert "hit" in site_client.get("/api/v1/coverage?q=flood").headers["Cache-Status"]


def test_a_query_without_room_for_a_term_is_compared_all_the_same() -> None:
    long = "flood " + "x" * 4000
    [series] = compared(filled(MemoryEngine(""), town()), long, operator="or").series
    assert series.total == 12
    assert terms_of(series) == []


# --- the command ---------------------------------------------------------------------------------------------------


@pytest.fixture
def indexed(tmp_path: Path) -> list[str]:
    url = f"whoosh:{tmp_path / 'archive'}"
    filled(open_engine(url), town())
    return ["--index", url]


def test_the_command_draws_and_lists(runner: CliRunner, indexed: list[str]) -> None:
    result = runner.invoke(main, ["coverage", "flood", "council sat", *indexed])
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].split()[:2] == ["flood", "12"]
    assert "█" in lines[0] + lines[1]
    assert "months, 2020-01-01 to 2021-04-30" in lines[2]
    assert "flood: 12 articles" in lines
    assert any(line.split()[0] == "words" and "levee (12 of 13)" in line for line in lines if line.strip())
    assert any("stands out January 2020" in line for line in lines)


def test_the_command_gives_the_answer_of_the_endpoint(
    runner: CliRunner, indexed: list[str], site_client: FlaskClient
) -> None:
    result = runner.invoke(main, ["coverage", "flood", "council", "--from", "2019-12", "--json", *indexed])
    assert result.exit_code == 0, result.output
    answer = json.loads(result.output)
    served = site_client.get("/api/v1/coverage?q=flood&q=council&from=2019-12").json
    assert served is not None
    for each in (answer, served):
        each.pop("took_ms")
        each.pop("index")
    assert answer == served


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["a", "b", "c", "d", "e"], "QUERY: at most 4 searches can be compared, and there are 5"),
        (["flood", "("], "QUERY: search 2, '(': there is no word to search for"),
        (["flood", ""], "QUERY: search 2: nothing to search for"),
        (["flood", "--from", "soon"], "--from: "),
        (["flood", "--op", "xor"], "--op: "),
        ([], "missing argument"),
    ],
)
def test_the_command_says_what_is_wrong(runner: CliRunner, indexed: list[str], arguments: list[str], said: str) -> None:
    result = runner.invoke(main, ["coverage", *arguments, *indexed])
    assert result.exit_code == 2
    assert said in result.output


def test_code_that_compares_nothing_is_told_so() -> None:
    with (
        over(filled(MemoryEngine(""), town())).pinned() as pinned,
        pytest.raises(ParameterError, match="q: is missing"),
    ):
        pinned.coverage(Comparison((), SearchRequest()))
