"""Links to a passage of the article's own page: anchors, and text fragments that browsers find again."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.document import Document
from search.highlight.highlighter import Highlighter
from search.query.match import MatchTerm, Term
from search.results.deep_links import anchor_address, text_address, web_address
from search.results.snippets import excerpts

PAGE = "https://news.example/2024/a"
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)


def directive(address: str | None) -> tuple[str, str]:
    """The prefix and the words of a text directive, read as the specification says: "[prefix-,]start"."""
    assert address is not None
    page, _, text = address.partition("#:~:text=")
    assert page == PAGE
    assert re.fullmatch(r"(?:%[0-9A-F]{2}|[A-Za-z0-9_.!~*'()])*(?:-,)?(?:%[0-9A-F]{2}|[A-Za-z0-9_.!~*'()])+", text)
    prefix, separator, start = text.rpartition("-,")
    assert "," not in start
    return (unquote(prefix), unquote(start)) if separator else ("", unquote(text))


def quoted(text: str, word: str) -> tuple[str, str]:
    start = text.index(word)
    return directive(text_address(f"{PAGE}#old", text, (start, start + len(word))))


def test_the_words_behind_the_match_come_along_while_they_are_few() -> None:
    prefix, words = quoted("One two three four five six seven eight nine ten eleven twelve thirteen fourteen.", "five")
    assert prefix == "two three four"
    assert words.startswith("five six seven")
    assert len(words) <= 60


def test_at_the_start_of_a_paragraph_there_is_nothing_to_tell_it_apart_by() -> None:
    assert quoted("Five six", "Five") == ("", "Five six")


@pytest.mark.parametrize(
    ("text", "word", "prefix", "words"),
    [
        ("a well-known, well-worn path", "known", "a", "well-known, well-worn path"),
        ("prices rose 5% & fell, again", "5", "prices rose", "5% & fell, again"),
        ("see https://x.example/?a=1&b=2#c here", "x", "see", "https://x.example/?a=1&b=2#c here"),
        ("“Quoted,” she said", "Quoted", "", "“Quoted,” she said"),
        ("tab\tand\u00a0space and\u2003em", "space", "tab and", "space and\u2003em"),
        ("un cœur d’or", "or", "un cœur", "d’or"),
        ("العربية من اليمين", "من", "العربية", "من اليمين"),
        ("emoji 👩‍👩‍👧 family", "family", "emoji 👩‍👩‍👧", "family"),
    ],
)
def test_whole_words_are_quoted_with_their_punctuation(text: str, word: str, prefix: str, words: str) -> None:
    assert quoted(text, word) == (prefix, words)


def test_a_match_within_a_word_quotes_the_whole_word() -> None:
    assert quoted("the unbelievable bridge", "believ") == ("the", "unbelievable bridge")


def test_text_without_spaces_is_cut_to_a_length_that_fits() -> None:
    text = "東京都は" * 100
    address = text_address(PAGE, text, (200, 202))
    prefix, words = directive(address)
    assert text[200:202] in words
    assert len(words) <= 62
    assert len(prefix) <= 40


def test_a_word_longer_than_any_is_not_quoted_whole() -> None:
    _, words = directive(text_address(PAGE, "x" * 5_000, (2_500, 2_501)))
    assert set(words) == {"x"}
    assert len(words) <= 62


def test_a_word_that_the_prefix_would_cut_is_left_out_of_it() -> None:
    text = "antidisestablishmentarianism and floccinaucinihilipilification match"
    prefix, _ = quoted(text, "match")
    assert all(word in text.split() for word in prefix.split())


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u00a0\u2003"])
def test_nothing_to_quote_is_no_link(text: str) -> None:
    assert text_address(PAGE, text, (0, len(text))) is None


@given(ANY_TEXT, st.integers(0, 200), st.integers(0, 40))
@example("a-,b,c&d-", 2, 1)
@example("\ud800 lone", 0, 3)
@example("x" * 100, 50, 1)
def test_what_is_quoted_stands_in_the_text_in_that_order(text: str, start: int, length: int) -> None:
    start = min(start, len(text))
    span = (start, min(start + length, len(text)))
    address = text_address(PAGE, text, span)
    if address is None:
        assert not text[span[0] : span[1]].strip()
        return
    prefix, words = directive(address)
    shown = " ".join(text.encode("utf-8", "replace").decode("utf-8").split())
    flat = " ".join(f"{prefix} {words}".split())
    assert flat in shown or " ".join(words.split()) in shown
    assert len(words) <= 60 + length + 2


@pytest.mark.parametrize(
    ("anchor", "fragment"),
    [
        ("sec-1", "sec-1"),
        ("Über uns", "%C3%9Cber%20uns"),
        ('"><script>', "%22%3E%3Cscript%3E"),
        ("a#b", "a%23b"),
        ("100%", "100%25"),
        ("歴史", "%E6%AD%B4%E5%8F%B2"),
        ("a/b?c=d&e", "a/b?c=d&e"),
        (":~:text=x", ":~:text=x"),
        ("", ""),
    ],
)
def test_an_anchor_is_escaped_as_a_fragment(anchor: str, fragment: str) -> None:
    assert anchor_address(f"{PAGE}?x=1#old", anchor) == f"{PAGE}?x=1#{fragment}"


HOSTILE_ADDRESSES = (
    None, "", " ", "/local", "//host/path", "news.example", "https:", "https://", "https:///path", "http://?q",
    "javascript:alert(1)", "JAVASCRIPT:alert(1)", "java\nscript:alert(1)", "data:text/html,x", "file:///etc/passwd",
    "ftp://x.example/", "mailto:a@b.example", "https://x.example/a b", "https://x.example/\n", "https://x.example/\x00",
    'https://x.example/"onload="', "https://x.example/<b>", "https://[::1", "https://x.example\\@evil.example/",
    " https://x.example/", "https://x.example/\t", "https://x.example/`", "https://x.example/\x7f", "http:// /",
)  # fmt: skip


@pytest.mark.parametrize("url", HOSTILE_ADDRESSES)
def test_an_address_that_is_no_web_page_is_never_linked(url: str | None) -> None:
    assert web_address(url) is None
    assert anchor_address(url, "a") is None
    assert text_address(url, "some words", (0, 4)) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://news.example",
        "http://news.example:8080/a?b=c#d",
        "HTTPS://News.Example/",
        "https://[2001:db8::1]/a",
        "https://user@news.example/",
        "https://münchen.example/straße",
        "https://news.example/a;b=c,d'e(f)",
    ],
)
def test_an_address_of_the_web_is_given_back_as_it_is(url: str) -> None:
    assert web_address(url) == url
    address = anchor_address(url, "x")
    assert address is not None
    assert urlsplit(address)._replace(fragment="") == urlsplit(url)._replace(fragment="")


@given(ANY_TEXT)
def test_any_text_is_a_web_address_or_none(url: str) -> None:
    found = web_address(url)
    assert found in (None, url)
    assert web_address(f"https://x.example/{url}") is None or not re.search(r'[\x00-\x20"<>\\^`{|}\x7f]', url)


PARAGRAPHS = st.lists(
    st.lists(st.sampled_from(("peace", "a-b", "“c”", "d,e", "50%", "x&y", "é́", "東京", "--", "w" * 70)), min_size=1)
    .map(" ".join), min_size=1, max_size=6,
)  # fmt: skip


@given(PARAGRAPHS)
def test_the_link_of_a_snippet_quotes_a_match_of_one_paragraph(paragraphs: list[str]) -> None:
    document = Document("a", "x", "\n\n".join(paragraphs), url=PAGE, language="en")
    for snippet in excerpts(document.head(), document.body, Highlighter(MatchTerm(("body",), Term("peace")))).snippets:
        assert (snippet.url is not None) == bool(snippet.spans)
        if snippet.url is not None:
            prefix, words = directive(snippet.url)
            assert "peace" in words
            assert any(f"{prefix} {words}".strip() in paragraph for paragraph in paragraphs)
