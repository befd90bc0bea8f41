"""The archive behind the site: always the newest generation, never a closed one, never a needless failure."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from counting import CountingEngine

from search.document import Document
from search.engines import open_engine
from search.engines.protocols import Engine, Searcher
from search.errors import EngineError, IndexMissing
from search.snapshots import NewestSnapshot


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"whoosh:{tmp_path / 'archive'}")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def newest(engine: Engine, clock: Clock) -> Iterator[NewestSnapshot]:
    newest = NewestSnapshot(engine, check_seconds=1.0, clock=clock)
    yield newest
    newest.close()


def write(engine: Engine, *ids: str) -> None:
    with engine.writer() as writer:
        for name in ids:
            writer.add(Document(name, f"Article {name}"))


def held(newest: NewestSnapshot) -> int:
    with newest.searcher() as searcher:
        return searcher.status().articles


def test_a_commit_shows_at_the_next_look(engine: Engine, newest: NewestSnapshot, clock: Clock) -> None:
    write(engine, "1")
    assert held(newest) == 1
    write(engine, "2")
    assert held(newest) == 1
    clock.now += 1.0
    assert held(newest) == 2


def test_a_request_keeps_its_snapshot_while_others_move_on(
    engine: Engine, newest: NewestSnapshot, clock: Clock
) -> None:
    write(engine, "1")
    with newest.searcher() as old:
        write(engine, "2")
        clock.now += 1.0
        assert held(newest) == 2
        assert old.status().articles == 1
        assert old.document("1") is not None


def test_the_old_searcher_is_closed_after_its_last_request(
    engine: Engine, newest: NewestSnapshot, clock: Clock
) -> None:
    write(engine, "1")
    closed: list[str] = []
    with newest.searcher() as first, newest.searcher() as second:
        assert first is second
        close = first.close
        first.close = lambda: (closed.append("closed"), close())  # type: ignore[method-assign, func-returns-value]
        write(engine, "2")
        clock.now += 1.0
        assert held(newest) == 2
        assert not closed
    assert closed == ["closed"]


def test_a_missing_index_is_an_error_until_it_appears(engine: Engine, newest: NewestSnapshot) -> None:
    for _ in range(2):
        with pytest.raises(IndexMissing):
            held(newest)
    assert isinstance(newest.problem, IndexMissing)
    write(engine, "1")
    assert held(newest) == 1
    assert newest.problem is None


def test_the_last_good_state_answers_while_the_index_is_gone(
    engine: Engine, newest: NewestSnapshot, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(engine, "1")
    assert held(newest) == 1
    shutil.move(tmp_path / "archive", tmp_path / "elsewhere")
    with caplog.at_level(logging.ERROR, "backfile.archive"):
        for _ in range(3):
            clock.now += 1.0
            assert held(newest) == 1
    assert isinstance(newest.problem, EngineError)
    assert len(caplog.records) == 1
    shutil.move(tmp_path / "elsewhere", tmp_path / "archive")
    write(engine, "2")
    clock.now += 1.0
    assert held(newest) == 2
    assert newest.problem is None


def test_many_threads_read_while_commits_come(engine: Engine) -> None:
    newest = NewestSnapshot(engine, check_seconds=0.0)
    write(engine, "0")
    failures: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        seen = 0
        while not done.is_set():
            try:
                with newest.searcher() as searcher:
                    count = searcher.status().articles
                    assert all(searcher.document(str(n)) for n in range(count))
                    assert count >= seen
                    seen = count
            except BaseException as error:  # noqa: BLE001 - reported by the test's own assertion
                failures.append(error)
                return

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 6):
        write(engine, str(number))
    done.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert held(newest) == 6
    newest.close()


# Every searcher that is opened is closed, once


@pytest.fixture
def counted(engine: Engine) -> CountingEngine:
    write(engine, "0")
    return CountingEngine(engine)


def test_closing_leaves_no_searcher_open(counted: CountingEngine) -> None:
    for _ in range(20):
        newest = NewestSnapshot(counted)
        assert held(newest) == 1
        newest.close()
    assert sorted(counted.closed) == list(range(1, counted.opened + 1))


def test_closing_while_a_request_reads_closes_its_searcher_after_it(counted: CountingEngine) -> None:
    newest = NewestSnapshot(counted)
    with newest.searcher() as searcher:
        newest.close()
        assert searcher.document("0") is not None
        assert counted.closed == []
    assert counted.closed == [1]


def test_closing_twice_closes_once_and_the_next_request_opens_again(counted: CountingEngine) -> None:
    newest = NewestSnapshot(counted)
    assert held(newest) == 1
    newest.close()
    newest.close()
    assert held(newest) == 1
    newest.close()
    assert sorted(counted.closed) == [1, 2]


def test_a_searcher_that_cannot_say_its_generation_is_not_left_open(counted: CountingEngine) -> None:
    counted.fails_to_say_its_status = True
    newest = NewestSnapshot(counted)
    for _ in range(3):
        with pytest.raises(EngineError, match="status"):
            held(newest)
    assert counted.closed == [1, 2, 3]
    counted.fails_to_say_its_status = False
    assert held(newest) == 1
    newest.close()


def test_under_readers_commits_and_closes_every_searcher_is_closed_exactly_once(counted: CountingEngine) -> None:
    newest = NewestSnapshot(counted, check_seconds=0.0)
    failures: list[BaseException] = []
    done = threading.Event()

    def repeat(step: Callable[[], object]) -> None:
        while not done.is_set():
            try:
                step()
            except BaseException as error:  # noqa: BLE001 - reported by the test's own assertion
                failures.append(error)
                return

    def read() -> None:
        with newest.searcher() as searcher:
            count = searcher.status().articles
            assert searcher.document(str(count - 1)) is not None

    threads = [threading.Thread(target=repeat, args=(step,)) for step in (*[read] * 6, newest.close)]
    for thread in threads:
        thread.start()
    for number in range(1, 8):
        write(counted, str(number))
    done.set()
    for thread in threads:
        thread.join()
    newest.close()
    assert not failures
    assert sorted(counted.closed) == list(range(1, counted.opened + 1))


def test_a_followed_commit_is_warmed_up_before_it_answers_and_no_request_opens_it(engine: Engine) -> None:
    counting = CountingEngine(engine)
    newest = NewestSnapshot(counting, check_seconds=0.01)  # type: ignore[arg-type]
    write(engine, "1")
    assert held(newest) == 1
    let_go = threading.Event()
    warmed: list[int] = []

    def warm_up(searcher: Searcher) -> None:
        warmed.append(searcher.status().articles)
        let_go.wait(10)

    newest.follow(warm_up)
    write(engine, "2")
    while not warmed:
        assert held(newest) == 1
    for _ in range(100):
        assert held(newest) == 1, "the new commit is not ready yet"
    assert counting.opened == 2
    let_go.set()
    while held(newest) == 1:
        pass
    assert (held(newest), warmed, counting.opened) == (2, [2], 2)


def test_a_followed_index_that_is_gone_and_comes_back(engine: Engine, tmp_path: Path) -> None:
    newest = NewestSnapshot(engine, check_seconds=0.01)
    newest.follow(lambda searcher: searcher.status())
    with pytest.raises(IndexMissing):
        held(newest)
    write(engine, "1")
    assert held(newest) == 1
    shutil.move(tmp_path / "archive", tmp_path / "elsewhere")
    while newest.problem is None:
        assert held(newest) == 1
    shutil.move(tmp_path / "elsewhere", tmp_path / "archive")
    write(engine, "2")
    while held(newest) == 1:
        pass
    assert newest.problem is None


# --- what was taken down -------------------------------------------------------------------------------------------


def test_a_hint_makes_the_next_question_look_at_once(engine: Engine, clock: Clock) -> None:
    hints = ["a"]
    newest = NewestSnapshot(engine, check_seconds=1.0, clock=clock, hint=lambda: hints[-1])
    write(engine, "1")
    assert held(newest) == 1
    write(engine, "2")
    assert held(newest) == 1
    hints.append("b")
    assert held(newest) == 2
    write(engine, "3")
    assert held(newest) == 2
    newest.close()


def test_a_hint_is_waited_for_by_every_thread(engine: Engine, clock: Clock) -> None:
    hints = ["a"]
    newest = NewestSnapshot(engine, check_seconds=1.0, clock=clock, hint=lambda: hints[-1])
    write(engine, "1")
    assert held(newest) == 1
    for number in range(20):
        write(engine, f"more{number}")
        hints.append(str(number))
        found: list[int] = []
        threads = [threading.Thread(target=lambda into=found: into.append(held(newest))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert found == [number + 2] * 4
    newest.close()


def test_a_snapshot_that_is_held_too_long_is_closed(engine: Engine, clock: Clock) -> None:
    newest = NewestSnapshot(engine, check_seconds=1.0, clock=clock, hold_seconds=60.0)
    write(engine, "1")
    with newest.searcher() as old:
        write(engine, "2")
        clock.now += 1.0
        assert held(newest) == 2
        clock.now += 59.0
        newest.close_held()
        assert old.document("1") is not None
        clock.now += 1.0
        newest.close_held()
        with pytest.raises(EngineError, match="searcher is closed"):
            old.document("1")
    assert held(newest) == 2
    newest.close()


def test_the_last_good_state_stops_answering_if_it_has_what_was_taken_down(
    engine: Engine, tmp_path: Path, clock: Clock
) -> None:
    outdated = [False]
    newest = NewestSnapshot(engine, check_seconds=1.0, clock=clock, is_outdated=lambda _: outdated[0])
    write(engine, "1")
    assert held(newest) == 1
    (tmp_path / "archive" / "backfile.json").write_text("damaged")
    clock.now += 1.0
    assert held(newest) == 1
    outdated[0] = True
    clock.now += 1.0
    with pytest.raises(EngineError, match="damaged"):
        held(newest)
    with pytest.raises(EngineError, match="damaged"):
        held(newest)
