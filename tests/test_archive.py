"""One question, one answer: hits, chips, links, paging, cursors, grouping, advice and explanations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from urllib.parse import unquote_plus, urlsplit

import pytest
from archives import over
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from search.document import Document, Heading
from search.engines import open_engine
from search.engines.protocols import Engine
from search.errors import CursorExpired, ParameterError, QuerySyntaxError
from search.pinned_archive import PinnedArchive
from search.query.dates import RelativeTime
from search.request.reading import parse_search
from search.request.request import DEFAULT_FACETS, FacetRequest, Filters, SearchRequest
from search.request.urls import Addresses
from search.results.cursor import decode, encode
from search.results.response import Hit, Overview, SearchResponse
from search.schema import MISSING

LINKS = Addresses()
NOW = datetime(2024, 7, 5, 15, 30, tzinfo=UTC)

_PEACE = (
    "Delegates met in Geneva. The peace treaty was signed at noon, and peace returned to the valley. "
    "Later the treaty was read aloud."
)
_COPY = "The newspaper archive was searched for letters about printing, and several hundred were found by readers."


def _documents() -> list[Document]:
    return [
        Document(
            "peace",
            "A peace treaty in Geneva",
            f"{_PEACE}\n\nWhat followed\n\nThe armies went home, and the border at Karabakh opened again.",
            summary="A treaty ends the war.",
            headings=(Heading("What followed", 2, len(_PEACE) + 2, "what-followed"),),
            url="https://example.org/peace",
            sections=("News > World",),
            authors=("Ann Lee",),
            tags=("peace", "Geneva"),
            published=datetime(2024, 7, 3, 9, tzinfo=UTC),
            language="en",
        ),
        Document(
            "war",
            "The war in the valley",
            "Armies marched in winter. Nobody spoke of peace. The treaty was still far away, in Karabakh as elsewhere.",
            sections=("News",),
            authors=("Bob Ray",),
            published=date(2019, 2, 1),
            language="en",
        ),
        Document(
            "essay",
            "On printing",
            _COPY,
            sections=("Opinion",),
            published=date(2020, 1, 5),
            language="en",
            fingerprint=255,
        ),
        Document("reprint", "On printing again", _COPY, published=date(2021, 1, 5), language="en", fingerprint=254),
        Document("frieden", "Frieden", "Der Frieden kam ins Tal.", published=date(2024, 1, 2), language="de"),
        Document("undated", "A letter", "An undated letter about printing and newspapers.", url="javascript:alert(1)"),
    ]


@pytest.fixture(scope="module", params=["memory", "whoosh"])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    opened = open_engine("memory:" if request.param == "memory" else str(tmp_path_factory.mktemp("archive") / "index"))
    with opened.writer() as writer:
        for document in _documents():
            writer.add(document)
    return opened


@pytest.fixture
def archive(engine: Engine) -> Iterator[PinnedArchive]:
    with over(engine, NOW).pinned() as pinned:
        yield pinned


@pytest.fixture(scope="module")
def large() -> Engine:
    """Articles of which pairs are near-copies, some undated, many of the same day and the same score."""
    opened = open_engine("memory:")
    with opened.writer() as writer:
        for number in range(700):
            published = date(2000 + number % 20, 1, 1) if number % 9 else None
            fingerprint = (number // 2 + 1) * 0x0101_0101_0101_0101 % 2**64 if number < 400 else 0
            text = "common word " * (1 + number % 3)
            writer.add(Document(f"a{number:04}", f"n{number}", text, published=published, fingerprint=fingerprint))
    return opened


def ask(archive: PinnedArchive, q: str = "", **more: object) -> SearchResponse:
    return archive.search(SearchRequest(q=q, **more), LINKS)  # type: ignore[arg-type]


def ids(answer: SearchResponse) -> list[str]:
    return [hit.id for hit in answer.hits]


# The answer as a whole


def test_an_answer_holds_all_there_is_to_show(archive: PinnedArchive) -> None:
    answer = ask(archive, "peace treaty")
    first = answer.hits[0]
    assert (answer.total, ids(answer), answer.sort) == (2, ["peace", "war"], "relevance")
    assert first.title_html == "A <mark>peace</mark> <mark>treaty</mark> in Geneva"
    assert first.title_spans == ((2, 7), (8, 14))
    assert first.snippets[0].html.startswith("Delegates met in Geneva. The <mark>peace</mark> <mark>treaty</mark> was")
    assert first.matched_fields == ("title", "summary", "body", "tags")
    assert (first.published, answer.hits[1].published) == ("2024-07-03T09:00:00+00:00", "2019-02-01")
    assert first.article_url.startswith("/article/peace?q=peace+treaty")
    assert [facet.name for facet in answer.facets] == [facet.name for facet in DEFAULT_FACETS]
    assert answer.timeline is not None
    assert sum(bucket.count for bucket in answer.timeline.buckets) == 2
    assert answer.index.articles == 6
    assert answer.took_ms > 0


def test_an_answer_is_what_its_types_say(archive: PinnedArchive) -> None:
    adapter = TypeAdapter(SearchResponse)
    answer = ask(archive, "peace", explain=True, group="story")
    assert adapter.validate_json(adapter.dump_json(answer), strict=False) == answer


def test_without_a_query_the_newest_come_first_and_the_undated_last(archive: PinnedArchive) -> None:
    answer = ask(archive)
    assert answer.sort == "newest"
    assert ids(answer) == ["peace", "frieden", "reprint", "essay", "war", "undated"]
    assert all(hit.matched_fields == () for hit in answer.hits)


def test_an_address_that_is_not_of_the_web_is_never_shown(archive: PinnedArchive) -> None:
    assert {hit.id: hit.url for hit in ask(archive).hits}["undated"] is None


def test_times_are_shown_in_the_zone_asked_for_and_days_stay(archive: PinnedArchive) -> None:
    answer = ask(archive, "peace", time_zone="Asia/Tokyo")
    assert [hit.published for hit in answer.hits] == ["2024-07-03T18:00:00+09:00", "2019-02-01"]


def test_highlight_says_how_much_is_marked(archive: PinnedArchive) -> None:
    text = ask(archive, "peace", highlight="text").hits[0]
    assert (text.title_html, text.snippets[0].html) == ("", "")
    assert text.snippets[0].spans
    off = ask(archive, "peace", highlight="off").hits[0]
    assert (off.title_html, off.snippets) == ("", ())


def test_an_empty_archive_answers_everything() -> None:
    opened = open_engine("memory:")
    with opened.writer():
        pass
    with over(opened, NOW).pinned() as archive:
        for q in ("", "peace", '"peace treaty"~3 OR ar*', "-peace"):
            answer = ask(archive, q, explain=True, group="story")
            assert (answer.total, answer.hits, answer.suggestions.relax) == (0, (), ())
        assert ask(archive, "peace", cursor="*").links.next is None
        overview = archive.overview(LINKS)
        assert (overview.newest, overview.sections, overview.years, overview.undated) == ((), (), (), 0)


def test_hostile_values_are_searched_like_any_other(archive: PinnedArchive) -> None:
    for value in ("\x00", "<script>", "a" * 500, "News\n> World", "%_*"):
        answer = ask(archive, "peace", keywords=(("tag", Filters((value,))),))
        assert answer.total == 0
        assert any("no article has the tag" in warning for warning in answer.warnings)


def test_an_article_with_a_strange_and_long_id_is_found_and_linked() -> None:
    opened = open_engine("memory:")
    strange = "ä/../?#\x01" + "x" * 5000
    with opened.writer() as writer:
        writer.add(Document(strange, "Odd", "odd"))
        writer.add(Document("plain", "Odd", "odd"))
    with over(opened, NOW).pinned() as archive:
        answer = ask(archive, "odd", cursor="*", per_page=1)
        assert answer.links.next is not None
        cursor = answer.links.next.partition("cursor=")[2].partition("&")[0]
        following = ask(archive, "odd", cursor=cursor, per_page=1)
        assert {*ids(answer), *ids(following)} == {strange, "plain"}


# What cannot be asked


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"page": 0}, "page"),
        ({"q": "half \ud800"}, "q"),
        ({"keywords": (("tag", Filters(("\udc80",))),)}, "tag"),
        ({"page": 1001}, "page"),
        ({"per_page": 101}, "per_page"),
        ({"per_page": -1}, "per_page"),
        ({"time_zone": "Mars/Olympus"}, "tz"),
        ({"date": "printed"}, "date"),
        ({"fields_searched": ("smell",)}, "in"),
        ({"keywords": (("smell", Filters(("a",))),)}, "filter"),
        ({"keywords": (("tag", Filters(("a" * 501,))),)}, "tag"),
        ({"keywords": (("tag", Filters(tuple(map(str, range(51))))),)}, "filter"),
        ({"facets": (FacetRequest("smell"),)}, "facets"),
        ({"facets": (FacetRequest("tag", 0),)}, "facets"),
        ({"fields": ("smell",)}, "fields"),
        ({"start": date(2024, 7, 2), "end": date(2024, 7, 1)}, "from"),
        ({"end": RelativeTime(9999, "y")}, "to"),
        ({"cursor": "*", "page": 2}, "cursor"),
        ({"cursor": "*", "group": "story"}, "cursor"),
        ({"cursor": "*", "per_page": 0}, "cursor"),
    ],
)
def test_a_parameter_out_of_range_is_named(archive: PinnedArchive, wrong: dict[str, object], name: str) -> None:
    with pytest.raises(ParameterError) as raised:
        ask(archive, **wrong)
    assert raised.value.name == name


def test_a_query_that_cannot_be_read_says_where(archive: PinnedArchive) -> None:
    with pytest.raises(QuerySyntaxError) as raised:
        ask(archive, "peace " + "(" * 50 + "war" + ")" * 50)
    assert raised.value.position > 0


# Chips


def test_every_condition_is_a_chip_that_takes_it_away(archive: PinnedArchive) -> None:
    answer = ask(
        archive,
        "peace",
        keywords=(("lang", Filters(("en",))), ("tag", Filters(("peace",), ("war", MISSING)))),
        start=date(2024, 7, 1),
        end=date(2024, 7, 31),
        fields_searched=("title", "body"),
        page=3,
    )
    chips = {(chip.name, chip.value, chip.negated): chip for chip in answer.query.applied}
    assert [(c.name, c.label, c.value_label, c.negated) for c in answer.query.applied] == [
        ("lang", "Language", "English", False),
        ("tag", "Tag", "peace", False),
        ("tag", "Tag", "war", True),
        ("tag", "Tag", "none", True),
        ("date", "Published", "July 2024", False),
        ("in", "Searched in", "Title", False),
        ("in", "Searched in", "Text", False),
    ]
    undated = chips["date", "2024-07-01..2024-07-31", False].remove_url
    assert "from=" not in undated
    assert "page=" not in undated
    assert "tag=peace" in undated
    assert "tag=-war" not in chips["tag", "war", True].remove_url
    assert "in=body" in chips["in", "title", False].remove_url


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (date(2024, 1, 1), date(2024, 12, 31), "2024"),
        (date(2024, 7, 3), None, "since 3 July 2024"),
        (None, datetime(2024, 7, 3, 12, tzinfo=UTC), "until 3 July 2024, 12:00 UTC"),
        (date(2024, 7, 3), date(2024, 8, 1), "3 July 2024 – 1 August 2024"),
    ],
)
def test_dates_are_read_in_words(
    archive: PinnedArchive, start: date | None, end: date | datetime | None, words: str
) -> None:
    [chip] = ask(archive, start=start, end=end).query.applied
    assert chip.value_label == words


def test_an_unknown_filter_value_is_told_with_its_neighbours(archive: PinnedArchive) -> None:
    answer = ask(archive, keywords=(("section", Filters(("opinon",))),))
    assert answer.total == 0
    assert "no article has the section “opinon”; there is “Opinion”" in answer.warnings


# Pages


def test_pages_link_to_their_neighbours(large: Engine) -> None:
    with over(large, NOW).pinned() as archive:
        links = ask(archive, "common", page=3, per_page=100).links
        assert (links.first, links.prev, links.next, links.last) == tuple(
            f"/search?q=common{page}&per_page=100" for page in ("", "&page=2", "&page=4", "&page=7")
        )
        last = ask(archive, "common", page=7, per_page=100)
        assert (last.links.next, len(last.hits)) == (None, 100)


def test_beyond_the_last_page_there_are_no_hits_but_a_way_back(large: Engine) -> None:
    with over(large, NOW).pinned() as archive:
        answer = ask(archive, "common", page=90, per_page=100)
        assert (answer.hits, answer.total, answer.links.next) == ((), 700, None)
        assert answer.links.prev == answer.links.last == "/search?q=common&page=7&per_page=100"


def test_counts_only_are_counts_without_pages(archive: PinnedArchive) -> None:
    answer = ask(archive, "peace", per_page=0)
    assert (answer.total, answer.hits, answer.links.first, answer.links.next) == (2, (), None, None)
    assert answer.facets[0].values


def test_pages_hold_every_hit_once(large: Engine) -> None:
    with over(large, NOW).pinned() as archive:
        pages = [ids(ask(archive, "common", page=page, per_page=100)) for page in range(1, 8)]
    assert len(set(chain.from_iterable(pages))) == 700


# Cursors


@pytest.mark.parametrize("sort", ["relevance", "newest", "oldest"])
def test_a_cursor_goes_through_every_hit_once_in_order(large: Engine, sort: str) -> None:
    with over(large, NOW).pinned() as archive:
        seen: list[str] = []
        cursor: str | None = "*"
        while cursor:
            answer = ask(archive, "common", sort=sort, cursor=cursor, per_page=90, facets=())
            assert (answer.page, answer.total) == (None, 700)
            seen += ids(answer)
            link = answer.links.next
            cursor = link.partition("cursor=")[2].partition("&")[0] if link else None
        by_page = [ids(ask(archive, "common", sort=sort, page=page, per_page=100)) for page in range(1, 8)]
        assert seen == list(chain.from_iterable(by_page))


def _next_cursor(answer: SearchResponse) -> str:
    assert answer.links.next is not None
    return answer.links.next.partition("cursor=")[2].partition("&")[0]


def test_a_cursor_keeps_its_time_so_that_recency_cannot_shift_hits(large: Engine) -> None:
    with over(large, NOW).pinned() as archive:
        cursor = _next_cursor(ask(archive, "common", cursor="*"))
        request = SearchRequest(q="common", cursor=cursor)
        later = over(large, NOW.replace(year=2044)).search(request, LINKS)
        assert ids(later) == ids(ask(archive, "common", page=2))


def test_a_cursor_keeps_its_time_so_that_relative_dates_cannot_move(large: Engine) -> None:
    request = SearchRequest(q="common", start=RelativeTime(15, "y"), per_page=20, facets=())
    begun = over(large, NOW).search(replace(request, cursor="*"), LINKS)
    assert begun.links.next is not None
    assert "from=2009-07-05T15:30:00%2B00:00" in begun.links.next
    following = parse_search(urlsplit(begun.links.next).query.encode(), kind="html")
    later = over(large, NOW + timedelta(days=400))
    assert later.search(following, LINKS).total == begun.total
    assert later.search(request, LINKS).total < begun.total


def test_advice_counts_relative_dates_back_from_the_same_moment(archive: PinnedArchive) -> None:
    answer = ask(archive, "printing", start=RelativeTime(3, "d"))
    [relaxed] = [row for row in answer.suggestions.relax if row.drop.startswith("the dates")]
    assert (relaxed.drop, relaxed.total) == ("the dates (since 2 July 2024, 15:30 UTC)", 3)
    assert answer.query.applied[0].value == "2024-07-02T15:30:00+00:00.."
    assert answer.links.self == "/search?q=printing&from=now-3d"


def test_a_cursor_of_another_search_is_refused(large: Engine) -> None:
    with over(large, NOW).pinned() as archive:
        cursor = _next_cursor(ask(archive, "common", cursor="*"))
        with pytest.raises(ParameterError, match="another search"):
            ask(archive, "word", cursor=cursor)
        assert ask(archive, "common", cursor=cursor, facets=(), highlight="off").hits


def test_a_cursor_of_an_older_index_has_expired() -> None:
    opened = open_engine("memory:")
    with opened.writer() as writer:
        for number in range(3):
            writer.add(Document(str(number), "x"))
    with over(opened, NOW).pinned() as archive:
        cursor = _next_cursor(ask(archive, cursor="*", per_page=1))
    with opened.writer() as writer:
        writer.delete("0")
    with over(opened, NOW).pinned() as archive, pytest.raises(CursorExpired):
        ask(archive, cursor=cursor, per_page=1)


def test_a_damaged_cursor_is_refused(large: Engine) -> None:
    with over(large, NOW).pinned() as archive:
        cursor = _next_cursor(ask(archive, "common", cursor="*"))
        assert encode(decode(cursor)) == cursor
        damaged = [cursor[:-1], cursor[1:], cursor + "A", cursor + "=", cursor.swapcase(), "", "é", "AQ", "*" * 30_000]
        for text in damaged:
            with pytest.raises(ParameterError, match=r"begin (again )?with cursor=\*"):
                ask(archive, "common", cursor=text)


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_no_text_breaks_the_reading_of_cursors(text: str) -> None:
    with pytest.raises(ParameterError):
        decode(text)


def test_past_the_depth_of_pages_the_next_one_goes_by_cursor() -> None:
    opened = open_engine("memory:")
    with opened.writer() as writer:
        for number in range(10_050):
            writer.add(Document(f"{number:05}", "x"))
    with over(opened, NOW).pinned() as archive:
        plain = {"facets": (), "per_page": 100}
        deepest = ask(archive, page=100, **plain)
        assert deepest.links.last == deepest.links.self
        following = ask(archive, cursor=_next_cursor(deepest), **plain)
        assert ids(following)[0] == "10000"
        assert len(following.hits) == 50


# Grouping


def test_near_copies_stand_behind_the_best_of_them(archive: PinnedArchive) -> None:
    answer = ask(archive, "printing", group="story", sort="newest")
    assert (answer.total, ids(answer)) == (3, ["reprint", "undated"])
    assert (answer.hits[0].similar_count, answer.hits[0].similar_ids) == (1, ("essay",))
    assert (answer.hits[1].similar_count, answer.hits[1].similar_ids) == (0, ())
    assert ask(archive, "printing").hits[0].similar_count is None


def test_pages_of_groups_hold_every_article_once(large: Engine) -> None:
    with over(large, NOW).pinned() as archive:
        first = ask(archive, "common", group="story", per_page=30)
        assert first.links.last is not None
        pages = int(first.links.last.partition("page=")[2].partition("&")[0])
        shown: list[Hit] = []
        for page in range(1, pages + 1):
            answer = ask(archive, "common", group="story", per_page=30, page=page, facets=())
            assert len(answer.hits) == 30 or page == pages
            shown += answer.hits
        assert any("grouped among the first 500" in warning for warning in answer.warnings)
        everything = [one for hit in shown for one in (hit.id, *hit.similar_ids)]
        assert len(everything) == len(set(everything)) == 700
        assert sum(len(hit.similar_ids) for hit in shown) > 0


# Neighbours


def test_an_article_knows_the_hits_before_and_after_it(archive: PinnedArchive) -> None:
    request = SearchRequest(q="printing", sort="newest")
    before, after = archive.neighbours(request, 1, LINKS)
    assert before is not None
    assert after is not None
    assert (before.id, after.id) == ("reprint", "undated")
    assert "position=2" in after.article_url
    assert archive.neighbours(request, 0, LINKS)[0] is None
    assert archive.neighbours(request, 2, LINKS)[1] is None
    grouped = archive.neighbours(replace(request, group="story"), 0, LINKS)[1]
    assert grouped is not None
    assert grouped.id == "undated"


# Advice


def test_a_misspelled_word_is_mended_by_the_archives_own_words(archive: PinnedArchive) -> None:
    [correction] = ask(archive, "karabah peace").suggestions.did_you_mean
    assert (correction.text, correction.count) == ("karabakh peace", 2)
    assert unquote_plus(correction.url) == "/search?q=karabakh peace"


def test_several_misspelled_words_are_mended_together(archive: PinnedArchive) -> None:
    texts = [correction.text for correction in ask(archive, "karabah tretay").suggestions.did_you_mean]
    assert texts == ["karabakh treaty"]


def test_a_correction_obeys_the_filters_and_finds_something(archive: PinnedArchive) -> None:
    inside = ask(archive, "karabah", keywords=(("section", Filters(("News > World",))),))
    assert [(c.text, c.count) for c in inside.suggestions.did_you_mean] == [("karabakh", 1)]
    outside = ask(archive, "karabah", keywords=(("section", Filters(("Opinion",))),))
    assert outside.suggestions.did_you_mean == ()
    assert [(r.drop, r.total) for r in outside.suggestions.relax] == [("any filter, for “karabakh”", 2)]


def test_words_written_apart_or_together_are_mended(archive: PinnedArchive) -> None:
    assert [c.text for c in ask(archive, "news paper archive").suggestions.did_you_mean] == ["newspaper archive"]
    assert [c.text for c in ask(archive, "peacetreaty").suggestions.did_you_mean] == ['"peace treaty"']


def test_a_word_inside_a_phrase_is_mended_in_it(archive: PinnedArchive) -> None:
    assert [c.text for c in ask(archive, '"peace tretay"').suggestions.did_you_mean] == ['"peace treaty"']


def test_known_words_are_left_alone(archive: PinnedArchive) -> None:
    for q in ("peace treaty", '="peace"', "peac*", "", "2024", "zzzzzzzzzzzz", "и"):
        assert ask(archive, q).suggestions.did_you_mean == ()


def test_when_nothing_is_found_every_condition_is_tried_without(archive: PinnedArchive) -> None:
    answer = ask(
        archive,
        "peace printing",
        operator="and",
        keywords=(("section", Filters(("News",))),),
        start=date(2019, 1, 1),
        end=date(2019, 12, 31),
    )
    assert answer.total == 0
    found = {relaxation.drop: relaxation.total for relaxation in answer.suggestions.relax}
    assert found == {"the word “printing”": 1, "requiring every word": 1}
    for relaxation in answer.suggestions.relax:
        assert "page=" not in relaxation.url


def test_dropping_a_filter_or_the_quotation_marks_is_offered_with_its_count(archive: PinnedArchive) -> None:
    dated = ask(archive, "peace", start=date(2020, 1, 1), end=date(2020, 12, 31)).suggestions.relax
    assert [(r.drop, r.total) for r in dated] == [("the dates (2020)", 2)]
    placed = ask(archive, "peace", keywords=(("section", Filters(("Opinion",))),)).suggestions.relax
    assert [(r.drop, r.total, r.url) for r in placed] == [("the section “Opinion”", 2, "/search?q=peace")]
    quoted = ask(archive, '"treaty peace"').suggestions.relax
    assert ("the quotation marks", 2) in [(r.drop, r.total) for r in quoted]
    fielded = ask(archive, "title:winter").suggestions.relax
    assert [(r.drop, r.total) for r in fielded] == [("the limit of “winter” to the title", 1)]
    limited = ask(archive, "winter", fields_searched=("title",)).suggestions.relax
    assert [(r.drop, r.total) for r in limited] == [("the limit to title", 1)]


def test_there_is_no_advice_where_something_was_found(archive: PinnedArchive) -> None:
    assert ask(archive, "peace").suggestions.relax == ()


def test_advice_is_bounded(archive: PinnedArchive) -> None:
    answer = ask(archive, " ".join(f"unheardof{number}" for number in range(200)))
    assert len(answer.suggestions.relax) <= 6
    assert len(answer.suggestions.did_you_mean) <= 3


# Ranking and explanation


def test_recency_is_off_for_quoted_words(archive: PinnedArchive) -> None:
    plain = ask(archive, "peace", explain=True).hits[1].explanation
    quoted = ask(archive, '"peace"', explain=True).hits[1].explanation
    assert plain is not None
    assert quoted is not None
    assert plain.recency < 1.0 == quoted.recency


def test_a_hit_is_explained_in_plain_words(archive: PinnedArchive) -> None:
    hit = ask(archive, "peace", explain=True).hits[0]
    assert hit.explanation is not None
    summary = hit.explanation.summary
    assert summary.startswith("“peace” is common (found in 2 of 6 articles) and occurs in the title, ")
    assert ", twice in the text and " in summary
    assert summary.endswith("published this week, so it keeps its whole score")
    total = sum(leaf.score for leaf in hit.explanation.leaves) * hit.explanation.recency
    assert total == pytest.approx(hit.score)
    assert ask(archive, "peace").hits[0].explanation is None


def test_a_search_that_ran_out_of_time_says_so(large: Engine) -> None:
    answer = over(large, NOW, deadline_seconds=1e-9).search(SearchRequest(q="common"), LINKS)
    assert answer.timed_out
    assert any("ran out of its time of 1e-09 s" in warning for warning in answer.warnings)


# The archive as a whole


def test_sections_form_a_tree_with_counts(archive: PinnedArchive) -> None:
    tree = archive.sections(LINKS)
    assert [(node.value, node.count) for node in tree] == [("News", 2), ("Opinion", 1)]
    [world] = tree[0].children
    assert (world.value, world.label, world.count) == ("News > World", "World", 1)
    assert unquote_plus(world.url) == "/search?section=News > World"


def test_very_deep_sections_do_not_break_the_tree() -> None:
    opened = open_engine("memory:")
    with opened.writer() as writer:
        writer.add(Document("deep", "x", sections=(" > ".join(map(str, range(300))),)))
    with over(opened, NOW).pinned() as archive:
        depth, nodes = 0, archive.sections(LINKS)
        while nodes:
            depth, nodes = depth + 1, nodes[0].children
    assert depth == 12


def test_the_overview_counts_years_and_months(archive: PinnedArchive) -> None:
    overview = archive.overview(LINKS)
    assert [hit.id for hit in overview.newest][:2] == ["peace", "frieden"]
    assert overview.newest[0].article_url == "/article/peace"
    assert [(year.value, year.count) for year in overview.years] == [("2024", 2), ("2021", 1), ("2020", 1), ("2019", 1)]
    assert [(m.label, m.count) for m in overview.years[0].months] == [("January 2024", 1), ("July 2024", 1)]
    assert overview.years[0].months[1].url == "/search?month=2024-07"
    assert overview.undated == 1
    assert {(v.label, v.count) for v in overview.languages} == {("English", 4), ("German", 1)}
    assert TypeAdapter(Overview).json_schema()["title"] == "Overview"
