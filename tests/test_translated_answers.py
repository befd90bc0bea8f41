"""Whatever answers, refusals and alerts say in words comes from the catalogue of the language that is spoken.

The catalogue of these tests has each message of the source between marks: a sentence that went past it has none,
and one that was kept from another language has them where English is spoken, or none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from archives import fill, over
from conftest import ARTICLES
from source_messages import messages_of_source, write_marked

from index.alerts.mail import mail_of
from index.alerts.message import message_of
from search.alerts.saved import canonical, in_words
from search.assist.subject import Subject
from search.browsing import day_of_year
from search.engines.memory.engine import MemoryEngine
from search.errors import BackfileError, NotFound, ParameterError, QuerySyntaxError, RequestError
from search.field_words import KEYWORDS, TEXTS
from search.ledger.alerts import Alert
from search.ledger.deliveries import Delivery
from search.pinned_archive import PinnedArchive
from search.query import parse
from search.request.reading import parse_search
from search.request.request import FacetRequest, Filters, SearchRequest
from search.results.facet_values import ValuesAsked
from search.results.filled import border_in_words
from search.results.filled import in_words as filled_in_words
from search.results.response import Filled
from search.schema import KEYWORD_FIELDS, TEXT_FIELDS
from search.settings import Settings
from search.translation import LANGUAGES, catalogues, speaking

NOW = datetime(2024, 8, 1, tzinfo=UTC)
LANGUAGE = "fi"
"""The site does not speak it, and its names of months and of languages are not those of English."""


@pytest.fixture(autouse=True, scope="module")
def marked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    folder = tmp_path_factory.mktemp("marked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(LANGUAGES, LANGUAGE, "Suomi")
        patch.setattr(catalogues, "LOCALE", folder / "locale")
        write_marked(messages_of_source(folder), LANGUAGE, catalogues.path_of(LANGUAGE))
        yield
        catalogues.catalogue.cache_clear()


@pytest.fixture
def archive() -> Iterator[PinnedArchive]:
    with over(fill(MemoryEngine(""), *ARTICLES), NOW).pinned() as pinned:
        yield pinned


def whole(said: str) -> bool:
    """Whether all of it is one message, with others in it as values."""
    return said.startswith("⟦") and said.endswith("⟧") and said.count("⟦") == said.count("⟧")


def both(archive: PinnedArchive, request: SearchRequest) -> list[tuple[str, str]]:
    """What the answer to a request says in English, and from the catalogue; then in English again."""
    english = said_of(archive, request)
    with speaking(LANGUAGE):
        marked = said_of(archive, request)
    assert said_of(archive, request) == english
    return list(zip(english, marked, strict=True))


def said_of(archive: PinnedArchive, request: SearchRequest) -> list[str]:
    found = archive.search(request)
    labels = [facet.label for facet in found.facets]
    chips = [chip.label for chip in found.query.applied]
    return [*found.warnings, *labels, *chips, *(row.drop for row in found.suggestions.relax)]


@pytest.mark.parametrize(
    "request_",
    [
        SearchRequest(q="flood", facets=(FacetRequest("date"), FacetRequest("type"), FacetRequest("month"))),
        SearchRequest(q='zebra "old bridge" title:flood -river* tag:rivr lang:klingon section:nowhere'),
        SearchRequest(q="zebra flood", fields_searched=("title", "tags")),
        SearchRequest(q="body:zebra", start=date(2024, 7, 1), end=date(2024, 8, 1), periods=("2024", "2024-07")),
        SearchRequest(q='"bridge zebra" AND title:flood', start=date(2024, 7, 1)),
        SearchRequest(
            q="flood",
            keywords=(
                ("author", Filters(("Nobody", "Mélanie Doe"), ("John Smyth",), "and")),
                ("section", Filters(("Trafic",))),
                ("tag", Filters((), ("bridges",))),
            ),
        ),
    ],
)
def test_an_answer_is_told_in_the_language_that_is_spoken_and_remembered_in_none(
    archive: PinnedArchive, request_: SearchRequest
) -> None:
    pairs = both(archive, request_)
    assert pairs
    for english, marked in pairs:
        assert "⟦" not in english
        assert whole(marked), marked


def test_values_are_named_in_the_language_that_is_spoken(archive: PinnedArchive) -> None:
    asked = SearchRequest(facets=(FacetRequest("lang"), FacetRequest("month")), periods=("2024-07",))
    for language, name, month in (("en", "German", "July 2024"), (LANGUAGE, "saksa", "heinäkuu 2024")):
        with speaking(language):
            found = archive.search(asked)
            labels = {value.label for facet in found.facets for value in facet.values}
            assert {name, month} <= labels
            assert found.query.applied[0].value_label == month
            listed = archive.facet_values(SearchRequest(), ValuesAsked("lang", name[:4]))
            assert [value.label for value in listed.values] == [name]
    with speaking(LANGUAGE):
        assert day_of_year("07-03") == "3. heinäkuuta"


@pytest.mark.parametrize(
    "query",
    [
        "a AND", "AND a", "a -", "- a", "--a", "a ()", "a)", "(a", '"a', 'a ""', "foo:bar", "title: a", "title:",
        '"a b"~x', '"a b"~99', '="a"~2', "ab*c~1", "a^x", "a^99", "a~0", "a~7", "tag:x~1", "tag:x^2",
        "date:2024..2020", "ab*?", "a?b c", "(a)~1", "x " * 300, "a" * 5_000,
    ],
)  # fmt: skip
def test_every_repair_of_a_query_is_told_from_the_catalogue(query: str) -> None:
    english = parse(query).warnings
    with speaking(LANGUAGE):
        warnings = parse(query).warnings
    assert len(warnings) == len(english)
    assert all(map(whole, warnings)), warnings


@pytest.mark.parametrize(
    "query",
    ["(" * 30 + "a", "a*", "()", "date:soon", "date:..", "date:2024-13", "date:2024-07-03T10:00", "date:now-9999y"],
)  # fmt: skip
def test_every_refusal_of_a_query_is_told_from_the_catalogue(query: str) -> None:
    with speaking(LANGUAGE), pytest.raises(QuerySyntaxError) as refused:
        parse(query)
    assert whole(str(refused.value))


@pytest.mark.parametrize(
    "address",
    [
        "x=1", "q=a&q=b", "q=%00", "q=%ff", "section=-", "tag=a&tag=-a", "tag=" + "a" * 600, "year=20", "month=2024-13",
        "day=x", "facets=nothing", "facets=tag:x", "facets=tag,tag", "facets=date:5", "facets=tag:0", "in=nowhere",
        "tz=Nowhere", "date=born", "page=x", "page=0", "page=99999", "per_page=500", "sort=best", "explain=yes",
        "cursor=x&page=2", "cursor=x&group=story", "cursor=x&per_page=0", "from=soon", "q=" + "a" * 60_000,
        "&".join(["tag=a"] * 60), "&" * 300,
    ],
)  # fmt: skip
def test_every_refusal_of_a_parameter_is_told_from_the_catalogue(address: str) -> None:
    with speaking(LANGUAGE), pytest.raises(ParameterError) as refused:
        parse_search(address.encode())
    assert whole(refused.value.reason)
    with pytest.raises(ParameterError) as refused:
        parse_search(address.encode())
    assert "⟦" not in str(refused.value)


def test_dates_in_the_wrong_order_and_cursors_are_refused_from_the_catalogue(archive: PinnedArchive) -> None:
    turned = SearchRequest(start=date(2024, 1, 1), end=date(2020, 1, 1))
    for request in (turned, SearchRequest(cursor="x"), SearchRequest(cursor="*", page=2)):
        with speaking(LANGUAGE), pytest.raises(ParameterError) as refused:
            archive.search(request)
        assert whole(refused.value.reason)
    with speaking(LANGUAGE), pytest.raises(NotFound) as missing:
        archive.article("nothing")
    assert whole(str(missing.value))


def test_why_an_article_is_not_found_is_told_from_the_catalogue(archive: PinnedArchive) -> None:
    asked = (
        SearchRequest(q="zebra -bridge", fields_searched=("title",), periods=("2020",), start=date(2024, 7, 1)),
        SearchRequest(q="bridge", keywords=(("tag", Filters(("weather",))),)),
        SearchRequest(q="bridge"),
    )
    for request in asked:
        with speaking(LANGUAGE):
            answer = archive.why_not("2", request)
        assert whole(answer.summary)
        assert all(whole(condition.text) for condition in answer.conditions)
        assert "⟦" not in archive.why_not("2", request).summary


@pytest.mark.parametrize("words", [1, 2, 3])
@pytest.mark.parametrize("all_words", [0, 7])
def test_how_a_list_is_filled_up_is_told_from_the_catalogue(words: int, all_words: int) -> None:
    found = Filled(words, all_words, 2)
    with speaking(LANGUAGE):
        assert whole(filled_in_words(found))
        assert whole(border_in_words(found))


def test_notes_on_related_articles_are_told_from_the_catalogue(archive: PinnedArchive) -> None:
    with speaking(LANGUAGE):
        undated = archive.related(Subject(id="6"), mode="follow-ups", half_life=30)
        drafted = archive.related(Subject(title="Bridge", text="The old bridge and the flood."), mode="same-days")
        unlike = archive.related(Subject(text="zebra quagga"))
    assert (len(undated.warnings) >= 2, len(drafted.warnings), len(unlike.warnings)) == (True, 1, 1)
    assert all(map(whole, (*undated.warnings, *drafted.warnings, *unlike.warnings)))


def test_a_saved_search_is_told_in_the_language_that_is_spoken() -> None:
    request = SearchRequest(q="flood", keywords=(("section", Filters(("News",))),), sort="newest")
    assert in_words(request) == "flood, section: News"
    with speaking(LANGUAGE):
        assert in_words(request) == "flood, ⟦section: News⟧"
        assert in_words(SearchRequest()) == "⟦all articles⟧"


def test_a_mail_is_in_the_language_of_the_site_and_a_program_is_told_in_english() -> None:
    settings = Settings(
        title="The Gazette", site_language=LANGUAGE, mail_from="desk@news.example", public_url="https://archive.example"
    )
    alert = Alert("1", canonical(SearchRequest()), "mailto:reader@news.example", "", NOW, 0)
    delivery = Delivery("msg_1", "1", ("1",), NOW, "waiting", 0, NOW, "")
    message = message_of(alert, delivery, ARTICLES[:1], settings)
    mail = mail_of(message, "reader@news.example", settings)
    assert mail["Subject"] == "⟦The Gazette: 1 new article for ⟦all articles⟧⟧"
    text = mail.get_content()
    assert text.startswith("⟦1 new article for: ⟦all articles⟧⟧")
    assert "⟦All articles of this search:⟧\nhttps://" in text
    assert "⟦The Gazette, alert 1. Whoever runs the archive can end it.⟧" in text
    assert "⟦".encode() not in message.body()


def test_each_field_has_its_sentences() -> None:
    assert KEYWORDS.keys() == KEYWORD_FIELDS.keys()
    assert TEXTS.keys() == TEXT_FIELDS.keys()
    assert {name for name, words in KEYWORDS.items() if words.every} == {
        name for name, field in KEYWORD_FIELDS.items() if field.several
    }


def test_titles_of_errors_are_messages_and_their_values_stay_as_they_are() -> None:
    kinds = [BackfileError, *all_below(BackfileError)]
    assert all(re.fullmatch("[A-Z][^%]+[^.%]", kind.title) for kind in kinds)
    assert RequestError in kinds


def all_below(kind: type[BackfileError]) -> list[type[BackfileError]]:
    return [each for below in kind.__subclasses__() for each in (below, *all_below(below))]
