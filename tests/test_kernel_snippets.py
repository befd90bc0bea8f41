"""The compiled kernel makes the same snippets and links as the code without it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from search.highlight.marking import Mark, Span, marked_in_python, merged
from search.native import kernel
from search.results.deep_links import directive_in_python
from search.results.snippets import piece_in_python

if kernel is None:
    pytest.skip("needs the compiled kernel", allow_module_level=True)

TEXTS = st.text(
    st.sampled_from("ab<>&\"' \n\t\u00a0\u2003\u3000’—é国😀\ud800-_.~%,") | st.characters(exclude_categories=()),
    max_size=120,
)


def spans_in(length: int) -> st.SearchStrategy[list[Span]]:
    if not length:
        return st.just([])
    return st.lists(
        st.tuples(st.integers(0, length - 1), st.integers(1, 12)).map(lambda row: (row[0], min(sum(row), length))),
        max_size=8,
    )


@settings(max_examples=300)
@given(TEXTS, st.data())
def test_spans_are_marked_alike(text: str, data: st.DataObject) -> None:
    spans = merged(data.draw(spans_in(len(text))))
    assert kernel is not None
    assert kernel.mark_html(text, spans) == marked_in_python(text, spans)
    assert kernel.mark_html(text, iter(spans)) == marked_in_python(text, spans)


@settings(max_examples=300)
@given(TEXTS, st.booleans(), st.data())
def test_a_piece_is_cut_and_marked_alike(text: str, html: bool, data: st.DataObject) -> None:
    spans = data.draw(spans_in(len(text)))
    marks: list[Mark] = sorted({(*span, number % 3) for number, span in enumerate(spans)})
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    assert kernel is not None
    assert kernel.marked_piece(text, start, end, marks, html) == piece_in_python(text, start, end, marks, html)


@settings(max_examples=600)
@given(TEXTS, TEXTS, TEXTS, st.integers(0, 120), st.integers(0, 70))
@example("", "a-,b,c&d-", "", 2, 1)
@example("x", "\ud800 lone", "", 0, 3)
@example("", "x" * 200, "", 90, 1)
@example("", "one two three four five " * 9, "", 100, 0)
def test_the_same_words_are_quoted_in_a_link(before: str, inside: str, behind: str, start: int, length: int) -> None:
    text = before + inside + behind
    begin, stop = len(before), len(before) + len(inside)
    first = min(begin + start, stop)
    last = min(first + length, stop)
    assert kernel is not None
    assert kernel.text_directive(text, begin, stop, first, last) == directive_in_python(text, begin, stop, first, last)


def test_every_white_space_parts_words_in_a_link() -> None:
    assert kernel is not None
    for code in [*range(0x3100), 0xFEFF, 0x1F600]:
        text = f"one two{chr(code)}three"
        assert kernel.text_directive(text, 0, len(text), 5, 6) == directive_in_python(text, 0, len(text), 5, 6)


@pytest.mark.parametrize("spans", [[(2, 1)], [(0, 0)], [(0, 9)], [(1, 3), (2, 4)], [(-1, 2)], [(3, 4), (0, 1)]])
def test_spans_that_do_not_fit_are_refused(spans: list[Span]) -> None:
    assert kernel is not None
    with pytest.raises(ValueError, match="spans"):
        kernel.mark_html("peace", spans)


def test_what_does_not_fit_is_refused() -> None:
    assert kernel is not None
    for row in [(-1, 2), (3, 2), (0, 9)]:
        with pytest.raises(ValueError, match="beyond"):
            kernel.marked_piece("peace", *row, [], True)
        with pytest.raises(ValueError, match="paragraph"):
            kernel.text_directive("peace", 0, 5, *row)
    with pytest.raises(ValueError, match="paragraph"):
        kernel.text_directive("peace", 0, 6, 0, 1)
    for marks in ([3], [(1,)], [("a", "b")]):
        with pytest.raises(TypeError):
            kernel.marked_piece("peace", 0, 5, marks, True)
        with pytest.raises(TypeError):
            kernel.mark_html("peace", marks)
