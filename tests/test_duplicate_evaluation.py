"""The judgement behind `backfile evaluate duplicates`: the truth, the pairs found, edits, and other signatures."""

from __future__ import annotations

import json
import random
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from index.duplicate_peers import PEERS
from index.duplicates import (
    Texts,
    Truth,
    counted,
    differing_bits,
    find_truth,
    pairs_within,
    read_texts,
    shared_wording,
    sign,
)
from index.edited_copies import EDITS, edited
from index.fingerprint import distance, fingerprint
from search.commands import main
from search.document import Document


def words(count: int, seed: int, vocabulary: int = 400) -> list[str]:
    return [f"w{number}" for number in random.Random(seed).choices(range(vocabulary), k=count)]


def article(name: str, body: list[str]) -> Document:
    return Document(name, name, " ".join(body))


@pytest.fixture
def texts() -> Texts:
    one = words(200, 1)
    return read_texts(
        [
            article("one", one),
            article("again", [word.upper() for word in one]),
            article("edited", [*one[:90], "other", "news", *one[92:]]),
            article("half", [*one[:100], *words(100, 2)]),
            article("foreign", words(200, 3)),
            article("short", words(19, 4)),
        ]
    )


def test_the_truth_is_the_wording_of_the_articles(texts: Texts) -> None:
    truth = find_truth(texts, {(0, 3), (0, 4)})
    assert (texts.ids, texts.short) == (["one", "again", "edited", "half", "foreign"], 1)
    assert truth.equal == {(0, 1)}
    assert truth.wording[0, 2] == pytest.approx(0.99)
    assert 0.5 <= truth.wording[0, 3] < 0.8
    assert truth.wording[0, 4] < 0.4
    assert truth.near == 3


def test_of_articles_with_one_id_the_first_counts() -> None:
    both = [article("same", words(30, 1)), article("same", words(30, 2)), article("same", words(5, 3))]
    assert read_texts(both) == Texts(["same"], [both[0].body], [words(30, 1)], 0)


def test_shared_wording_is_of_words_in_order() -> None:
    assert shared_wording([1, 2, 3, 4], [1, 2, 3, 4]) == 1
    assert shared_wording([1, 2, 3, 4], [3, 4, 1, 2]) == 0.5
    assert shared_wording([1, 2], [3, 4]) == 0


@given(st.lists(st.lists(st.integers(0, 12), min_size=20, max_size=30), min_size=2, max_size=8))
def test_every_pair_that_shares_enough_word_pairs_is_compared(bodies: list[list[int]]) -> None:
    coded = [[f"w{number}" for number in body] for body in bodies]
    truth = find_truth(Texts([str(n) for n in range(len(coded))], [""] * len(coded), coded, 0))
    sets = [set(pairwise(body)) for body in coded]
    enough = {
        (one, other)
        for one, other in combinations(range(len(sets)), 2)
        if len(sets[one] & sets[other]) >= 0.3 * len(sets[one] | sets[other])
    }
    assert truth.wording.keys() == enough


@given(
    st.lists(st.lists(st.integers(0, 2**64 - 1), min_size=2, max_size=2), min_size=1, max_size=30), st.integers(40, 70)
)
def test_pairs_within_a_distance_are_those_of_every_comparison(rows: list[list[int]], most: int) -> None:
    expected = {
        (one, other): bits
        for one, other in combinations(range(len(rows)), 2)
        if (bits := sum(distance(*both) for both in zip(rows[one], rows[other], strict=True))) <= most
    }
    assert dict(pairs_within(np.array(rows, np.uint64), most)) == expected


def test_what_is_found_is_counted_up_to_each_distance(texts: Texts) -> None:
    signatures, microseconds = sign(texts.bodies, lambda text: [fingerprint(text)])
    distances = dict(pairs_within(signatures, 64))
    rows = list(counted(distances, find_truth(texts, distances), 64))
    assert microseconds > 0
    assert (rows[0].pairs, rows[0].equal, rows[0].near) == (1, 1, 1)
    assert (rows[7].pairs, rows[7].near, rows[7].unrelated) == (3, 3, 0)
    assert (rows[64].pairs, rows[64].near) == (10, 3)
    assert rows[64].unrelated >= 4


