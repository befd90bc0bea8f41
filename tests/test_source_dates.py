"""What reading dates promises: the day that is written, in any of the languages, and none where it cannot be told."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.extraction.dates import MONTHS, parse_moment, parse_written_date, written_dates
from index.extraction.stated_dates import Dates, Unreadable, read_date
from search.document import Moment

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-07-03", date(2024, 7, 3)),
        ("20240703", date(2024, 7, 3)),
        ("2024-07-03T10:20:30Z", datetime(2024, 7, 3, 10, 20, 30, tzinfo=UTC)),
        ("2024-07-03 10:20:30+0200", datetime(2024, 7, 3, 10, 20, 30, tzinfo=timezone(timedelta(hours=2)))),
        ("Wed, 03 Jul 2024 10:20:30 GMT", datetime(2024, 7, 3, 10, 20, 30, tzinfo=UTC)),
        (" 2024-07-03T10:20 ", datetime(2024, 7, 3, 10, 20, tzinfo=ZoneInfo("Asia/Baku"))),
    ],
)
def test_machine_dates_are_read_exactly(text: str, moment: Moment) -> None:
    found = parse_moment(text, ZoneInfo("Asia/Baku"))
    assert found == moment
    assert type(found) is type(moment)


@pytest.mark.parametrize(
    "text", ["", "2024", "2024-13-01", "2024-02-30", "0001-01-01", "9999-12-31T23:59:59Z", "soon", "1" * 500]
)
def test_what_is_no_sensible_date_is_none(text: str) -> None:
    assert parse_moment(text) is None


@pytest.mark.parametrize(
    "text",
    ["July 3, 2024", "3 July 2024", "3rd of July 2024", "Jul. 3, 2024", "3. Juli 2024", "3 juillet 2024",
     "3 de julio de 2024",
     "3 de julho de 2024", "3 luglio 2024", "3 juli 2024", "3. heinäkuuta 2024", "3 lipca 2024", "3 iulie 2024",
     "2024. július 3", "3 Temmuz 2024", "3 iyul 2024", "3 июля 2024", "3 липня 2024", "3 Ιουλίου 2024", "3 Juli 2024",
     "2024年7月3日", "2024년 7월 3일", "03.07.2024", "2024/07/03", "2024-07-03", "Published on 2024-07-03 at noon"],
)  # fmt: skip
def test_written_dates_are_read_in_many_languages(text: str) -> None:
    assert parse_written_date(text) == date(2024, 7, 3)


@pytest.mark.parametrize(
    "text", ["07/03/2024", "31 February 2024", "3 Foo 2024", "Room 3, July", "1234567 2024", "12:30"]
)
def test_a_date_that_may_mean_two_days_or_none_is_not_guessed(text: str) -> None:
    assert parse_written_date(text) is None


def test_digits_with_slashes_are_read_where_only_one_reading_is_possible() -> None:
    assert parse_written_date("25/12/2024") == parse_written_date("12/25/2024") == date(2024, 12, 25)


def test_each_date_of_a_line_is_found_once_and_in_order() -> None:
    found = written_dates("Published July 3, 2024, updated 5 July 2024")
    assert [day for day, _, _ in found] == [date(2024, 7, 3), date(2024, 7, 5)]


@given(day=st.dates(date(1500, 1, 1), date(2150, 1, 1)), name=st.sampled_from(sorted(MONTHS)))
def test_every_month_name_is_read_as_its_own_month(day: date, name: str) -> None:
    assert parse_written_date(f"{min(day.day, 28)} {name} {day.year}") == date(day.year, MONTHS[name], min(day.day, 28))


@given(st.text(max_size=200))
def test_no_text_makes_reading_dates_fail(text: str) -> None:
    parse_moment(text)
    written_dates(text)


# --- what an input states -----------------------------------------------------------------------------------------


def refusal(text: str) -> str:
    with pytest.raises(Unreadable) as refused:
        read_date(text, BERLIN)
    return str(refused.value)


@pytest.mark.parametrize("text", ["29.2.2023", "31.06.2024", "113/12/2024", "13.13.2024", "07/03/0000"])
def test_a_day_that_there_is_not_is_not_taken_for_another_day(text: str) -> None:
    assert refusal(text) == f"is not a date: {text!r}"


@pytest.mark.parametrize("text", ["07/03/2024", "on 7-3-2024", "7/3/2024 10:00"])
def test_a_date_that_may_be_two_days_is_refused_with_both(text: str) -> None:
    assert "may be 2024-03-07 or 2024-07-03" in refusal(text)


@pytest.mark.parametrize(
    "text",
    ["2024-07-03T10:00:00+99:00", "2024-07-03T10:00:00-99:00", "2024-07-03T25:00:00Z", "2024-07-03 10:61",
     "2024/07/03 10:00:00 +9900", "Wed, 03 Jul 2024 10:00:00 +9900", "Wed, 03 Jul 2024 25:00:00 GMT",
     "3 July 2024, 25:00", "3 July 2024 10:00 -99:00"],
)  # fmt: skip
def test_an_hour_or_an_offset_that_there_is_not_is_no_time(text: str) -> None:
    assert refusal(text) == f"is not a date: {text!r}"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-07-03 10:00:00 UTC", datetime(2024, 7, 3, 10, tzinfo=UTC)),
        ("2024-07-03 10:00:00 +0500", datetime(2024, 7, 3, 5, tzinfo=UTC)),
        ("3 July 2024 10:00 -05:00", datetime(2024, 7, 3, 15, tzinfo=UTC)),
        ("2024-7-3 9:30 +02:00", datetime(2024, 7, 3, 7, 30, tzinfo=UTC)),
        ("3 July 2024 10:00-11:00", datetime(2024, 7, 3, 10, tzinfo=BERLIN)),
        ("3. Juli 2024, 24:00", datetime(2024, 7, 4, tzinfo=BERLIN)),
        ("2024-07-03T24:00:00Z", datetime(2024, 7, 4, tzinfo=UTC)),
        ("3 July 2024, 4.75 stars", date(2024, 7, 3)),
    ],
)
def test_a_time_is_read_with_its_offset(text: str, moment: Moment) -> None:
    assert read_date(text, BERLIN) == moment


@given(st.text(alphabet="0123456789:.-/+TZ ", max_size=30))
def test_no_digits_do_more_than_be_refused(text: str) -> None:
    with suppress(Unreadable):
        read_date(text, BERLIN)


# --- what holds an article -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-07T06:00:00+01:00", datetime(2027, 3, 7, 5, tzinfo=UTC)),
        ("7 March 2027", datetime(2027, 3, 7, tzinfo=BERLIN)),
        ("2027", datetime(2027, 1, 1, tzinfo=BERLIN)),
        ("2027-03", datetime(2027, 3, 1, tzinfo=BERLIN)),
    ],
)
def test_an_embargo_ends_at_its_moment_or_as_its_day_or_year_begins(text: str, moment: datetime) -> None:
    dates = Dates(BERLIN)
    assert dates.embargo(text) == (moment, False)
    assert dates.warnings == []


@pytest.mark.parametrize("text", ["", " ", "false", "None", "NULL", "n/a", "-", "0000-00-00 00:00:00"])
def test_what_tables_write_where_there_is_none_is_no_embargo(text: str) -> None:
    dates = Dates(BERLIN)
    assert (dates.embargo(text), dates.warnings) == ((None, False), [])


@pytest.mark.parametrize(
    "text", ["07/03/2027", "07/03/2020", "2027-02-30", "2300-01-01", "2300", "next week", "true", "?", "25:00"]
)
def test_an_embargo_that_cannot_be_read_holds_and_says_what_to_write(text: str) -> None:
    dates = Dates(BERLIN)
    assert dates.embargo(text) == (None, True)
    (warning,) = dates.warnings
    assert repr(text) in warning
    assert "is withheld until it is a moment such as 2027-03-07T06:00:00+01:00" in warning


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("07/03/2190", date(2190, 3, 7), date(2190, 7, 3)),
        ("2190", date(2190, 1, 1), date(2190, 1, 1)),
        ("2190-02-30", date(2190, 1, 1), date(2190, 1, 1)),
        ("2300-01-01", date(2300, 1, 1), date(2300, 1, 1)),
    ],
)
def test_a_publication_that_cannot_be_read_says_what_it_may_mean(text: str, first: date, last: date) -> None:
    dates = Dates(BERLIN)
    assert dates.published(text) is None
    assert dates.published_between == (first, last)
    assert dates.warnings[0].endswith(f"until then the article waits for {last}")
    assert dates.published("07/03/2020", "publishDate") is None
    assert dates.published_between == (first, last)
    assert dates.warnings[1].startswith("publishDate is ambiguous")
    assert "waits" not in dates.warnings[1]


@pytest.mark.parametrize("text", ["soon", "0000-00-00", "3 o'clock"])
def test_a_publication_without_a_year_may_mean_no_day_that_lies_ahead(text: str) -> None:
    dates = Dates(BERLIN)
    assert dates.published(text) is None
    assert dates.published_between is None or dates.published_between[1] == date.min
