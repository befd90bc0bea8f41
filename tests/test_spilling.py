"""What is promised of tables that outgrow memory: they are like a dict, whatever is in memory and whatever on disk."""

from __future__ import annotations

import random
import sqlite3
from typing import NamedTuple

import pytest

from search.errors import BackfileError
from search.spilling import NOTHING, Nothing, SpillingTable, Texts


class Entry(NamedTuple):
    name: str | None
    number: int


@pytest.mark.parametrize("in_memory", [1, 7, 50, 10_000])
def test_a_table_is_a_dict_whatever_of_it_is_on_disk(in_memory: int) -> None:
    choice = random.Random(in_memory)
    table, expected = SpillingTable(Entry, in_memory=in_memory), dict[str, Entry]()
    for step in range(4_000):
        key = f"{choice.choice('abc')}/{choice.randrange(300)}"
        if choice.random() < 0.3:
            assert table.pop(key) == expected.pop(key, None)
        else:
            row = Entry(choice.choice([None, "", "caf\xe9", "\udcff"]), step)
            table.put(key, row)
            expected[key] = row
        other = f"{choice.choice('abc')}/{choice.randrange(300)}"
        assert table.get(other) == expected.get(other)
        assert (other in table) == (other in expected)
        assert len(table) == len(expected)
    assert dict(table.items()) == expected
    assert set(table) == set(expected)


@pytest.mark.parametrize("in_memory", [3, 10_000])
def test_rows_come_in_the_order_in_which_they_came_first(in_memory: int) -> None:
    table = SpillingTable(Nothing, in_memory=in_memory)
    keys = [f"{number * 7_919 % 100}" for number in range(100)]
    for key in [*keys, *reversed(keys)]:
        table.put(key, NOTHING)
    assert list(table) == keys
    table.put("last", NOTHING)
    assert list(table) == [*keys, "last"]


def test_a_table_that_was_cleared_is_as_new() -> None:
    table = SpillingTable(Nothing, in_memory=2)
    for _ in range(2):
        for key in ("a", "b", "\ud800", "a"):
            table.put(key, NOTHING)
        assert (len(table), list(table)) == (3, ["a", "b", "\ud800"])
        table.clear()
        assert (len(table), list(table), "a" in table) == (0, [], False)


def fill(table: SpillingTable[Nothing], rows: int) -> None:
    for number in range(rows):
        table.put(f"{number}", NOTHING)


def test_a_full_disk_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    def small(*given: object, **named: object) -> sqlite3.Connection:
        connection = connect(*given, **named)  # type: ignore[call-overload]
        connection.execute("PRAGMA max_page_count = 20")
        return connection  # type: ignore[no-any-return]

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", small)
    table = SpillingTable(Nothing, in_memory=100)
    with pytest.raises(BackfileError, match=r"is full.*free some space, or name another folder with TMPDIR"):
        fill(table, 100_000)


def test_texts_come_in_their_order_however_many_there_are() -> None:
    texts = Texts()
    for rounds in (2, 3_000):
        expected = [f"{number}\n\ud800 caf\xe9" for number in range(rounds * 10)]
        for start in range(0, len(expected), 10):
            texts.add(expected[start : start + 10])
        assert (len(texts), list(texts)) == (len(expected), expected)
        texts.add(["last"])
        assert list(texts)[-1] == "last"
        texts.clear()
        assert (len(texts), list(texts)) == (0, [])
