"""Markup in order is read in one pass, with the same text and headings as from its tree."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.extraction import html_tree
from index.extraction.html_text import read_compiled, read_html, read_in_order, read_with_patterns
from index.extraction.html_tree import MAX_DEPTH
from index.extraction.markdown import read_markdown, render_markdown
from search.document import Heading
from search.native import kernel

WORDS = st.sampled_from([
    "river", " bridge ", "\n", " ", "a &amp; b", "&#8217;s", "&nbsp;", "\N{NO-BREAK SPACE}", "市庁", "é", "\x85",
    "\r\n", "\u3000", "市\n庁", "&eacute;", "&#x1F600;", "&#133;", "\u200b", "&shy;", " \t ", "&", "& ", "&lt;", "\x7f",
])  # fmt: skip
PHRASE_TAGS = ["a", "em", "strong", "code", "span", "b"]
GLUED = [
    "&nbsp", "&copy 2020", "&lt<b>x</b>", "<<img>b>x</b>", "<<!-- -->i>", "<b<wbr>>y</b>", "&am<wbr>p;", "&<!-- -->lt;",
]  # fmt: skip
"""What a browser reads in one way, and whoever takes tags out of text in another."""
UNREAD = ['<video controls><source src="x"/>No picture</video>', "<script>no()</script>", '<iframe src="x"></iframe>']
BLOCK_TAGS = [
    "p",
    "div",
    "ul",
    "ol",
    "li",
    "h1",
    "h2",
    "h3",
    "blockquote",
    "pre",
    "table",
    "tr",
    "td",
    "th",
    "dl",
    "dt",
    "dd",
]
ATTRIBUTES = st.sampled_from(["", ' id="a"', ' name="b"', ' class="x"', ' id=""', ' id=" c "'])


def element(tag: str, attributes: str, inside: str) -> str:
    return f"<{tag}{attributes}>{inside}</{tag}>"


def phrases() -> st.SearchStrategy[str]:
    leaf = st.one_of(WORDS, st.sampled_from(["<br>", "<br />", '<img src="x">', *UNREAD]))
    return st.recursive(
        leaf, lambda inner: st.builds(element, st.sampled_from(PHRASE_TAGS), ATTRIBUTES, st.lists(inner).map("".join))
    )


def blocks() -> st.SearchStrategy[str]:
    leaf = st.builds(element, st.sampled_from(["p", "h1", "h2", "h3", "pre"]), ATTRIBUTES, phrases())

    def around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        flow = st.lists(st.one_of(inner, phrases()), max_size=4).map("".join)
        items = st.lists(st.builds(element, st.just("li"), ATTRIBUTES, flow), max_size=3).map("\n".join)
        cells = st.lists(st.builds(element, st.sampled_from(["td", "th"]), ATTRIBUTES, flow), max_size=3).map("".join)
        rows = st.lists(st.builds(element, st.just("tr"), ATTRIBUTES, cells), max_size=3).map("\n".join)
        return st.one_of(
            st.builds(element, st.sampled_from(["div", "section", "blockquote", "article"]), ATTRIBUTES, flow),
            st.builds(element, st.sampled_from(["ul", "ol"]), ATTRIBUTES, items),
            st.builds(element, st.just("table"), ATTRIBUTES, rows),
            st.just("<hr>"),
            st.just("<!-- a note -->"),
        )

    return st.lists(st.recursive(leaf, around, max_leaves=8), max_size=5).map("\n".join)


def same(markup: str) -> bool:
    """Whether all ways give the same, if one pass is enough; the kernel may leave what is rare to Python."""
    found, expected = read_with_patterns(markup), html_tree.read_html(markup)
    if read_compiled(markup) not in (found, None):
        return False
    return found is None or (found.text, found.headings) == (expected.text, expected.headings)


@settings(max_examples=400, deadline=None)
@given(blocks())
def test_one_pass_reads_what_the_tree_reads(markup: str) -> None:
    assert same(markup)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(
        st.one_of(
            WORDS,
            st.sampled_from(GLUED),
            st.sampled_from([f"<{sign}{tag}>" for tag in BLOCK_TAGS + PHRASE_TAGS for sign in ("", "/")]),
        )
    )
)
def test_tags_in_any_order_are_read_as_the_tree_reads_them(pieces: list[str]) -> None:
    assert same("".join(pieces))


def test_markup_as_programs_write_it_needs_no_tree() -> None:
    markup = (
        "<h1>Ferry</h1>\n<!-- wp:paragraph -->\n"
        '<p>It <em>runs</em> &amp; runs.<br />All <a href="/w?a=1&amp;b=2">winter</a>.</p>\n'
        '<div id="pays"><h2>Who pays</h2><ul>\n<li>The county</li>\n<li>The town</li>\n</ul></div>\n'
        "<table><thead><tr><th>Year</th><th>Cost</th></tr></thead>"
        "<tbody><tr><td>2024</td><td>3</td></tr></tbody></table>"
    )
    found = read_in_order(markup)
    assert found is not None
    assert (
        found.text
        == "Ferry\n\nIt runs & runs.\nAll winter.\n\nWho pays\n\n• The county\n• The town\n\nYear | Cost\n2024 | 3"
    )
    assert found.headings == (Heading("Ferry", 2, 0), Heading("Who pays", 2, found.text.index("Who"), "pays"))
    assert found.html.startswith('<h2>Ferry</h2>\n\n<p>It <em>runs</em> &amp; runs.<br />All <a href="/w?a=1&amp;b=2">')


@pytest.mark.parametrize(
    "markup",
    [
        "<p>one <div>two</div></p>",
        "<p>not closed",
        "<p>a < b</p>",
        "<p>closed twice</p></p>",
        "<P>loud</P>",
        "<p id=bare>text</p>",
        "<noscript>no()</noscript><p>text</p>",
        "<video><p>no picture</p></video><p>text</p>",
        "<h2><br></h2><p>text</p>",
        "<p><a href='#x'>one <a href=\"#y\">two</a></a></p>",
        "<ul>text<li>item</li></ul>",
        "<p><!-- not closed </p>",
        "<made-up>text</made-up>",
        "<div>" * (MAX_DEPTH + 1) + "</div>" * (MAX_DEPTH + 1),
    ],
)
def test_what_is_out_of_order_is_left_to_the_tree(markup: str) -> None:
    assert read_compiled(markup) is None
    assert read_with_patterns(markup) is None
    assert read_html(markup) == html_tree.read_html(markup)


def test_a_heading_without_words_is_none_and_its_picture_stays() -> None:
    markup = '<p>Before.</p><h2></h2><h3><img src="map.png" alt=""></h3><h3 id="a">After</h3>'
    found = read_in_order(markup)
    assert found is not None
    assert found == read_with_patterns(markup)
    assert found.headings == (Heading("After", 3, len("Before.\n\n"), "a"),)
    assert found.html == '<p>Before.</p><span><img src="map.png" alt=""></span><h3 id="a">After</h3>'


def test_films_frames_and_scripts_need_no_tree_and_are_not_kept() -> None:
    markup = '<p>Seen <video controls><source src="a.mp4"/>Use another browser</video>twice.</p><script>no(1)</script>'
    found = read_in_order(markup)
    assert found is not None
    assert found == read_with_patterns(markup)
    assert (found.text, found.html) == ("Seen twice.", "<p>Seen twice.</p>")


@pytest.mark.skipif(kernel is None, reason="there is no compiled kernel")
@pytest.mark.parametrize(
    "markup",
    [
        "<ul><li>a<br> <br>b</li><li></li></ul>",
        "<table><tr><td>a</td><td> </td><td>b&hellip;</td></tr></table>",
        "<h2> a<br>b\u200b </h2><p>\u00adsoft\ufeff</p>",
        '<section id="s"> <h2><span id="t">x</span></h2></section>',
        '<a id="u"></a>\n<h2>x</h2><a name="v">y</a><h2>z</h2>',
        "<p>a<!-- b --><em>c</em></p><!--more-->\n<!---->d",
        "<pre>  a\n\n  b<br>c </pre><dl><dt>d</dt><dd>e</dd></dl>",
        "<p>市\r\n庁 é\u3000\n市</p>",
        "",
    ],
)
def test_the_kernel_reads_what_python_reads(markup: str) -> None:
    found = read_compiled(markup)
    assert found is not None
    assert found == read_with_patterns(markup)


def test_an_empty_item_of_a_list_gives_its_mark_to_no_other_text() -> None:
    assert read_html("<ul><li></li></ul><p>After the list.</p>").text == "After the list."


def test_a_tag_within_a_tag_is_left_to_the_tree() -> None:
    assert read_in_order('<p>Hi</p> <<img>a href="x">go</a>') is None
    assert read_html("<p>Prices&nbsp;&copy 2003</p>").text == "Prices © 2003"


@pytest.mark.parametrize(
    "piece", ["<h2></h2>", "<video>", "<script>", "<!--x-->", "<b></b>", "&amp;", "\u200b", "<br>"]
)
def test_many_small_pieces_take_linear_time(piece: str) -> None:
    assert read_html(f"<p>a</p>{piece * 50_000}<p>b</p>").text[0] == "a"


@pytest.mark.parametrize("piece", ["<p ", '<p a="', "<!-- ", "<p a b c ", '<a id="x" ', "&#", "<br/ "])
def test_repeated_pieces_of_tags_take_linear_time(piece: str) -> None:
    # A pattern that goes back over what it has read would not end within the time that a test may take.
    assert read_in_order(f"<p>{piece * 100_000}</p>") is None or piece == "&#"


@pytest.mark.shared
def test_real_posts_are_read_as_from_their_trees(shared: Path) -> None:
    rendered = [render_markdown(file.read_text()) for file in sorted(shared.glob("corpora/markdown/*/**/*.md"))]
    with gzip.open(shared / "corpora/articles/rust-blog.jsonl.gz", "rt", encoding="utf-8") as lines:
        rendered += [render_markdown(json.loads(line)["body"]) for line in lines]
    in_order = [markup for markup in rendered if read_in_order(markup)]
    assert len(in_order) > 0.85 * len(rendered) > 900
    assert [markup for markup in in_order if not same(markup)] == []


@pytest.mark.skipif(kernel is None, reason="there is no compiled kernel")
@pytest.mark.parametrize(
    ("text", "times"),
    [("One *line*.", 1), ("<p>a <b>b</p>", 1), ("Vec<T> of it", 2), ("[words][label]", 1)],
    ids=["read", "left to Python", "with tags to escape", "with a loose link"],
)
def test_the_kernel_is_asked_once_about_the_same_markup(text: str, times: int, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Counting:
        @staticmethod
        def read_in_order(markup: str, *others: object) -> object:
            asked.append(markup)
            return kernel.read_in_order(markup, *others)  # type: ignore[union-attr]

    monkeypatch.setattr("search.native.kernel", Counting)
    assert read_markdown(text).text == html_tree.read_html(render_markdown(text)).text
    assert len(asked) == times
    assert len(set(asked)) == times
