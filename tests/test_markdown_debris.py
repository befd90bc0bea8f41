"""What is indexed is what is read: no Markdown, comments or references are left of texts that other parsers render."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from work import growth

from index.article import Article
from index.document import to_document
from index.extraction.markdown import read_markdown, render_markdown
from index.extraction.markdown_debris import with_links, without_comments, without_indents
from index.references import without_references


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<!-- more -->See [the list](https://a.example/x_(y)) and **this**.", "See the list and this."),
        ("<!-- more -->\n\nSee [the list](//a.example).", "See the list."),
        ("- **<!--talk-->****讨论激活：** 宣布", "• 讨论激活： 宣布"),
        ("**注意：**请升级", "注意：请升级"),
        ("**披露：**Antoine 公开", "披露：Antoine 公开"),
        ("<table><tr><td>[one](/a) **two**</td></tr></table>", "one two"),
        ('<div>[one](/a "One") and ![a picture](/a.png) two</div>', "one and two"),
        ("<div>[![](/a.png)](/b)words</div>", "words"),
        ("<td>[<a href='/a'>one</a>](/a), [<a href='/b'>two</a>](/b)</td>", "one, two"),
        (
            "<ul>\n  <li>\n    one\n\n    <a href='/x?feature=share'>two</a> <em>(it&#8217;s)</em>\n  </li>\n</ul>",
            "• one\n\ntwo (it’s)",
        ),
        ("<table>\n<tr>\n\n    <td>**one**</td>\n\n    <td>two</td>\n\n</tr></table>", "one | two"),
        ("  3. One thing\n  \n    <span>goes on.</span>", "• One thing\n\ngoes on."),
        # what is meant stays
        ("Write this:\n\n    <p>Hello</p>\n\n    <p>World</p>", "Write this:\n\n<p>Hello</p>\n\n<p>World</p>"),
        ("- Write:\n\n        <p>Hello</p>", "• Write:\n\n<p>Hello</p>"),
        ("`<!-- more -->[a](/b)`", "<!-- more -->[a](/b)"),
        ("```\n<!-- x --> [a](/b) **c**\n```", "<!-- x --> [a](/b) **c**"),
        ("Code:\n\n    <b><!-- x --></b> [a](/b)", "Code:\n\n<b><!-- x --></b> [a](/b)"),
        (r"Write \[words\](https://a.example) for a link.", "Write [words](https://a.example) for a link."),
        (r"Write \*\*words\*\* for strong ones.", "Write **words** for strong ones."),
        ("f(**kwargs) and a ** b ** c", "f(**kwargs) and a ** b ** c"),
        ("<div>a[0](x) and [note](see below)</div>", "a[0](x) and [note](see below)"),
        ("<pre>[a](/b) **c**</pre>", "[a](/b) **c**"),
        ("****** Blah blah", "****** Blah blah"),
    ],
)
def test_markdown_that_its_parser_leaves_is_read(source: str, text: str) -> None:
    assert read_markdown(source).text == text


def test_links_left_by_the_parser_are_links_on_the_page() -> None:
    assert '<a href="https://a.example/?x=1&amp;y=2">b</a>' in render_markdown(
        "<!-- more -->[b](https://a.example/?x=1&amp;y=2)"
    )


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("CDC&#8217;s app &#8211; a case", "CDC’s app – a case"),
        ("R&amp;D it&amp;#8217;s &mdash; caf&eacute;", "R&D it’s — café"),
        ("Agile&#63; Consider", "Agile? Consider"),
        ("AT&T; 5 & 6; a&b", "AT&T; 5 & 6; a&b"),
        ("What &nbsp; means", "What &nbsp; means"),
        ('How to write "&lt;" and &#8217; in HTML', 'How to write "&lt;" and &#8217; in HTML'),
        ("&#0; &#x110000;", "&#0; &#x110000;"),
    ],
)
def test_references_are_read_unless_they_are_named(written: str, read: str) -> None:
    assert without_references(written) == read


def test_all_fields_of_a_line_are_read_without_references() -> None:
    article = Article(
        "here", title="It&#8217;s", body="&#8217;", summary="a&hellip;", sections=("R&amp;D",),
        authors=("Ren&eacute;",), tags=("Q&amp;A",),
    )  # fmt: skip
    found = to_document(article, language="en", time_zone="UTC")
    assert (found.title, found.summary, found.sections) == ("It’s", "a…", ("R&D",))
    assert (found.authors, found.tags) == (("René",), ("Q&A",))
    assert found.body == "&#8217;"  # what a body says in so many letters is code


_PARTS = st.sampled_from(
    ["<!--", "-->", "**", "[a](/b)", "![", "](//x", "<pre>", "</code>", "<a>", "中", "\n", " ", "\\"]
)


@given(st.lists(_PARTS, max_size=40).map("".join))
def test_text_without_markdown_or_comments_is_left_as_it_is(text: str) -> None:
    if "-->" not in text:
        assert without_comments(text) == text
    if "](" not in text and "**" not in text:
        assert with_links(text, text) == text


@pytest.mark.parametrize(
    "piece",
    [
        "<!--",
        "<!-- -",
        "[",
        "![",
        "**a",
        "[a](/",
        "<pre>",
        "[a](https://x(",
        "**中",
        "\n\n    <p>",
        "\n \n\t<p x",
        "<p>\n\n    <p>a",
    ],
)
def test_hostile_text_takes_linear_time(piece: str) -> None:
    def mend(count: int) -> None:
        with_links(without_indents(without_comments(piece * count)), piece * count)

    assert growth(mend, 2_000, 10) < 31  # 10 if linear, 100 if quadratic
