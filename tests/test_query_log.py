"""The query log: what is counted under which words, what is kept of it, and that nothing else is."""

from __future__ import annotations

import logging
import sqlite3
import threading
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.errors import LedgerError
from search.ledger import asked as asked_module
from search.ledger import open_ledger
from search.ledger.asked import AskedQuery, DayCount
from search.ledger.ledger import Ledger
from search.ledger.schema import APPLICATION_ID, MIGRATIONS
from search.query_log import counter as counter_module
from search.query_log.counter import QueryCounter, end_counting
from search.query_log.normalising import Countable, countable
from search.query_log.personal import looks_personal

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)
DAY = date(2024, 7, 3)
EVER = date(2000, 1, 1), date(2100, 1, 1)


class Clock:
    """The time, as a test has it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(str(tmp_path / "archive.ledger"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def counter(ledger: Ledger, clock: Clock) -> QueryCounter:
    return QueryCounter(ledger, "UTC", 3, clock=clock)


def asked(counter: QueryCounter, query: str, times: int = 1, **how: bool) -> None:
    for _ in range(times):
        counter.count(query, **how)


def on_disk(ledger: Ledger) -> bytes:
    """Every byte of the ledger's files, free pages and the write-ahead log among them."""
    return b"".join(path.read_bytes() for path in sorted(Path(ledger.place).parent.glob("archive.ledger*")))


# --- what is counted as one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "counted"),
    [
        ("  Old\t BRIDGE ", "old bridge"),
        ("Ｂｒｉｄｇｅ", "bridge"),
        ("“old bridge”", '"old bridge"'),
        ("İstanbul", "istanbul"),
        ("Qarabağ", "qarabağ"),
        ("Qarabag\u0306", "qarabağ"),
        ("br\u00adid\u200bge".replace("\u200b", "\u200d"), "bridge"),
        ("Printer OR Press", "printer OR press"),
        ("Flood section:News", "flood"),
        ("flood date:2024-07 -section:Sport", "flood"),
        ("title:Flood", "title:flood"),
        ("NOT tag:x flood", "flood"),
        ("1914-1918", "1914-1918"),
        ("3.7.2024", "3.7.2024"),
        ("world cup 2014 2018", "world cup 2014 2018"),
    ],
)
def test_the_same_search_is_counted_under_the_same_words(typed: str, counted: str) -> None:
    found = countable(typed)
    assert found is not None
    assert found.text == counted
    again = countable(counted)
    assert again is not None
    assert again.text == counted


@pytest.mark.parametrize(
    "typed", ["", "  ", "!?", "x" * 101, "word " * 200, "section:News", "date:2024", '"', "(" * 60 + "a:b"]
)
def test_what_has_no_words_or_was_pasted_is_not_counted(typed: str) -> None:
    assert countable(typed) is None


@pytest.mark.parametrize(
    "typed",
    ["jane.doe@news.example", "Jane Doe jane@doe", "mail: a @ b.example", "+49 30 901820", "(030) 90 18 20 0",
     "0171-5551234", "555 2011 1234", "DE89 3704 0044 0532 0130 00", "case 1234567", "٠١٢٣٤٥٦٧٨", "０１２３４５６",
     "4111.1111.1111.1111", "1990/12/24 55", "0171 1999 2003", "account:1234567890"],
)  # fmt: skip
def test_what_looks_like_data_about_a_person_is_not_counted(typed: str) -> None:
    assert countable(typed) is None


@pytest.mark.parametrize("text", ["1939-1945", "1939 1945", "2024-07-03", "24.12.1990", "route 66", "boeing 747 400",
                                  "@handle", "12:30", "covid 19", "1,000"])  # fmt: skip
def test_years_days_and_short_numbers_are_nobody(text: str) -> None:
    assert not looks_personal(text)


@given(st.text(max_size=120))
def test_counting_takes_any_text_and_is_of_one_mind(text: str) -> None:
    found = countable(text)
    if found is not None:
        assert len(found.text) <= 100
        again = countable(found.text)
        assert again is None or again.text == found.text


