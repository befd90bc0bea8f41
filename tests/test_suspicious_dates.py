"""Dates that are probably wrong for a whole source are said once, and stay as they are."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

from index.indexer import Indexer
from index.sources import find_sources
from index.suspicious_dates import LEAST, SuspiciousDates
from search.engines import open_engine

TODAY = date(2024, 7, 3)


def warnings(*seen: tuple[str, date | None]) -> list[tuple[str, str]]:
    dates = SuspiciousDates(TODAY)
    for source, day in seen:
        dates.see(source, day)
    return dates.warnings()


def test_one_day_for_all_is_said_of_a_source_that_is_not_tiny() -> None:
    many = [("/a.jsonl", TODAY)] * LEAST
    assert warnings(*many, ("/a.jsonl", None)) == [
        ("/a.jsonl", f"all {LEAST} dated articles are of 2024-07-03; is that the day when they were exported?")
    ]
    assert warnings(*many[1:]) == []
    assert warnings(*many, ("/a.jsonl", date(2024, 7, 2))) == []
    assert warnings(*[("/a.jsonl", None)] * 100) == []


def test_the_same_day_in_two_sources_is_said_of_each() -> None:
    found = warnings(*[("/a.jsonl", TODAY)] * LEAST, *[("/b.jsonl", date(2020, 1, 1))] * LEAST)
    assert [(origin, text[:31]) for origin, text in found] == [
        ("/a.jsonl", "all 50 dated articles are of 20"),
        ("/b.jsonl", "all 50 dated articles are of 20"),
    ]


def test_pages_of_one_article_each_are_judged_together_by_their_folder() -> None:
    pages = [(f"/site/{number % 7}/page{number}.html", TODAY) for number in range(LEAST)]
    assert [origin for origin, _ in warnings(*pages)] == ["/site"]
    assert warnings(*pages, ("/site/other.html", date(1999, 1, 1))) == []
    early = [(f"/in/site/{name}", date(1599, 1, 1)) for name in ("a.md", "b.md", "c/d.md", "e.md")]
    assert [origin for origin, _ in warnings(*early)] == ["/in/site"]
    assert [origin for origin, _ in warnings(*early, ("/in/sites.md", TODAY))] == ["/in"]
    addresses = [(f"https://news.example/{number}", TODAY) for number in range(LEAST)]
    assert [origin for origin, _ in warnings(*addresses)] == ["https://news.example"]


def test_days_ahead_and_days_before_newspapers_are_counted_with_the_farthest() -> None:
    found = warnings(
        ("/a", date(2024, 7, 4)), ("/a", date(2031, 1, 1)), ("/a", TODAY), ("/a", date(1599, 12, 31)), ("/b", TODAY)
    )
    assert found == [
        ("/a", "2 articles are dated in the future, the last 2031-01-01; look at where the date is from"),
        ("/a", "one article is dated before 1600, the first 1599-12-31; look at where the date is from"),
    ]


def test_a_run_says_so_once_and_keeps_the_dates(tmp_path: Path) -> None:
    ahead = date.today() + timedelta(days=400)
    rows = [{"id": f"{number}", "title": "Presses", "published": ahead.isoformat()} for number in range(60)]
    rows.append({"id": "old", "title": "Relation", "published": "1599-03-01"})
    source = tmp_path / "a.jsonl"
    source.write_text("\n".join(map(json.dumps, rows)))
    engine = open_engine("memory:")
    report = Indexer(engine).run(find_sources([str(source)], time_zone="UTC"))
    assert [(remark.origin, remark.text.partition(",")[0]) for remark in report.warnings] == [
        (str(source), "60 articles are dated in the future"),
        (str(source), "one article is dated before 1600"),
    ]
    with engine.searcher() as searcher:
        assert searcher.document("0") is None, "it waits for its day"
        assert searcher.document("old").published == date(1599, 3, 1)  # type: ignore[union-attr]
    again = Indexer(engine).run(find_sources([str(source)], time_zone="UTC"))
    assert (again.unchanged, again.waiting, again.warned, again.exit_code) == (1, 60, 2, 0)
