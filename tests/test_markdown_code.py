"""Where the code of a Markdown text is: nothing in it is a template tag."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.extraction.markdown import MAX_MARKDOWN, read_markdown, without_templates
from index.extraction.markdown_code import Code

FENCE = r"^[ \t>]*(?P<fence>```+|~~~+)[^\n]*\n(?s:.*?)(?:^[ \t>]*(?P=fence)|\Z)"
SPAN = r"(?P<ticks>(?<!`)`+)(?!`)(?:(?!\n[ \t]*\n)[^`]){1,2000}(?P=ticks)(?!`)"
CODE = re.compile(rf"{FENCE}|{SPAN}", re.MULTILINE)
"""The same in one slow pattern, which ends a fence before its marks end where they are more than at its start."""


def places(text: str) -> list[int]:
    code = Code(text)
    return [at for at, letter in enumerate(text) if letter == "x" and code.has(at)]


@pytest.mark.parametrize(
    ("text", "in_code"),
    [
        ("x `x` x", "2"),
        ("x ``x x`` x", "23"),
        ("`x\n\nx` x", ""),
        ("```\nx\n```\nx", "1"),
        ("> ~~~ sh\n> x\n> ~~~~~\nx", "1"),
        ("```\nx\n~~~\nx", "12"),
        ("a ``` x\nx", ""),
        ("`x` x\n\nx `x`", "14"),
    ],
)
def test_fences_and_spans_are_code(text: str, in_code: str) -> None:
    numbered = [at for at, letter in enumerate(text) if letter == "x"]
    assert places(text) == [numbered[int(number) - 1] for number in in_code]


@settings(max_examples=500, deadline=None)
@given(st.lists(st.sampled_from(["`", "``", "```", "x", " ", "\n", "\n\n", "> "]), max_size=25).map("".join))
def test_code_is_found_as_by_a_pattern(text: str) -> None:
    text = re.sub("`{4,}", "```", text)  # as long at the end as at the start
    text = re.sub("(?m)(?<=[^\\n> ])[> ]*```", "``", text)  # a fence begins its line, which goes before all spans
    spans = [match.span() for match in CODE.finditer(text)]
    assert places(text) == [
        at for at, letter in enumerate(text) if letter == "x" and any(start <= at < end for start, end in spans)
    ]


@pytest.mark.parametrize(
    "piece", ["` {{ x }} ", "``` {{ x }} ", "\n~~~\n", "[^1] `", "> ", "[a][", "][", "{% x %}`a\n"]
)
def test_many_marks_take_linear_time(piece: str) -> None:
    text = piece * (MAX_MARKDOWN // len(piece) // 4)
    assert len(without_templates(f"~~~\n{text}")) > 0
    assert len(without_templates(f"``` {text}")) > 0


def test_tags_of_a_page_head_are_no_text() -> None:
    body = read_markdown('<meta charset="utf-8"><p>It runs. <link rel="x" href="y" /> `<meta a="b">` <meta></p>')
    assert body.text == 'It runs. `<meta a="b">` <meta>'.replace("`", "")
    assert "charset" not in body.html


def test_references_are_words_where_their_definitions_are_elsewhere() -> None:
    assert read_markdown("See [the *map*][map a] and [ferry][].").text == "See the map and ferry."
    assert read_markdown("`a[0][name]`, b[i][] and c[][size]").text == "a[0][name], b[i][] and c[][size]"