def test_filters_are_seen_in_the_query_and_beside_it(counter: QueryCounter, ledger: Ledger) -> None:
    assert countable("flood section:News") == Countable("flood", filtered=True)
    asked(counter, "flood section:News", 2, found_nothing=True)
    asked(counter, "flood", 2, found_nothing=True, filtered=True)
    asked(counter, "flood", found_nothing=True)
    counter.flush()
    [found] = ledger.asked.often(*EVER, 1)
    assert (found.times, found.no_hits) == (5, 1), "what a filter leaves out says nothing about the words"


# --- counting ------------------------------------------------------------------------------------------------------


def test_counts_of_several_processes_and_batches_add_up(ledger: Ledger, clock: Clock) -> None:
    counters = [QueryCounter(open_ledger(ledger.place), "UTC", 3, clock=clock) for _ in range(3)]

    def work(counter: QueryCounter) -> None:
        for _ in range(5):
            asked(counter, "Flood", 20)
            asked(counter, "flood bridge", 10, found_nothing=True)
            assert counter.flush()

    threads = [threading.Thread(target=work, args=(counter,)) for counter in counters for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for counter in counters:
        counter.flush()
    assert ledger.asked.often(*EVER, 3) == [
        AskedQuery("flood", 600, 0, (DayCount(DAY, 600, 0),)),
        AskedQuery("flood bridge", 300, 300, (DayCount(DAY, 300, 300),)),
    ]


def test_an_archive_that_nobody_asks_gets_no_ledger(counter: QueryCounter, ledger: Ledger) -> None:
    counter.count("")
    assert counter.flush()
    assert not Path(ledger.place).exists()


def test_the_thread_writes_down_what_is_left_when_the_process_ends(counter: QueryCounter, ledger: Ledger) -> None:
    asked(counter, "flood", 3)
    assert ledger.asked.is_empty()
    counter.stop()
    assert [row.query for row in ledger.asked.often(*EVER, 3)] == ["flood"]


def test_a_ledger_that_cannot_be_written_is_said_once_and_counts_wait(
    tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = tmp_path / "folder"
    in_the_way.write_text("a file where a folder should be")
    ledger = open_ledger(str(in_the_way / "archive.ledger"))
    counter = QueryCounter(ledger, "UTC", 3, clock=clock)
    asked(counter, "flood", 2)
    assert not counter.flush()
    asked(counter, "flood", 2)
    assert not counter.flush()
    assert [record.message[:62] for record in caplog.records if record.levelno == logging.WARNING] == [
        "queries are not counted as long as the ledger cannot be written"[:62]
    ]
    in_the_way.unlink()
    assert counter.flush()
    assert [(row.query, row.times) for row in ledger.asked.often(*EVER, 3)] == [("flood", 4)]


# --- the threshold and the end of a day ----------------------------------------------------------------------------


def test_what_is_asked_seldom_is_never_shown(counter: QueryCounter, ledger: Ledger, clock: Clock) -> None:
    asked(counter, "rare", 2)
    asked(counter, "often", 3)
    counter.flush()
    assert [row.query for row in ledger.asked.often(*EVER, 3)] == ["often"]
    clock.now += timedelta(days=1)
    asked(counter, "rare", 2)
    counter.flush()
    assert [row.query for row in ledger.asked.often(*EVER, 3)] == ["often"], "two days make it no more frequent"


def test_a_day_that_is_over_leaves_no_trace_of_what_was_asked_seldom(
    counter: QueryCounter, ledger: Ledger, clock: Clock
) -> None:
    words = [f"zanzibarium{number}" for number in range(3_000)]
    for batch in range(3):
        for word in words[batch::3]:
            asked(counter, f"{word} secret")
            asked(counter, f"{word} frequent", 3)
        counter.flush()
    before = on_disk(ledger)
    assert before.count(b"secret") >= 3_000, "the day is not over"
    clock.now = datetime(2024, 7, 4, 0, 9, tzinfo=UTC)
    counter.flush()
    assert b"secret" in on_disk(ledger), "other processes may still write down what they counted"
    clock.now = datetime(2024, 7, 4, 0, 10, tzinfo=UTC)
    counter.flush()
    after = on_disk(ledger)
    assert b"secret" not in after
    assert b"zanzibarium0 frequent" in after
    assert len(ledger.asked.often(*EVER, 3, limit=5_000)) == 1_000, "and of a day not more than so many"


def test_what_comes_late_counts_for_what_is_kept_and_for_nothing_else(
    counter: QueryCounter, ledger: Ledger, clock: Clock
) -> None:
    asked(counter, "flood", 3)
    counter.flush()
    late = QueryCounter(ledger, "UTC", 3, clock=clock)
    asked(late, "flood", 2)
    asked(late, "rare secret", 5)
    clock.now += timedelta(days=1)
    counter.flush()
    late.flush()
    assert [(row.query, row.times) for row in ledger.asked.often(*EVER, 1)] == [("flood", 5)]
    assert b"secret" not in on_disk(ledger)


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("UTC", datetime(2024, 7, 3, 23, 30, tzinfo=UTC), date(2024, 7, 3)),
        ("Asia/Baku", datetime(2024, 7, 3, 20, 30, tzinfo=UTC), date(2024, 7, 4)),
        ("America/New_York", datetime(2024, 7, 4, 3, 30, tzinfo=UTC), date(2024, 7, 3)),
    ],
)
def test_days_are_those_of_the_archives_time_zone(ledger: Ledger, zone: str, moment: datetime, day: date) -> None:
    counter = QueryCounter(ledger, zone, 3, clock=Clock(moment))
    asked(counter, "flood", 3)
    counter.flush()
    assert ledger.asked.often(*EVER, 3)[0].days == (DayCount(day, 3, 0),)


