"""What is promised of looking for near-copies among all articles: all of them are found, and nothing else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from search.document import Document
from search.engines import open_engine
from search.engines.grouping import MAX_DISTANCE, near_copies
from search.engines.protocols import Engine, FindingCopies

SOUGHT = 0xDEADBEEF_0BADF00D


def differing(bits: int, random: random.Random) -> int:
    """A fingerprint that differs from SOUGHT in so many bits."""
    return SOUGHT ^ sum(1 << place for place in random.sample(range(64), bits))


@pytest.fixture(params=["memory:", "whoosh:"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Engine:
    return open_engine("memory:" if request.param == "memory:" else f"whoosh:{tmp_path}/archive")


def copies(engine: Engine, fingerprint: int) -> list[str]:
    with engine.searcher() as searcher:
        assert isinstance(searcher, FindingCopies)
        return searcher.copies_of(fingerprint)


@pytest.mark.parametrize("seed", range(3))
def test_all_near_copies_are_found_and_nothing_else_the_nearest_first(engine: Engine, seed: int) -> None:
    chance = random.Random(seed)
    fingerprints = {f"{number:03}": differing(number % 20, chance) for number in range(200)} | {"short": 0}
    for part in range(2):  # two segments
        with engine.writer() as writer:
            for number, (name, fingerprint) in enumerate(fingerprints.items()):
                if number % 2 == part:
                    writer.add(Document(name, name, fingerprint=fingerprint))
    with engine.writer() as writer:
        writer.delete("000")
        writer.add(Document("001", "Another text now", fingerprint=differing(MAX_DISTANCE + 1, chance)))
        fingerprints["001"] = differing(MAX_DISTANCE + 1, chance)
    near = [name for name, own in fingerprints.items() if near_copies(own, SOUGHT) and name != "000"]
    assert len(near) == 8 * 10 - 2
    assert copies(engine, SOUGHT) == sorted(near, key=lambda name: ((fingerprints[name] ^ SOUGHT).bit_count(), name))


def test_a_text_too_short_for_a_fingerprint_has_no_copies(engine: Engine) -> None:
    with engine.writer() as writer:
        writer.add(Document("short", "Short"))
        writer.add(Document("one bit", "One bit", fingerprint=1))
    assert copies(engine, 0) == []
    assert copies(engine, 1) == ["one bit"]
