"""Years, months and days by their names, and the arithmetic of calendars that facets and timelines stand on."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.dates import (
    DAY_SECONDS,
    MOST_DAYS,
    MOST_MONTHS,
    bucket,
    choose_interval,
    epoch,
    is_floating,
    local_day,
    utc_offset,
    within,
    zone_named,
)
from search.errors import ParameterError
from search.periods import (
    INTERVALS,
    Interval,
    bounds_of,
    first_day,
    in_words,
    last_day,
    number_of,
    period_of,
)
from search.translation import day_in_words

UTC_ZONE = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
steps = st.sampled_from(INTERVALS)


# --- names of periods ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "first", "last", "words"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31), "2024"),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), "February 2024"),
        ("2023-02", date(2023, 2, 1), date(2023, 2, 28), "February 2023"),
        ("1900-02", date(1900, 2, 1), date(1900, 2, 28), "February 1900"),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31), "December 2024"),
        ("2024-07-03", date(2024, 7, 3), date(2024, 7, 3), "3 July 2024"),
        ("0001", date(1, 1, 1), date(1, 12, 31), "1"),
        ("9999", date(9999, 1, 1), date(9999, 12, 31), "9999"),
    ],
)
def test_a_period_has_a_first_and_a_last_day_and_a_name(period: str, first: date, last: date, words: str) -> None:
    assert (first_day(period), last_day(period), in_words(period)) == (first, last, words)
    assert period_of(first, last) == period


@pytest.mark.parametrize(
    "period",
    [
        *("", "-", "2024-", "2024-07-", "2024-07-03-01", "2024-13", "2024-00", "2023-02-29", "2024-04-31", "0000"),
        *("24", "2024-7", "2024-7-3", "2024-07-3", "20240703", " 2024", "2024 ", "+2024", "2_024", "-2024", "10000"),
        *(
            "２０２４",
            "٢٠٢٤",
            "2024-07\n",
            "2024–07",
            "2024/07",
            "now",
            "2024-W27",
            "1e3",
            "2024.5",
            "\x00",
            "9" * 5000,
        ),
    ],
)
def test_anything_else_is_no_period(period: str) -> None:
    with pytest.raises(ValueError, match="not a period"):
        first_day(period)
    with pytest.raises(ValueError, match="not a period"):
        last_day(period)


@given(st.dates(), st.sampled_from([4, 7, 10]))
def test_every_period_is_found_again_by_its_bounds(day: date, length: int) -> None:
    period = day.isoformat()[:length]
    assert first_day(period) <= day <= last_day(period)
    assert period_of(first_day(period), last_day(period)) == period


@given(st.dates(), st.dates())
def test_a_stretch_of_days_is_a_period_only_if_it_is_exactly_one(one: date, other: date) -> None:
    first, last = min(one, other), max(one, other)
    period = period_of(first, last)
    if period is None:
        assert first != last
    else:
        assert (first_day(period), last_day(period)) == (first, last)


@given(st.dates())
def test_a_day_reads_as_day_month_and_year(day: date) -> None:
    number, month, year = day_in_words(day).split()
    assert (int(number), int(year)) == (day.day, day.year)
    assert datetime.strptime(month, "%B").month == day.month


# --- numbered periods ----------------------------------------------------------------------------------------------


@given(st.dates(), steps)
def test_a_day_lies_within_the_period_of_its_number(day: date, step: Interval) -> None:
    first, last = bounds_of(step, number_of(step, day))
    assert first <= day <= last
    assert number_of(step, first) == number_of(step, last) == number_of(step, day)


@given(st.dates(date(1, 1, 2)), steps)
def test_one_period_begins_on_the_day_after_the_one_before_it_ends(day: date, step: Interval) -> None:
    first, _ = bounds_of(step, number_of(step, day))
    if first > date.min:
        _, before = bounds_of(step, number_of(step, day) - 1)
        assert before + timedelta(days=1) == first


@given(st.dates(), st.integers(0, len(INTERVALS) - 2))
def test_a_finer_period_never_reaches_over_the_end_of_a_coarser_one(day: date, place: int) -> None:
    fine, coarse = (bounds_of(step, number_of(step, day)) for step in INTERVALS[place : place + 2])
    assert coarse[0] <= fine[0] <= fine[1] <= coarse[1]


@pytest.mark.parametrize("step", INTERVALS)
def test_periods_at_the_ends_of_the_calendar_stay_on_it(step: Interval) -> None:
    for day in (date.min, date.max):
        first, last = bounds_of(step, number_of(step, day))
        assert date.min <= first <= day <= last <= date.max


# --- days, instants and zones --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "Europe", "x" * 5000, "\x00"])
def test_a_zone_that_there_is_not_is_refused_with_an_example(name: str) -> None:
    with pytest.raises(ParameterError, match="use an IANA name such as Europe/Paris") as caught:
        zone_named(name)
    assert caught.value.name == "tz"
    assert len(str(caught.value)) < 400


def test_a_bare_day_is_midnight_in_utc_where_an_instant_is_needed() -> None:
    assert epoch(date(1970, 1, 2)) == DAY_SECONDS
    assert epoch(date(2024, 7, 3)) == datetime(2024, 7, 3, tzinfo=UTC).timestamp()
    assert epoch(datetime(2024, 7, 3, 12, 0)) == datetime(2024, 7, 3, 12, 0, tzinfo=UTC).timestamp()
    assert is_floating(date(2024, 7, 3))
    assert not is_floating(datetime(2024, 7, 3, tzinfo=UTC))


def test_instants_that_utc_has_no_date_for_stand_at_the_ends() -> None:
    east, west = timezone(timedelta(hours=14)), timezone(timedelta(hours=-12))
    assert epoch(datetime.min.replace(tzinfo=east)) == epoch(datetime.min.replace(tzinfo=UTC))
    assert epoch(datetime.max.replace(tzinfo=west)) == epoch(datetime.max.replace(tzinfo=UTC, microsecond=0))
    for moment in (datetime.min.replace(tzinfo=east), datetime.max.replace(tzinfo=west)):
        assert 0 < local_day(moment, BERLIN) <= date.max.toordinal() + 1


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2024, 3, 30, 22, 59, tzinfo=UTC), date(2024, 3, 30)),
        (datetime(2024, 3, 30, 23, 0, tzinfo=UTC), date(2024, 3, 31)),
        (datetime(2024, 3, 31, 21, 59, tzinfo=UTC), date(2024, 3, 31)),
        (datetime(2024, 3, 31, 22, 0, tzinfo=UTC), date(2024, 4, 1)),
        (datetime(2024, 10, 27, 22, 59, tzinfo=UTC), date(2024, 10, 27)),
        (datetime(2024, 10, 27, 23, 0, tzinfo=UTC), date(2024, 10, 28)),
        (date(2024, 3, 31), date(2024, 3, 31)),
    ],
)
def test_an_instant_falls_on_the_local_day_also_when_clocks_change(moment: datetime | date, day: date) -> None:
    assert local_day(moment, BERLIN) == day.toordinal()


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)),
    st.sampled_from(["UTC", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns"]),
)
def test_the_local_day_is_what_the_calendar_there_says(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    aware = moment.replace(microsecond=0, tzinfo=UTC)
    assert local_day(aware, zone) == aware.astimezone(zone).date().toordinal()
    assert utc_offset(aware.timestamp(), zone) == aware.astimezone(zone).utcoffset().total_seconds()  # type: ignore[union-attr]


def test_both_ends_of_a_range_are_in_it_and_the_undated_never_are() -> None:
    day = date(2024, 7, 3)
    assert within(day, day, day, UTC_ZONE)
    assert within(day, None, None, UTC_ZONE)
    assert not within(None, None, None, UTC_ZONE)
    assert not within(day, date(2024, 7, 4), None, UTC_ZONE)
    assert not within(day, None, date(2024, 7, 2), UTC_ZONE)


def test_a_bare_day_as_an_end_is_that_whole_day_in_the_zone_asked_for() -> None:
    evening = datetime(2024, 7, 3, 22, 30, tzinfo=UTC)
    assert within(evening, date(2024, 7, 3), date(2024, 7, 3), UTC_ZONE)
    assert within(evening, date(2024, 7, 4), date(2024, 7, 4), BERLIN)
    assert not within(evening, None, date(2024, 7, 3), BERLIN)


def test_an_instant_as_an_end_is_compared_to_the_second() -> None:
    bound = datetime(2024, 7, 3, 12, 0, tzinfo=UTC)
    assert within(bound, bound, bound, BERLIN)
    assert not within(bound - timedelta(seconds=1), bound, None, BERLIN)
    assert not within(bound + timedelta(seconds=1), None, bound, BERLIN)
    assert within(date(2024, 7, 3), datetime(2024, 7, 3, tzinfo=UTC), bound, BERLIN), "midnight, for a bare day"


@given(st.dates())
def test_a_day_is_counted_in_the_bucket_that_its_date_begins_with(day: date) -> None:
    for interval, length in (("year", 4), ("month", 7), ("day", 10)):
        assert bucket(day.toordinal(), interval) == day.isoformat()[:length]  # type: ignore[arg-type]


@given(st.dates(date(2, 1, 1)), st.integers(0, 400_000))
def test_a_timeline_is_as_fine_as_it_can_be_drawn(last: date, days: int) -> None:
    first = date.fromordinal(max(1, last.toordinal() - days))
    interval = choose_interval(first.toordinal(), last.toordinal(), 10_000)
    months = (last.year - first.year) * 12 + last.month - first.month
    assert (interval == "day") == ((last - first).days < MOST_DAYS)
    if interval == "month":
        assert months < MOST_MONTHS
    if interval == "year":
        assert months >= MOST_MONTHS
