"""Cursors: what is written is read back, what was forged is harmless, and a commit ends them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from archives import NOW, fill, over
from asking import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.archive import Archive
from search.document import Document
from search.engines import open_engine
from search.engines.plan import After
from search.engines.protocols import Engine
from search.errors import CursorExpired, ParameterError, RequestError
from search.query.dates import RelativeTime
from search.request.request import DEFAULT_FACETS, Filters, SearchRequest
from search.results.cursor import START, Cursor, decode, encode, resume, search_digest

zones = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(timedelta(hours=-12)), None])
instants = st.datetimes(timezones=zones)
keys = st.none() | st.floats()
names = st.text(max_size=40)


def forged(*parts: object) -> str:
    """A cursor as one would make it by hand."""
    return urlsafe_b64encode(b"\x01" + json.dumps(parts).encode("ascii")).rstrip(b"=").decode("ascii")


@given(
    names,
    names,
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=zones.filter(bool)),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    names,
)
def test_every_cursor_is_read_back(generation: str, digest: str, now: datetime, key: float | None, name: str) -> None:
    cursor = Cursor(generation, digest, now, After(key, name))
    text = encode(cursor)
    assert decode(text) == cursor
    assert encode(decode(text)) == text
    assert text.isascii()
    assert all(character.isalnum() or character in "-_" for character in text)


@given(names, names, instants, keys, st.text(max_size=10) | st.integers() | st.none())
def test_whatever_is_forged_is_a_cursor_or_refused(
    generation: str, digest: str, now: datetime, key: float | None, name: object
) -> None:
    text = forged(generation, digest, now.isoformat(), key, name)
    try:
        cursor = decode(text)
    except ParameterError as error:
        assert error.name == "cursor"  # noqa: PT017 - both outcomes are right
    else:
        assert encode(cursor) == text


@pytest.mark.parametrize(
    "text",
    [
        forged(),
        forged("g", "d", "2024-07-01T00:00:00+00:00", 1.0),
        forged("g", "d", "2024-07-01T00:00:00+00:00", 1, "a"),
        forged("g", "d", "2024-07-01T00:00:00", 1.0, "a"),
        forged("g", "d", "2024-07-01T02:00:00+02:00", 1.0, "a"),
        forged("g", "d", "0001-01-01T00:00:00+14:00", 1.0, "a"),
        forged("g", "d", "yesterday", 1.0, "a"),
        forged("g", "d", "2024-07-01T00:00:00+00:00", float("nan"), "a"),
        forged("g", "d", "2024-07-01T00:00:00+00:00", float("inf"), "a"),
        forged("g", "d", "2024-07-01T00:00:00+00:00", 1.0, "a", "more"),
        forged(["g"], "d", "2024-07-01T00:00:00+00:00", 1.0, "a"),
        urlsafe_b64encode(b"\x02" + b'["g","d","2024-07-01T00:00:00+00:00",1.0,"a"]').decode().rstrip("="),
        urlsafe_b64encode(b"\x01" + b"[" * 10_000).decode().rstrip("="),
        urlsafe_b64encode(b"\x01" + b"9" * 10_000).decode().rstrip("="),
    ],
)
def test_what_no_answer_has_written_is_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="not a cursor of this service"):
        decode(text)


# Which search it belongs to


SAME = {
    "page": 3, "per_page": 7, "cursor": "x", "facets": (), "fields": ("id",), "highlight": "off", "explain": True,
    "group": "story", "bars": "share",
}  # fmt: skip
OTHER = {
    "q": "war", "fields_searched": ("title",), "keywords": (("tag", Filters(("a",))),), "start": date(2024, 1, 1),
    "end": date(2024, 1, 2), "periods": ("2024",), "date": "modified", "time_zone": "Asia/Baku", "sort": "oldest",
    "operator": "or",
}  # fmt: skip


def test_each_part_of_a_request_is_known_to_change_the_hits_or_not() -> None:
    assert {field.name for field in fields(SearchRequest)} == SAME.keys() | OTHER.keys()


@pytest.mark.parametrize("name", SAME)
def test_what_only_shapes_an_answer_leaves_a_cursor_valid(name: str) -> None:
    changed = replace(SearchRequest(q="peace", facets=DEFAULT_FACETS), **{name: SAME[name]})  # type: ignore[arg-type]
    assert search_digest(changed) == search_digest(SearchRequest(q="peace"))


@pytest.mark.parametrize("name", OTHER)
def test_what_changes_the_hits_or_their_order_needs_another_cursor(name: str) -> None:
    request = SearchRequest(q="peace")
    changed = replace(request, **{name: OTHER[name]})  # type: ignore[arg-type]
    cursor = encode(Cursor("g", search_digest(request), NOW, After(None, "a")))
    assert resume(cursor, request, "g").after.id == "a"
    with pytest.raises(ParameterError, match="another search"):
        resume(cursor, changed, "g")


def test_the_default_order_is_the_same_search_as_its_name() -> None:
    assert search_digest(SearchRequest()) == search_digest(SearchRequest(sort="newest"))
    assert search_digest(SearchRequest(q="a")) == search_digest(SearchRequest(q="a", sort="relevance"))


# Over an archive


@pytest.fixture(scope="module")
def engine() -> Engine:
    return fill(
        open_engine("memory:"),
        *(Document(f"x{n}", "war bridge", "run", published=date(2020, 1, 1 + n), language="en") for n in range(9)),
    )


@pytest.fixture(scope="module")
def archive(engine: Engine) -> Iterator[Archive]:
    opened = over(engine, NOW)
    yield opened
    opened.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    requests(),
    st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    names,
)
def test_a_forged_cursor_only_asks_another_question(
    archive: Archive, request: SearchRequest, now: datetime, key: float | None, name: str
) -> None:
    request = replace(request, page=1, per_page=3, group="none")
    try:
        digest = search_digest(request.resolved(now))
        cursor = encode(Cursor(archive.status().generation, digest, now, After(key, name)))
        found = archive.search(replace(request, cursor=cursor))
    except RequestError:
        return  # a relative date before the calendar begins, or after the other end
    assert found.page is None
    assert len(found.hits) <= 3
    assert found.total == archive.search(replace(request.resolved(now), cursor=None, per_page=0)).total or (
        "now-" in request.q
    )


def test_a_cursor_ends_with_any_commit_even_one_that_brings_the_articles_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    for url in ("memory:", str(tmp_path_factory.mktemp("archive") / "index")):
        engine = fill(open_engine(url), *(Document(str(n), "x") for n in range(4)))
        archive = Archive(engine, clock=lambda: NOW, check_seconds=0.0)
        request = SearchRequest(cursor=START, per_page=2, facets=())
        link = archive.search(request).links.next
        assert link is not None
        cursor = link.partition("cursor=")[2].partition("&")[0]
        assert len(archive.search(replace(request, cursor=cursor)).hits) == 2
        fill(engine, Document("9", "x"))
        with engine.writer() as writer:
            writer.delete("9")
        with pytest.raises(CursorExpired, match=r"begin again with cursor=\*"):
            archive.search(replace(request, cursor=cursor))
        archive.close()


def test_an_answer_without_relative_dates_has_the_same_cursors_all_day(engine: Engine) -> None:
    def cursor_at(hour: int, q: str, start: RelativeTime | None = None) -> str | None:
        archive = over(engine, NOW.replace(hour=hour))
        return archive.search(SearchRequest(q=q, start=start, cursor=START, per_page=2, facets=())).links.next

    assert cursor_at(1, "war") == cursor_at(23, "war") is not None
    assert cursor_at(1, "war date:now-9y..") != cursor_at(23, "war date:now-9y..")
    assert cursor_at(1, "war", RelativeTime(9, "y")) != cursor_at(23, "war", RelativeTime(9, "y"))


def test_a_commit_between_two_pages_shows_in_neither_of_a_pinned_archive() -> None:
    own = fill(open_engine("memory:"), *(Document(str(n), "x") for n in range(4)))
    with over(own, NOW).pinned() as pinned:
        request = SearchRequest(cursor=START, per_page=2, facets=())
        link = pinned.search(request).links.next
        assert link is not None
        fill(own, Document("00", "x"))
        cursor = link.partition("cursor=")[2].partition("&")[0]
        assert [hit.id for hit in pinned.search(replace(request, cursor=cursor)).hits] == ["2", "3"]


def test_a_cursor_made_before_midnight_measures_recency_from_its_own_day(engine: Engine) -> None:
    evening = datetime(2024, 7, 1, 23, 59, tzinfo=UTC)
    request = SearchRequest(q="war", cursor=START, per_page=3, facets=())
    begun = over(engine, evening).search(request)
    assert begun.links.next is not None
    cursor = begun.links.next.partition("cursor=")[2].partition("&")[0]
    later = over(engine, evening + timedelta(days=3000)).search(replace(request, cursor=cursor, explain=True))
    same = over(engine, evening).search(replace(request, cursor=cursor, explain=True))
    assert [hit.score for hit in later.hits] == [hit.score for hit in same.hits]
    assert later.query == same.query


def test_relative_ends_in_the_wrong_order_are_refused_with_a_cursor_too(archive: Archive) -> None:
    request = SearchRequest(start=RelativeTime(1, "d"), end=RelativeTime(2, "d"), cursor=START)
    with pytest.raises(ParameterError, match="later than to"):
        archive.search(request)
