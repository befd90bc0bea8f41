"""What a person at a terminal sees of a run."""

from __future__ import annotations

import signal
import time

import pytest

from index import progress
from index.batches import QUEUE_ARTICLES, Batches, uninterrupted
from index.progress import Bar
from search.document import Document
from search.engines.memory.engine import MemoryEngine
from search.engines.protocols import Engine


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    """Standard error, on which the bar draws at every call."""
    monkeypatch.setattr(progress, "_REFRESH_SECONDS", 0.0)
    return capsys


def shown(screen: pytest.CaptureFixture[str]) -> list[str]:
    """Every line the bar has drawn since it was last asked, in order."""
    return [line.strip() for line in screen.readouterr().err.split("\r") if line.strip()]


def test_the_bar_is_about_the_input_and_about_the_index_while_that_is_written(
    screen: pytest.CaptureFixture[str],
) -> None:
    with Bar() as bar:
        bar.begin(2_000)
        shown(screen)
        bar.at(500, 10)
        bar.writing("merging", 30_000, 40_000)
        bar.writing("committing", 0, 0)
        bar.at(1_000, 20)
        reading, merging, committing, again = shown(screen)
    assert reading.startswith("25 %|")
    assert "500/2.00k" in reading
    assert "left, 10 articles, " in reading
    assert merging.startswith("merging:  75 %|")
    assert "30.0k/40.0k" in merging
    assert committing.startswith("committing [")
    assert again.startswith("50 %|")
    assert "merging" not in again


def test_a_ctrl_c_that_has_to_wait_is_answered_at_once(screen: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.begin(2_000)
        bar.writing("merging", 1, 2)

        def commit() -> None:
            with uninterrupted(bar.stopping):
                shown(screen)
                signal.raise_signal(signal.SIGINT)
                assert "will stop after this commit" in shown(screen)[-1]

        with pytest.raises(KeyboardInterrupt):
            commit()


def test_an_input_of_unknown_size_is_counted(screen: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.begin(None)
        bar.at(500, 3)
    assert "500 read [" in "".join(shown(screen))


def committed(engine: Engine) -> int:
    with engine.searcher() as searcher:
        return searcher.status().articles


def test_a_batch_is_committed_when_its_time_has_come() -> None:
    for seconds, expected in ((0.0, 2 * QUEUE_ARTICLES), (3_600.0, 1)):
        engine = MemoryEngine()
        with engine.writer() as writer:
            writer.add(Document("0", "First"))
        batches = Batches(engine, seconds=seconds)
        for number in range(2 * QUEUE_ARTICLES):
            batches.add(Document(f"{number}", "Title"))
        assert committed(engine) == expected
        batches.roll_back()


def test_the_rate_is_of_articles(screen: pytest.CaptureFixture[str]) -> None:
    with Bar() as bar:
        bar.begin(100)
        time.sleep(0.5)
        bar.at(50, 1_000)
        rate = int(shown(screen)[-1].rpartition("articles, ")[2].partition("/s")[0].replace(",", ""))
    assert 10 < rate <= 2_000
