"""The dates of an article on its page: when it was published, and when it was corrected."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest

from search.document import Document, Moment
from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app

MORNING = datetime(2024, 7, 3, 9, 30, tzinfo=UTC)


def byline(published: Moment | None, modified: Moment | None, time_zone: str = "UTC") -> str:
    """The dates in the head of the article's page, as they are read."""
    engine = MemoryEngine("")
    with engine.writer() as writer:
        writer.add(Document("1", "A story", "Its text.", published=published, modified=modified))
    page = create_app(Settings(time_zone=time_zone), engine).test_client().get("/article/1").text
    [found] = re.findall(r'<p class="byline">(.*?)</p>', page, re.DOTALL)
    return " ".join(re.sub("<[^>]+>", "", found).split())


@pytest.mark.parametrize(
    ("published", "modified", "shown"),
    [
        (MORNING, None, "3 July 2024"),
        (MORNING, MORNING, "3 July 2024"),
        (MORNING, MORNING.replace(second=20), "3 July 2024"),
        (MORNING, MORNING.replace(hour=14, minute=5), "3 July 2024, 09:30 · updated 14:05"),
        (MORNING, MORNING.replace(day=4), "3 July 2024 · updated 4 July 2024"),
        (date(2024, 7, 3), MORNING, "3 July 2024 · updated 09:30"),
        (date(2024, 7, 3), date(2024, 7, 3), "3 July 2024"),
        (MORNING, date(2024, 7, 3), "3 July 2024"),
        (MORNING, date(2024, 7, 4), "3 July 2024 · updated 4 July 2024"),
        (None, MORNING, "Undated · updated 3 July 2024"),
        (None, None, "Undated"),
    ],
)
def test_a_correction_shows_both_dates(published: Moment | None, modified: Moment | None, shown: str) -> None:
    assert byline(published, modified) == shown


def test_the_day_and_the_time_are_those_of_the_archive() -> None:
    late = datetime(2024, 7, 3, 23, 0, tzinfo=UTC)
    assert byline(late, late.replace(minute=45), "Europe/Berlin") == "4 July 2024, 01:00 · updated 01:45"
    assert byline(late.replace(hour=21), late, "Europe/Berlin") == "3 July 2024 · updated 4 July 2024"
