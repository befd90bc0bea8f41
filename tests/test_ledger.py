"""The ledger: what outlives an index, in a SQLite file that several processes use."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from search.errors import LedgerError
from search.ledger import open_ledger
from search.ledger.ledger import Ledger
from search.ledger.schema import APPLICATION_ID, MIGRATIONS

NOON = datetime(2024, 7, 3, 12, tzinfo=UTC)


@pytest.fixture(params=["file", "memory"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Ledger:
    """A new ledger, once of every kind."""
    return open_ledger(f"memory:{tmp_path}" if request.param == "memory" else str(tmp_path / "new" / "archive.ledger"))


def test_a_ledger_that_was_never_written_to_is_empty_and_makes_no_file(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "archive.ledger"))
    assert ledger.known(["a"]) == {}
    assert ledger.moved_to("a") is None
    assert list(tmp_path.iterdir()) == []


def test_a_key_names_the_article_it_was_remembered_for_last(ledger: Ledger) -> None:
    ledger.remember([("news.example/a", "1"), ("guid 17", "1"), ("news.example/b", "2")])
    ledger.remember([("guid 17", "2")])
    assert ledger.known(["guid 17", "news.example/a", "nothing"]) == {"guid 17": "2", "news.example/a": "1"}
    assert ledger.known(["news.example/b"]) == {"news.example/b": "2"}


def test_many_keys_are_found_in_a_few_statements(ledger: Ledger) -> None:
    ledger.remember((f"news.example/{number}", str(number)) for number in range(25_000))
    found = ledger.known(f"news.example/{number}" for number in range(0, 50_000, 2))
    assert found == {f"news.example/{number}": str(number) for number in range(0, 25_000, 2)}


def test_keys_hold_any_text(ledger: Ledger) -> None:
    odd = ["", "a'b", 'a"b', "a\nb", "Ünïcødé/日本語", "%", "\\ud800", "x" * 5_000]
    ledger.remember((key, f"id of {key}") for key in odd)
    assert ledger.known(odd) == {key: f"id of {key}" for key in odd}


def test_whoever_asks_for_an_old_id_is_sent_to_the_newest(ledger: Ledger) -> None:
    ledger.remember([("news.example/a", "a")])
    ledger.move("a", "b", NOON)
    ledger.move("b", "c", NOON + timedelta(days=1))
    assert (ledger.moved_to("a"), ledger.moved_to("b"), ledger.moved_to("c")) == ("c", "c", None)
    assert ledger.moved_from("c") == ("a", "b")
    assert ledger.known(["news.example/a"]) == {"news.example/a": "c"}


def test_an_article_that_comes_back_to_its_first_id_sends_nobody_in_a_circle(ledger: Ledger) -> None:
    ledger.move("a", "b", NOON)
    ledger.move("b", "a", NOON)
    ledger.move("a", "a", NOON)
    assert (ledger.moved_to("a"), ledger.moved_to("b")) == (None, "a")


def test_another_process_sees_what_was_written(tmp_path: Path) -> None:
    place = str(tmp_path / "archive.ledger")
    ledger = open_ledger(place)
    ledger.remember([("a", "1")])
    program = (
        "from datetime import datetime, UTC; from search.ledger import open_ledger; "
        f"open_ledger({place!r}).move('1', '2', datetime.now(UTC))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
    assert ledger.known(["a"]) == {"a": "2"}


def test_however_many_make_it_at_once_all_have_the_same_ledger(tmp_path: Path) -> None:
    for number in range(15):
        place = str(tmp_path / str(number) / "archive.ledger")
        start = threading.Barrier(6)

        def write(name: str, place: str = place, start: threading.Barrier = start) -> None:
            ledger = open_ledger(place)
            start.wait()
            ledger.known(["a"])
            ledger.remember([(name, name)])

        threads = [threading.Thread(target=write, args=(str(name),)) for name in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert open_ledger(place).known(map(str, range(6))) == {str(name): str(name) for name in range(6)}
        assert not list((tmp_path / str(number)).glob("*.new*"))


def test_an_empty_file_becomes_a_ledger(tmp_path: Path) -> None:
    (tmp_path / "archive.ledger").touch()
    ledger = open_ledger(str(tmp_path / "archive.ledger"))
    assert ledger.known(["a"]) == {}
    ledger.remember([("a", "1")])
    assert ledger.known(["a"]) == {"a": "1"}


def test_a_file_that_takes_the_place_of_the_ledger_is_read_from_then_on(tmp_path: Path) -> None:
    ledger, other = (open_ledger(str(tmp_path / name)) for name in ("archive.ledger", "other.ledger"))
    ledger.remember([("a", "1")])
    other.remember([("a", "2")])
    other.close()
    ledger.close()
    (tmp_path / "other.ledger").replace(tmp_path / "archive.ledger")
    assert ledger.known(["a"]) == {"a": "2"}


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_ledger_of_an_older_version_gets_the_tables_of_today(tmp_path: Path, version: int) -> None:
    place = tmp_path / "archive.ledger"
    with sqlite3.connect(place) as connection:
        for script in MIGRATIONS[:version]:
            connection.executescript(script)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        connection.execute("INSERT INTO keys VALUES ('a', '1')")
    connection.close()
    ledger = Ledger(str(place))
    assert ledger.known(["a"]) == {"a": "1"}
    ledger.note_step("x", "y")
    assert ledger.leads_to("x", "y")


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "archive.ledger"
    open_ledger(str(place)).remember([("a", "1")])
    with sqlite3.connect(place) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(LedgerError, match=r"written by a newer version of Backfile.*install that version"):
        Ledger(str(place)).known(["a"])


def test_the_file_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    place = tmp_path / "archive.ledger"
    connection = sqlite3.connect(place)
    connection.execute("CREATE TABLE theirs (a)")
    connection.close()
    before = place.read_bytes()
    with pytest.raises(LedgerError, match="file of another program; name another file"):
        open_ledger(str(place)).remember([("a", "1")])
    assert place.read_bytes() == before


@pytest.mark.parametrize("content", [b"no database at all, but text that goes on for a while", b"\0" * 200])
def test_a_file_that_is_no_database_is_an_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "archive.ledger").write_bytes(content)
    with pytest.raises(LedgerError, match="is damaged or no ledger"):
        open_ledger(str(tmp_path / "archive.ledger")).known(["a"])


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerError, match="cannot be made"):
        open_ledger(str(tmp_path / "file" / "archive.ledger")).remember([("a", "1")])


def test_a_failure_leaves_no_trace(ledger: Ledger) -> None:
    ledger.remember([("a", "1")])
    with pytest.raises(LedgerError):
        ledger.remember([("b", "2"), ("c", None)])  # type: ignore[list-item]
    assert ledger.known(["a", "b"]) == {"a": "1"}
