"""Dates as people ask for them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.query.dates import parse_period

NOW = datetime(2024, 3, 31, 12, 30, 15, 999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        (" 2023-02 ", date(2023, 2, 1), date(2023, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2024-12", date(2024, 12, 1), date(2024, 12, 31)),
        ("2024-07-03", date(2024, 7, 3), date(2024, 7, 3)),
        ("0001", date(1, 1, 1), date(1, 12, 31)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_a_partial_date_is_all_of_its_days(text: str, first: date, last: date) -> None:
    assert parse_period(text) == (first, last)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-07-03T09:30:00Z", datetime(2024, 7, 3, 9, 30, tzinfo=UTC)),
        ("2024-07-03t09:30:00z", datetime(2024, 7, 3, 9, 30, tzinfo=UTC)),
        ("2024-07-03 09:30Z", datetime(2024, 7, 3, 9, 30, tzinfo=UTC)),
        ("2024-07-03T09:30:00.5+04:00", datetime(2024, 7, 3, 9, 30, 0, 500_000, timezone(timedelta(hours=4)))),
        ("now", datetime(2024, 3, 31, 12, 30, 15, tzinfo=UTC)),
        ("now-12h", datetime(2024, 3, 31, 0, 30, 15, tzinfo=UTC)),
        ("now-7d", datetime(2024, 3, 24, 12, 30, 15, tzinfo=UTC)),
        ("now-2w", datetime(2024, 3, 17, 12, 30, 15, tzinfo=UTC)),
        ("now-1M", datetime(2024, 2, 29, 12, 30, 15, tzinfo=UTC)),
        ("now-13M", datetime(2023, 2, 28, 12, 30, 15, tzinfo=UTC)),
        ("now-1y", datetime(2023, 3, 31, 12, 30, 15, tzinfo=UTC)),
        ("now-0d", datetime(2024, 3, 31, 12, 30, 15, tzinfo=UTC)),
    ],
)
def test_an_instant_is_one_moment_with_a_zone(text: str, moment: datetime) -> None:
    first, last = parse_period(text, now=NOW)
    assert first == last == moment
    assert isinstance(first, datetime)
    assert first.utcoffset() == moment.utcoffset()


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "24", "2024-7", "2024-00", "2024-13", "2023-02-29", "0000", "10000", "2024-07-03T", "20240703",
        "2024-07-03T24:30:00Z", "2024-07-03T10:61Z", "2024-07-03T10:00:00", "2024-07-03T10:00:00+25:00",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "now-", "now-7", "now-7x", "now+7d", "now-999999y",
        "now-999999d", "now-99999M", "٢٠٢٤", "2024..", "Z", "-1",
    ],
)  # fmt: skip
def test_anything_else_is_refused_with_what_is_accepted(text: str) -> None:
    with pytest.raises(ValueError, match=r"write 2024|end it with Z|ends of the calendar"):
        parse_period(text, now=NOW)


@given(st.text(alphabet="0123456789-:TZ.+nowdhMy ", max_size=30))
def test_any_text_is_a_period_in_order_or_refused(text: str) -> None:
    try:
        first, last = parse_period(text, now=NOW)
    except ValueError:
        return
    assert first <= last
    assert isinstance(first, datetime) == isinstance(last, datetime)
