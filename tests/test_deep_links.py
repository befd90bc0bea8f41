"""Links into an article: the words that a text fragment quotes are in the text, whole and in order."""

from __future__ import annotations

import re
from urllib.parse import unquote, urldefrag

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.document import Document
from search.highlight.highlighter import Highlighter
from search.query.match import MatchTerm, Term
from search.results.deep_links import anchor_address, text_address, web_address
from search.results.snippets import excerpts

PAGE = "https://example.org/a?b=c"

words = st.sampled_from(
    ("peace", "treaty", "A-B", "“quoted”", "a,b", "50%", "x&y", "é́", "東京都", "#1", "--", "…", "it's", "\u00a0", "🙂",
     "\ud800", "w" * 70)
)  # fmt: skip
spaces = st.sampled_from((" ", "  ", "\n", "\t", "\u2003", " \n "))
texts = st.lists(st.tuples(words, spaces), max_size=20).map(lambda rows: "".join(word + space for word, space in rows))


def quoted(address: str) -> tuple[str, str]:
    """The words before, and the words themselves, of a text fragment."""
    base, fragment = urldefrag(address)
    assert base == PAGE
    directive = re.fullmatch(r":~:text=(?:([^,]*)-,)?([^,-][^,]*)", fragment)
    assert directive is not None, fragment
    return unquote(directive[1] or ""), unquote(directive[2])


def squeezed(text: str) -> str:
    return " ".join(text.encode("utf-8", "replace").decode().split())


@given(texts, st.data())
def test_the_quoted_words_occur_in_the_text_behind_those_before_them(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    address = text_address(PAGE, text, (start, end))
    if address is None:
        return
    before, exact = quoted(address)
    assert squeezed(exact) in squeezed(text)
    assert squeezed(before + exact).replace(" ", "") in squeezed(text).replace(" ", "")
    assert len(before.split()) <= 3
    assert re.fullmatch(r"[!-~]+", address), "an address is plain ASCII without spaces"


@given(texts, st.data())
def test_words_are_quoted_whole_unless_they_are_very_long(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    marked = text[start:end].strip()
    address = text_address(PAGE, text, (start, end))
    if not marked:
        return
    assert address is not None
    exact = quoted(address)[1]
    assert squeezed(marked) in squeezed(exact)
    if "w" * 70 not in text and "\ud800" not in text:
        assert set(exact.split()) <= set(text.split())


def test_a_word_is_told_apart_by_the_words_before_it() -> None:
    text = "One two three four. Peace at last, and peace for good."
    first, second = text.index("Peace"), text.index("peace")
    assert quoted(text_address(PAGE, text, (first, first + 5)) or "")[0] == "two three four."
    assert quoted(text_address(PAGE, text, (second, second + 5)) or "")[0] == "at last, and"
    assert quoted(text_address(PAGE, text, (0, 3)) or "")[0] == ""


def test_hyphens_commas_and_ampersands_cannot_be_taken_for_syntax() -> None:
    address = text_address(PAGE, "x-y, a&b -c", (0, 3)) or ""
    assert address.partition("#:~:text=")[2] == "x%2Dy%2C%20a%26b%20%2Dc"


@pytest.mark.parametrize("span", [(0, 0), (3, 4)])
def test_nothing_to_quote_gives_no_link(span: tuple[int, int]) -> None:
    assert text_address(PAGE, "   \n ", span) is None


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.org/a#x", True),
        ("HTTP://EXAMPLE.ORG", True),
        ("https://[::1]/a", True),
        ("https://example.org/é", True),
        ("https://[", False),
        ("https:///a", False),
        ("https://example.org/a b", False),
        ('https://example.org/"', False),
        ("https://example.org/\x7f", False),
        ("javascript:alert(1)", False),
        ("", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_are_linked(url: str | None, shown: bool) -> None:
    assert (web_address(url) is not None) is shown
    assert (anchor_address(url, "x") is not None) is shown
    assert (text_address(url, "some words", (0, 4)) is not None) is shown


def test_an_anchor_takes_the_place_of_the_pages_own_fragment() -> None:
    assert anchor_address("https://example.org/a#old", "a b/ü?é#") == "https://example.org/a#a%20b/%C3%BC?%C3%A9%23"


paragraphs = st.lists(st.lists(words, min_size=1, max_size=30).map(" ".join), min_size=1, max_size=6).map("\n\n".join)


@given(paragraphs)
def test_the_link_of_a_snippet_quotes_a_match_of_its_own_paragraph(body: str) -> None:
    document = Document("a", "x", body.replace("\ud800", "x"), url=PAGE, language="en")
    found = excerpts(document.head(), document.body, Highlighter(MatchTerm(("body",), Term("peace"))))
    for snippet in found.snippets:
        assert snippet.url is None or snippet.spans
        if snippet.url is not None:
            before, exact = quoted(snippet.url)
            assert "peace" in exact
            quote = squeezed(before + exact).replace(" ", "")
            assert any(quote in squeezed(block).replace(" ", "") for block in document.body.split("\n\n"))