def test_a_higher_threshold_holds_for_what_was_kept_before(counter: QueryCounter, ledger: Ledger) -> None:
    asked(counter, "flood", 4)
    counter.flush()
    assert ledger.asked.often(*EVER, 5) == []


def test_counts_are_forgotten_when_they_are_old(counter: QueryCounter, ledger: Ledger, clock: Clock) -> None:
    for days in (0, 1, 401):
        clock.now = NOON + timedelta(days=days)
        asked(counter, "flood", 3)
        counter.flush()
    assert [each.day for each in ledger.asked.often(*EVER, 3)[0].days] == [
        DAY + timedelta(days=1), DAY + timedelta(days=401)
    ]  # fmt: skip


def test_the_list_is_by_times_or_by_times_without_a_hit(counter: QueryCounter, ledger: Ledger, clock: Clock) -> None:
    for day in range(2):
        clock.now = NOON + timedelta(days=day)
        asked(counter, "flood", 9)
        asked(counter, "bridge", 4, found_nothing=True)
        asked(counter, "river", 6, found_nothing=day == 0)
        counter.flush()
    assert [(row.query, row.times) for row in ledger.asked.often(*EVER, 3)] == [
        ("flood", 18), ("river", 12), ("bridge", 8)
    ]  # fmt: skip
    assert [(row.query, row.no_hits) for row in ledger.asked.often(*EVER, 3, no_hits=True)] == [
        ("bridge", 8), ("river", 6)
    ]  # fmt: skip
    assert [row.query for row in ledger.asked.often(DAY, DAY, 3, limit=1)] == ["flood"]
    assert ledger.asked.often(DAY, DAY, 3)[0].times == 9


# --- bounds --------------------------------------------------------------------------------------------------------


