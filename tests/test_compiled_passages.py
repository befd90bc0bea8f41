"""The compiled kernel chooses the same passages as the code in Python, of any text, and refuses what does not fit."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from search.highlight import passages
from search.highlight.characters import classes_of
from search.highlight.marking import Mark, Span
from search.highlight.passages import best_passages, chosen_passages
from search.highlight.sentences import TITLES
from search.highlight.windows import MAX_MARKS_PER_GROUP, weights_of
from search.native import kernel

pytestmark = pytest.mark.skipif(kernel is None, reason="there is no compiled kernel")

_PIECES = [
    "peace", "treaty.", "The", "and", "Mr.", "(Dr.", "“St.", "mRs.", "e.g.", "U.S.", "J.", "É.", "É", "1.",
    "12.", "٣.", "1987.", "“Is it?”", "he", "ü", "‘so.’)", "said…", "war!!", "so.\"']", "— no", "«так».",
    "Это", "так.", "نعم؟", "हाँ।", "हाँ", "東京に行く。", "「そうだ。」", "京都！？", "ไทยภาษา", "한국어", "long" * 15,
    "中" * 130, "a" * 260, "", "no.", "No.", "Nos.", "K.", "\u212a.", "ǅ.", "ª", "😀", "😀.", "𐐨", "𐐀.", "𠀀",
    "\ud800", "\x00", "a\u0301.", ".", "…", "。", "?", "[x].", "- one", "• two", "3) three", "1234. four",
    "vs.", "\n1234. Four", "\n123. Three", "\n12) Two",
    "\n7. One", "a.Very. Good", "b. B", "messrs.", "Messrs.", "x.y.",
]  # fmt: skip
_SPACES = [
    *[" "] * 12, "  ", "\n", "\n\n", "\n\n\n", "\n- ", "\n12. ", "\n\t• ", "", "", "\t", "\u00a0", "\x1c",
    "\u3000", "\u2028",
]  # fmt: skip
_TEXTS = st.lists(st.tuples(st.sampled_from(_PIECES), st.sampled_from(_SPACES)), min_size=1, max_size=99).map(
    lambda pairs: "".join(piece + space for piece, space in pairs)
)

Question = tuple[str, list[Mark], dict[int, float], list[Span], set[int]]


def _words(text: str) -> list[Span]:
    return [match.span() for match in re.finditer(r"\w+", text)] or [(0, len(text))]


@st.composite
def questions(draw: st.DrawFn) -> Question:
    """A text, marks on words and anywhere else, weights, headings, and the groups that a title shows."""
    text = draw(_TEXTS | st.text(max_size=900))
    words, groups = _words(text), draw(st.sampled_from([1, 2, 3, 5, 22, 70]))
    place = st.integers(0, len(text))
    anywhere = st.tuples(place, place).map(lambda pair: (min(pair), max(pair)))
    on_words = st.tuples(st.integers(0, len(words) - 1), st.integers(0, 4)).map(
        lambda pair: (words[pair[0]][0], words[min(pair[0] + pair[1] // 3, len(words) - 1)][1])
    )
    usual = draw(st.booleans())
    spans = draw(st.lists(on_words if usual else on_words | anywhere, max_size=60))
    marks = sorted((*span, draw(st.integers(0, groups - 1))) for span in spans)
    weights = {group: draw(st.floats(0.0, 12.0)) for group in range(groups)}
    headings = sorted(draw(st.lists(anywhere, max_size=3)))
    return text, marks, weights, headings, draw(st.sets(st.integers(0, groups), max_size=2))


@settings(max_examples=300)
@given(questions(), st.integers(0, 5))
@example(("", [(0, 0, 0)], {0: 1.0}, [], set()), 1)
@example(("word " * 40 + "\0Mr. Smith " + "word " * 20, [(205, 210, 0)], {0: 1.0}, [], set()), 1)
@example(("a. b", [(1, 3, 0), (1, 4, 0)], {0: 1.0}, [(0, 2)], {0}), 3)
def test_the_kernel_chooses_the_same_passages(question: Question, limit: int) -> None:
    text, marks, weights, headings, titled = question
    expected = chosen_passages(text, marks, limit, weights, headings, titled)
    assert best_passages(text, marks, limit, weights, headings, titled) == expected


def long_text(random: Random) -> str:
    """Many pieces: some of them often, so that passages have sentences of all lengths."""
    pieces = random.sample(_PIECES, random.randint(2, len(_PIECES)))
    if random.random() < 0.3:
        pieces = [piece for piece in pieces if piece.isascii()] or ["a."]
    spaces = random.choice([_SPACES, [" "], [" ", " ", "\n\n"]])
    text = "".join(random.choice(pieces) + random.choice(spaces) for _ in range(random.choice([60, 300, 900])))
    return text.replace(" ", " " * random.choice([1, 1, 1, 2, 30]))


def long_question(random: Random) -> Question:
    """A long text with up to 900 marks on words, and sometimes anywhere."""
    text = long_text(random)
    words, groups, strays = _words(text), random.choice([1, 2, 3, 5, 22, 43]), random.choice([0.0, 0.0, 0.2])
    marks = []
    for _ in range(random.choice([1, 5, 20, 60, 300, 900])):
        if random.random() < strays:
            start = random.randint(0, len(text))
            end = min(len(text), start + random.choice([0, 3, 50, 500]))
        else:
            first = random.randrange(len(words))
            start, end = words[first][0], words[min(first + random.choice([0, 0, 0, 1, 4]), len(words) - 1)][1]
        marks.append((start, end, random.randrange(groups)))
    weights = {group: random.choice([1.0, random.random() * 12]) for group in range(groups)}
    starts = [random.randint(0, len(text)) for _ in range(random.choice([0, 0, 1, 3]))]
    titled = set(random.sample(range(groups), min(groups, random.randint(0, 2))))
    return text, sorted(marks), weights, sorted((start, start + 60) for start in starts), titled


@settings(max_examples=400)
@given(st.integers(0, 2**32), st.integers(1, 8))
def test_the_kernel_chooses_the_same_passages_of_long_texts(seed: int, limit: int) -> None:
    text, marks, weights, headings, titled = long_question(Random(seed))
    expected = chosen_passages(text, marks, limit, weights, headings, titled)
    assert best_passages(text, marks, limit, weights, headings, titled) == expected


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_around_each_word_the_kernel_sees_the_same_sentences(seed: int) -> None:
    text = long_text(Random(seed))
    for span in _words(text)[:300]:
        mark = [(*span, 0)]
        assert best_passages(text, mark, 1, {0: 1.0}) == chosen_passages(text, mark, 1, {0: 1.0}, (), ()), span


@settings(max_examples=30)
@given(st.integers(1, 30), st.integers(1, 7), st.integers(1, 4), st.sampled_from(["war. ", "Krieg, ", "«мир» "]))
def test_of_a_word_with_very_many_matches_the_same_are_considered(
    every: int, groups: int, limit: int, word: str
) -> None:
    count = 3 * MAX_MARKS_PER_GROUP
    text = "".join(word + ("\n\n" if at % every == 0 else "") for at in range(count))
    places = [match.span() for match in re.finditer(r"\w+", text)]
    marks = [(*span, at * at % groups) for at, span in enumerate(places)]
    expected = chosen_passages(text, marks, limit, {group: 1.0 / (1 + group) for group in range(groups)}, [], ())
    assert best_passages(text, marks, limit, {group: 1.0 / (1 + group) for group in range(groups)}) == expected


@given(questions())
def test_without_weights_both_weigh_by_the_text(question: Question) -> None:
    text, marks, *_ = question
    weights = weights_of(marks)
    assert best_passages(text, marks, 3) == chosen_passages(text, marks, 3, weights, (), ())


def test_the_kernel_knows_characters_as_regular_expressions_and_titles_do() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    assert re.findall(r"\s", everything) == [character for character in everything if classes_of(character) & 1]
    small = {character for character in everything if not character.isascii() and character.lower().isascii()}
    assert small == {"\N{KELVIN SIGN}"}
    assert all(title.isascii() and len(title) <= 8 and "k" not in title for title in TITLES)


@pytest.mark.parametrize(
    ("marks", "error"),
    [
        ([(0, 9, 0)], ValueError),
        ([(-1, 2, 0)], ValueError),
        ([(2, 1, 0)], ValueError),
        ([(2, 3, 0), (1, 3, 0)], ValueError),
        ([(0, 1, -1)], ValueError),
        ([(0, 1, 65_536)], ValueError),
        ([(0, 1, 1)], KeyError),
        ([(0, 1)], TypeError),
        ([[0, 1, 0]], TypeError),
        ([(0, 2**70, 0)], OverflowError),
        ([("0", 1, 0)], TypeError),
        ([None], TypeError),
    ],
)
def test_marks_that_do_not_fit_are_refused(marks: list[Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        best_passages("a text", marks, 1, {0: 1.0})


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((1, [], 1, {}, (), ()), TypeError),
        (("a", (), 1, {}, (), ()), TypeError),
        (("a", [(0, 1, 0)], 1, {0: "x"}, (), ()), TypeError),
        (("a", [(0, 1, 0)], 1, None, (), ()), TypeError),
        (("a", [(0, 1, 0)], 1, {0: 1.0}, 5, ()), TypeError),
        (("a", [(0, 1, 0)], 1, {0: 1.0}, [5], ()), TypeError),
        (("a", [(0, 1, 0)], 1, {0: 1.0}, (), ["x"]), TypeError),
        (("a", [(0, 1, 0)], 2**70, {0: 1.0}, (), ()), OverflowError),
    ],
)
def test_other_nonsense_is_refused(arguments: Sequence[Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        _chooser(classes_of).best(*arguments)


def _chooser(ask: Callable[[str], object], titles: object = ("mr",), repeats: object = (1.0, 1.1)) -> Any:
    assert kernel is not None
    return kernel.PassageChooser(ask, titles, repeats, *passages._RULES)


@pytest.mark.parametrize("answer", ["x", -1, None])
def test_an_answer_about_a_character_that_is_no_number_is_an_error(answer: object) -> None:
    with pytest.raises((TypeError, OverflowError)):
        _chooser(lambda _: answer).best("One. Two ü", [(5, 8, 0)], 1, {0: 1.0}, (), ())


def test_an_error_while_a_character_is_asked_for_comes_out() -> None:
    def ask(character: str) -> int:
        if character == "ü":
            raise LookupError(character)
        return classes_of(character)

    with pytest.raises(LookupError, match="ü"):
        _chooser(ask).best("One. Two ü", [(5, 8, 0)], 1, {0: 1.0}, (), ())
    assert _chooser(ask).best("One. Two.", [(5, 8, 0)], 1, {0: 1.0}, (), ()) == [(0, 9, False, False)]


@pytest.mark.parametrize(
    ("titles", "repeats"),
    [
        (("overlongtitle",), (1.0,)),
        (("",), (1.0,)),
        ((1,), (1.0,)),
        ((), ()),
        ((), (1.0,) * 8),
        ((), ("x",)),
        (5, (1.0,)),
    ],
)
def test_rules_that_do_not_fit_are_refused(titles: object, repeats: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        _chooser(classes_of, titles, repeats)


@pytest.mark.parametrize("at", range(7))
@pytest.mark.parametrize("number", [0, -1, 10**7])
def test_numbers_among_the_rules_are_bounded(at: int, number: int) -> None:
    lengths, factors = passages._RULES
    changed = (*lengths[:at], number, *lengths[at + 1 :])
    assert kernel is not None
    with pytest.raises(ValueError, match="from 1 to"):
        kernel.PassageChooser(classes_of, (), (1.0,), changed, factors)
