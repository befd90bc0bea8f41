"""What every engine promises of matching: each node of a query tree, by small archives known by heart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from archives import ALL_FIELDS, ask, exact, fill, ids, phrase, word

from search.document import Document, Heading
from search.engines.plan import DateFilter, KeywordFilter
from search.engines.protocols import Engine
from search.errors import ParameterError
from search.query.match import (
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchFuzzy,
    MatchKeyword,
    MatchNone,
    MatchNot,
    MatchPhrase,
    MatchPrefix,
    MatchTerm,
    MatchWildcard,
    Term,
)
from search.query.terms import query_term
from search.schema import MISSING


def found(engine: Engine, query: object, **plan: object) -> list[str]:
    return sorted(ids(ask(engine, query, limit=100, **plan)))  # type: ignore[arg-type]


def test_an_empty_query_matches_all_and_none_matches_none(engine: Engine) -> None:
    fill(engine, Document("a", "one"), Document("b", ""))
    assert found(engine, MatchAll()) == ["a", "b"]
    assert {hit.score for hit in ask(engine, MatchAll()).hits} == {0.0}
    assert found(engine, MatchNone()) == []


def test_a_word_is_found_in_each_text_field_and_only_there(engine: Engine) -> None:
    fill(
        engine,
        Document("title", "bridge"),
        Document("headings", "", headings=(Heading("bridge", 2, 0),)),
        Document("summary", "", summary="bridge"),
        Document("body", "", "bridge"),
        Document("author", "", authors=("Bridge",)),
        Document("tags", "", tags=("bridge",)),
    )
    for field in ALL_FIELDS:
        assert found(engine, exact("bridge", field)) == [field]
    assert found(engine, exact("bridge")) == sorted(ALL_FIELDS)
    assert found(engine, exact("bridge", "title", "tags")) == ["tags", "title"]


def test_case_and_diacritics_do_not_matter(engine: Engine) -> None:
    fill(engine, Document("a", "MÉLANIE in Türkiye"), Document("b", "Melanie in Turkiye"))
    for text in ("mélanie", "Melanie", "TURKIYE"):
        assert found(engine, word(text)) == ["a", "b"]


def test_a_word_finds_its_other_forms_by_the_language_of_the_article(engine: Engine) -> None:
    fill(
        engine,
        Document("en", "running", language="en"),
        Document("gb", "he runs", language="en-GB"),
        Document("stem", "run", language="en"),
        Document("none", "running", language=""),
        Document("de", "running", language="de"),
        Document("de-stem", "run", language="de"),
    )
    assert found(engine, word("runs")) == ["en", "gb", "stem"]
    assert found(engine, word("running")) == ["de", "en", "gb", "none", "stem"]
    assert found(engine, exact("running")) == ["de", "en", "none"]


def test_accents_decide_a_stem_although_they_do_not_matter_to_the_spelling(engine: Engine) -> None:
    fill(
        engine,
        Document("with", "una canción", language="es"),
        Document("without", "una cancion", language="es"),
        Document("plural", "las canciones", language="es"),
    )
    with_accent = MatchTerm(ALL_FIELDS, query_term("canciones", ["es"]))
    assert "plural" in found(engine, with_accent)
    for text in ("canción", "cancion"):
        assert {"with", "without"} <= set(found(engine, MatchTerm(ALL_FIELDS, query_term(text, ["es"]))))


def test_joined_words_are_found_apart_and_together(engine: Engine) -> None:
    fill(engine, Document("a", "post-war years"), Document("b", "postwar years"), Document("c", "post war years"))
    assert found(engine, exact("postwar")) == ["a", "b"]
    assert found(engine, exact("war")) == ["a", "c"]
    assert found(engine, phrase("post war years")) == ["a", "c"]
    assert found(engine, phrase("war years")) == ["a", "c"]


def test_a_phrase_respects_order_and_neighbourhood(engine: Engine) -> None:
    fill(engine, Document("a", "the old bridge"), Document("b", "bridge old"), Document("c", "old iron bridge"))
    assert found(engine, phrase("old bridge")) == ["a"]
    assert found(engine, phrase("bridge old")) == ["b"]
    assert found(engine, phrase("the old bridge")) == ["a"]
    assert found(engine, phrase("bridge")) == ["a", "b", "c"]
    assert found(engine, MatchPhrase(ALL_FIELDS, ())) == []


def test_a_phrase_stays_within_one_field_and_one_value(engine: Engine) -> None:
    fill(
        engine,
        Document("fields", "old", "bridge"),
        Document("values", "", headings=(Heading("old", 2, 0), Heading("bridge", 2, 0)), authors=("Old", "Bridge")),
        Document("one", "", authors=("Ann", "Old Bridge")),
    )
    for slop in (None, 0, 50, 10_000):
        assert found(engine, phrase("old bridge", slop=slop)) == ["one"]


def test_an_ordered_phrase_counts_once_for_each_start(engine: Engine) -> None:
    fill(engine, Document("a", "", "no no no no"))
    hit = ask(engine, phrase("no no"), explain=True).hits[0]
    assert hit.explanation is not None
    assert hit.explanation.leaves[0].parts[0].frequency == 3


def test_near_words_match_in_any_order_within_their_span(engine: Engine) -> None:
    fill(
        engine,
        Document("0", "flood bridge"),
        Document("1", "bridge and flood"),
        Document("2", "bridge and the flood"),
        Document("3", "flood on the old bridge"),
    )
    assert found(engine, phrase("bridge flood", slop=0)) == ["0"]
    assert found(engine, phrase("bridge flood", slop=1)) == ["0", "1"]
    assert found(engine, phrase("bridge flood", slop=2)) == ["0", "1", "2"]
    assert found(engine, phrase("bridge flood", slop=3)) == ["0", "1", "2", "3"]


def test_near_words_need_a_position_each(engine: Engine) -> None:
    fill(engine, Document("once", "new york"), Document("twice", "new new york"), Document("far", "new a b c new york"))
    assert found(engine, phrase("new new", slop=2)) == ["twice"]
    assert found(engine, phrase("new new york", slop=0)) == ["twice"]


def test_a_near_phrase_counts_once_for_each_minimal_span(engine: Engine) -> None:
    fill(engine, Document("a", "", "a b x x x b a x x x a x b"))
    hit = ask(engine, phrase("a b", slop=1, languages=()), explain=True).hits[0]
    assert hit.explanation is not None
    frequency = hit.explanation.leaves[0].parts[0].frequency
    if "reference scores" in engine.capabilities:
        assert frequency == 3
    else:
        assert 2 < frequency < 3, "the widest of the three counts for less"


def test_a_prefix_matches_the_beginning_of_words(engine: Engine) -> None:
    fill(engine, Document("a", "bridge"), Document("b", "Bridgehead"), Document("c", "abridge"), Document("d", "bri"))
    assert found(engine, MatchPrefix(ALL_FIELDS, "brid")) == ["a", "b"]
    assert found(engine, MatchPrefix(("body",), "brid")) == []


def test_any_one_character_of_unspaced_script_is_found_as_a_prefix(engine: Engine) -> None:
    fill(engine, Document("a", "東京都に行く", language="ja"))
    for character in "東京都に行く":
        assert found(engine, MatchPrefix(ALL_FIELDS, character)) == ["a"]
    assert found(engine, phrase("東京 京都", languages=())) == ["a"]


def test_a_wildcard_fits_the_whole_word(engine: Engine) -> None:
    fill(engine, *(Document(text, text) for text in ("color", "colour", "colours", "discolour", "colr")))
    assert found(engine, MatchWildcard(ALL_FIELDS, "colo*r")) == ["color", "colour"]
    assert found(engine, MatchWildcard(ALL_FIELDS, "colou?")) == ["colour"]
    assert found(engine, MatchWildcard(ALL_FIELDS, "*colour*")) == ["colour", "colours", "discolour"]


def test_a_fuzzy_word_allows_so_many_edits_after_the_first_character(engine: Engine) -> None:
    fill(engine, *(Document(text, text) for text in ("karabakh", "karabah", "krabaakh", "qarabakh", "karavan")))
    assert found(engine, MatchFuzzy(ALL_FIELDS, "karabakh", 1)) == ["karabah", "karabakh"]
    assert found(engine, MatchFuzzy(ALL_FIELDS, "karabakh", 2)) == ["karabah", "karabakh", "krabaakh"]
    assert ids(ask(engine, MatchFuzzy(ALL_FIELDS, "karabakh", 2)))[0] == "karabakh", "the spelling asked for is best"


def test_patterns_and_words_find_the_newest_and_not_the_deleted(engine: Engine) -> None:
    fill(engine, Document("a", "alpha"), Document("b", "alphabet"))
    with engine.writer() as writer:
        writer.delete("a")
        writer.add(Document("c", "alphas"))
    assert found(engine, MatchPrefix(ALL_FIELDS, "alph")) == ["b", "c"]
    assert found(engine, MatchFuzzy(ALL_FIELDS, "alpha", 1)) == ["c"]


def test_trees_combine_their_children(engine: Engine) -> None:
    fill(engine, Document("ab", "alpha beta"), Document("a", "alpha"), Document("b", "beta"), Document("0", "gamma"))
    alpha, beta = exact("alpha"), exact("beta")
    assert found(engine, MatchEvery((alpha, beta))) == ["ab"]
    assert found(engine, MatchAny((alpha, beta))) == ["a", "ab", "b"]
    assert found(engine, MatchBest((alpha, beta))) == ["a", "ab", "b"]
    assert found(engine, MatchNot(alpha)) == ["0", "b"]
    assert found(engine, MatchEvery((beta, MatchNot(alpha)))) == ["b"]
    assert found(engine, MatchNot(MatchAll())) == []
    assert found(engine, MatchEvery(())) == ["0", "a", "ab", "b"]
    assert found(engine, MatchAny(())) == found(engine, MatchBest(())) == []


def test_at_least_so_many_of_the_children_match(engine: Engine) -> None:
    fill(
        engine,
        Document("abc", "alpha beta gamma"),
        Document("ab", "alpha beta"),
        Document("aa", "alpha alpha alpha"),
        Document("bc", "gamma beta"),
        Document("0", "delta"),
    )
    words = tuple(exact(text) for text in ("alpha", "beta", "gamma"))
    assert found(engine, MatchAny(words, 1)) == ["aa", "ab", "abc", "bc"]
    assert found(engine, MatchAny(words, 2)) == ["ab", "abc", "bc"]
    assert found(engine, MatchAny(words, 3)) == found(engine, MatchEvery(words)) == ["abc"]
    assert found(engine, MatchAny(words, 4)) == found(engine, MatchAny((), 2)) == []
    assert found(engine, MatchAny((*words, MatchNot(exact("delta"))), 3)) == ["ab", "abc", "bc"]
    assert found(engine, MatchEvery((MatchAny(words, 2), MatchNot(words[2])))) == ["ab"]
    assert found(engine, MatchNot(MatchAny(words, 2))) == ["0", "aa"]
    assert ask(engine, MatchAny(words, 2), limit=0).total == 3


def test_keywords_match_exactly_and_sections_match_below(engine: Engine) -> None:
    fill(
        engine,
        Document("deep", "", sections=("News > Economy > Oil",)),
        Document("top", "", sections=("News",)),
        Document("like", "", sections=("News > Economyx",)),
        Document("other", "", sections=("news",), tags=("News",)),
    )
    assert found(engine, MatchKeyword("section", ("News",))) == ["deep", "like", "top"]
    assert found(engine, MatchKeyword("section", ("News > Economy",))) == ["deep"]
    assert found(engine, MatchKeyword("section", ("news", "News > Economy > Oil"))) == ["deep", "other"]
    assert found(engine, MatchKeyword("section", ())) == found(engine, MatchKeyword("author", ("News",))) == []


def test_keyword_filters_keep_any_of_the_included_and_none_of_the_excluded(engine: Engine) -> None:
    fill(
        engine,
        Document("a", "", tags=("oil", "war")),
        Document("b", "", tags=("oil",)),
        Document("c", "", tags=("peace",)),
        Document("d", ""),
    )

    def kept(include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> list[str]:
        return found(engine, MatchAll(), filters=(KeywordFilter("tag", include, exclude),))

    assert kept(("oil", "peace")) == ["a", "b", "c"]
    assert kept((), ("war",)) == ["b", "c", "d"]
    assert kept(("oil",), ("war",)) == ["b"]
    assert kept((MISSING,)) == ["d"]
    assert kept((MISSING, "peace")) == ["c", "d"]
    assert kept((), (MISSING,)) == ["a", "b", "c"]
    assert kept(("Oil",)) == []


DATED = (
    Document("undated", ""),
    Document("day", "", published=date(2024, 7, 3)),
    Document("late", "", published=datetime(2024, 7, 2, 22, 30, tzinfo=UTC)),
    Document("far", "", published=datetime(2024, 7, 3, 22, 30, tzinfo=timezone(timedelta(hours=-8)))),
)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("UTC", ["day"]), ("Asia/Baku", ["day", "late"]), ("America/Los_Angeles", ["day", "far"])],
)
def test_a_day_is_the_local_day_of_a_datetime_and_the_same_day_everywhere_of_a_date(
    engine: Engine, zone: str, expected: list[str]
) -> None:
    fill(engine, *DATED)
    day = date(2024, 7, 3)
    assert found(engine, MatchDates("published", day, day), time_zone=zone) == expected
    assert found(engine, MatchAll(), filters=(DateFilter("published", day, day),), time_zone=zone) == expected


def test_both_ends_of_a_range_are_included_and_none_is_open(engine: Engine) -> None:
    fill(engine, *DATED)
    instant = datetime(2024, 7, 2, 22, 30, tzinfo=UTC)
    assert found(engine, MatchDates("published", instant, instant)) == ["late"]
    assert found(engine, MatchDates("published", instant, None)) == ["day", "far", "late"]
    assert found(engine, MatchDates("published", None, instant)) == ["late"]
    assert found(engine, MatchDates("published", None, None)) == ["day", "far", "late"], "undated never match"
    assert found(engine, MatchDates("published", date(2024, 7, 4), date(2024, 7, 3))) == []
    assert found(engine, MatchDates("modified", None, None)) == []


def test_the_midnight_of_a_bare_date_is_utc_where_an_instant_is_asked_for(engine: Engine) -> None:
    fill(engine, *DATED)
    midnight = datetime(2024, 7, 3, tzinfo=UTC)
    assert found(engine, MatchDates("published", midnight, midnight), time_zone="Asia/Baku") == ["day"]


def test_days_at_the_ends_of_the_calendar_are_days(engine: Engine) -> None:
    fill(
        engine,
        Document("first", "", published=date(1, 1, 1)),
        Document("last", "", published=datetime(9999, 12, 31, 23, 59, tzinfo=UTC)),
        Document("old", "", published=datetime(1665, 11, 7, 12, tzinfo=UTC)),
    )
    for zone in ("UTC", "Pacific/Kiritimati", "Pacific/Niue"):
        assert found(engine, MatchDates("published", None, date(1700, 1, 1)), time_zone=zone) == ["first", "old"]
        assert found(engine, MatchDates("published", date(9999, 12, 30), None), time_zone=zone) == ["last"]


def test_a_time_zone_that_does_not_exist_is_the_callers_mistake(engine: Engine) -> None:
    fill(engine, *DATED)
    for zone in ("Mars/Phobos", "", "../../etc/passwd", "a\0b", "x" * 5000):
        with pytest.raises(ParameterError, match="time zone"):
            ask(engine, time_zone=zone)


def test_a_term_with_stems_of_unknown_languages_still_matches_its_surface(engine: Engine) -> None:
    fill(engine, Document("a", "run", language="en"))
    assert found(engine, MatchTerm(ALL_FIELDS, Term("run", (("xx", "ru"), ("de", "run"))))) == ["a"]
    assert found(engine, MatchTerm(ALL_FIELDS, Term("rux", (("xx", "run"), ("de", "run"))))) == []


def test_leaves_come_with_how_many_articles_they_match_where_texts_are_shown(engine: Engine) -> None:
    fill(engine, *(Document(str(n), "", "bridge" if n else "bridge and river") for n in range(4)))
    query = MatchAny((exact("river"), MatchNot(exact("absent")), exact("bridge")))
    assert ask(engine, query).frequencies == ()
    assert ask(engine, query, bring="text").frequencies == (1, 0, 4)