def test_a_flood_of_queries_is_bounded_in_memory_and_on_disk(
    counter: QueryCounter, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counter_module, "MAX_WAITING", 200)
    monkeypatch.setattr(asked_module, "MAX_UNSETTLED", 500)
    asked(counter, "flood of the river", 3)
    counter.flush()
    for number in range(10):
        for row in range(300):
            asked(counter, f"random{number}x{row}")
        assert len(counter._counts) == 200
        asked(counter, f"random{number}x0", 2)
        counter.flush()
    [(rows,)] = ledger._database.rows("SELECT count(*) FROM asked_unsettled")
    assert rows == 500
    assert ("flood of the river", 3) in {(row.query, row.times) for row in ledger.asked.often(*EVER, 3)}


# --- forgetting ----------------------------------------------------------------------------------------------------


def test_all_is_forgotten_when_that_is_asked(counter: QueryCounter, ledger: Ledger, clock: Clock) -> None:
    asked(counter, "kept secret", 3)
    counter.flush()
    clock.now += timedelta(days=1)
    asked(counter, "secret of today", 3)
    counter.flush()
    assert ledger.asked.forget() == 2
    assert ledger.scrub()
    assert ledger.asked.is_empty()
    assert b"secret" not in on_disk(ledger)
    assert ledger.asked.forget() == 0


def test_when_it_is_switched_off_the_counts_of_today_are_forgotten(
    counter: QueryCounter, ledger: Ledger, clock: Clock, tmp_path: Path
) -> None:
    asked(counter, "kept", 3)
    asked(counter, "rare secret")
    counter.flush()
    clock.now += timedelta(days=1)
    asked(counter, "secret of today", 3)
    counter._ledger.asked.add([(DAY + timedelta(days=1), "secret of today", 3, 0)], DAY)
    assert end_counting(ledger, "UTC", 3, clock=clock)
    assert b"secret" not in on_disk(ledger)
    assert [row.query for row in ledger.asked.often(*EVER, 1)] == ["kept"]
    untouched = open_ledger(str(tmp_path / "other" / "archive.ledger"))
    assert not end_counting(untouched, "UTC", 3, clock=clock)
    assert not (tmp_path / "other").exists()


# --- the ledger ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_an_older_ledger_learns_to_count(tmp_path: Path, version: int) -> None:
    path = tmp_path / "archive.ledger"
    connection = sqlite3.connect(path)
    for script in MIGRATIONS[:version]:
        connection.executescript(script)
    connection.execute("INSERT INTO keys VALUES ('a', 'b')")
    connection.commit()
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    ledger = open_ledger(str(path))
    assert ledger.asked.is_empty()
    ledger.asked.add([(DAY, "flood", 3, 1)], DAY - timedelta(days=1))
    assert ledger.asked.often(*EVER, 3) == [AskedQuery("flood", 3, 1, (DayCount(DAY, 3, 1),))]
    assert ledger.known(["a"]) == {"a": "b"}, "and forgets nothing"


def test_a_copied_archive_takes_the_counts_over(tmp_path: Path) -> None:
    one, other = (open_ledger(str(tmp_path / name)) for name in ("one.ledger", "other.ledger"))
    for ledger, times in ((one, 3), (other, 4)):
        counter = QueryCounter(ledger, "UTC", 3, clock=Clock())
        asked(counter, "flood", times)
        asked(counter, f"only {times}", 3)
        counter.flush()
        counter._clock = Clock(NOON + timedelta(days=1))
        counter.flush()
    one.take_over(other)
    assert {row.query: row.times for row in one.asked.often(*EVER, 3)} == {"flood": 3, "only 3": 3, "only 4": 3}


def test_rows_say_nothing_of_the_order_in_which_queries_came(ledger: Ledger) -> None:
    ledger.asked.add([(DAY, "x", 1, 0)], DAY - timedelta(days=1))
    for table in ("asked", "asked_unsettled"):
        columns = [row[1] for row in ledger._database.rows(f"PRAGMA table_info({table})")]
        assert columns == ["day", "query", "times", "no_hits"]
    for question in ("SELECT rowid FROM asked", "SELECT rowid FROM asked_unsettled"):
        with pytest.raises(LedgerError, match="rowid"):
            ledger._database.rows(question)