def test_bits_differ_in_proportion_to_the_word_pairs_that_are_not_shared() -> None:
    for replaced in (10, 40, 100):
        bits = []
        for seed in range(60):
            one = words(400, seed, 10**9)
            other = [*one[:-replaced], *words(replaced, seed + 1_000, 10**9)]
            bits.append(distance(fingerprint(" ".join(one)), fingerprint(" ".join(other))))
        shared = (400 - replaced) / (400 + replaced)
        assert np.mean(bits) == pytest.approx(64 * (1 - shared) / 2, rel=0.15)


@pytest.mark.parametrize("kind", list(EDITS))
def test_an_edit_changes_its_share_and_the_same_seed_draws_the_same(kind: str) -> None:
    bodies = [". ".join(" ".join(words(8, 100 * number + line)) for line in range(20)) + "." for number in range(30)]
    many = Texts([str(number) for number in range(30)], bodies, [body.split() for body in bodies], 0)
    small, large = ([*edited(many, kind, share, size=10, seed=1)] for share in (0.05, 0.5))
    assert small == [*edited(many, kind, 0.05, size=10, seed=1)] != [*edited(many, kind, 0.05, size=10, seed=2)]
    assert len(small) == len(large) == 10
    for original, version in small:
        assert original != version or kind == "reordered"  # a sentence may come to where it was
        assert shared_wording_of(original, version) >= 0.85
    assert np.mean([shared_wording_of(*pair) for pair in large]) < np.mean([shared_wording_of(*pair) for pair in small])


def shared_wording_of(one: str, other: str) -> float:
    numbers: dict[str, int] = {}
    coded = [[numbers.setdefault(word, len(numbers)) for word in text.split()] for text in (one, other)]
    return shared_wording(*coded)


@pytest.mark.parametrize("name", list(PEERS))
def test_other_signatures_tell_near_copies_from_other_texts(name: str) -> None:
    if name != "simhash":
        pytest.importorskip(name.partition("-")[0])
    one = words(300, 1)
    copies = [one, [word.upper() for word in one], [*one[:150], *words(8, 3), *one[158:]], words(300, 2)]
    signatures, _ = sign([" ".join(copy) for copy in copies], PEERS[name]())
    same, near, other = (int(each) for each in differing_bits(signatures[:1], signatures[1:]))
    bits = 64 * signatures.shape[1]
    assert same == 0 < near < bits / 4 < bits / 3 < other


def test_the_command_prints_what_is_found_and_lists_pairs_to_read(tmp_path: Path, texts: Texts) -> None:
    file = tmp_path / "a.jsonl"
    rows = [{"id": name, "title": name, "body": body} for name, body in zip(texts.ids, texts.bodies, strict=True)]
    file.write_text("\n".join(map(json.dumps, rows)) + '\n{"id": "bad"}\n')
    runner = CliRunner()
    shown = runner.invoke(main, ["evaluate", "duplicates", str(file), "--against", "simhash", "--pairs", "5"])
    assert shown.exit_code == 0, shown.output
    assert "5 articles with a fingerprint, 0 too short for one; 1 pairs with equal words, 3 near-copies" in shown.output
    assert "a.jsonl:6: the article has neither a title nor a body" in shown.output
    assert "0.99  one  edited" in shown.output
    told = json.loads(runner.invoke(main, ["evaluate", "duplicates", str(file), "--json"]).stdout)
    assert [row["name"] for row in told["systems"]] == ["backfile"]
    assert told["found"][7]["near"] == told["near_copies"] == 3
    assert told["pairs"] == []


def test_articles_too_short_for_fingerprints_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"title": "Short", "body": "Nothing to compare."}\n')
    answer = CliRunner().invoke(main, ["evaluate", "duplicates", str(file)])
    assert answer.exit_code != 0
    assert "none is long enough for a fingerprint" in answer.output


def test_an_empty_truth_has_no_near_copies() -> None:
    assert Truth(frozenset(), {}).near == 0
