"""What reading a body promises: text, Markdown and HTML give one kind of text, with headings in place."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.extraction.body import Body
from index.extraction.frontmatter import split_front_matter
from index.extraction.html_tree import HEADINGS, anchor_of, parse_html, read_html
from index.extraction.markdown import MAX_MARKDOWN, read_markdown
from index.extraction.plain_text import read_text
from index.sources.jsonl import READERS
from search.document import Heading

PROSE = "The river rose two metres overnight and the lower town was cleared before anyone had to be carried out."

PIECES = st.one_of(
    st.sampled_from(list("#*_`[]()<>{}!|-=&;:~\\\"'/ \n\t\x00\ud800")),
    st.sampled_from(
        [
            "<h1>",
            "</h1>",
            "<h2 id=a>",
            "</h2>",
            "<p>",
            "<li>",
            "<br>",
            "<pre>",
            "<td>",
            "\n\n",
            "## Title\n",
            "&#31;",
            "&#xD800;",
        ]
    ),
    st.text(max_size=8),
)
MARKUP = st.lists(PIECES, max_size=60).map("".join)


def points_at_itself(body: Body) -> bool:
    return all(body.text[head.offset : head.offset + len(head.text)] == head.text for head in body.headings)


@pytest.mark.parametrize("body_format", READERS)
@given(text=MARKUP)
@settings(max_examples=150, deadline=None)
def test_every_heading_stands_where_its_offset_says(body_format: str, text: str) -> None:
    body = READERS[body_format](text)
    assert points_at_itself(body)
    assert all(head.text and 2 <= head.level <= 6 for head in body.headings)
    assert not set("\x00\r\ud800") & set(body.text)


@given(text=MARKUP)
@settings(max_examples=100, deadline=None)
def test_the_markup_kept_has_the_headings_of_the_text_in_their_order(text: str) -> None:
    body = read_markdown(text)
    in_markup = [head.tag for head in parse_html(body.html).iter(*HEADINGS)]
    assert in_markup == [f"h{head.level}" for head in body.headings]


# --- plain text


def test_a_short_bare_line_above_prose_is_a_heading_of_plain_text() -> None:
    body = read_text(f"{PROSE}\n\nWhat the river did\n\n{PROSE}")
    assert body.headings == (Heading("What the river did", 2, len(PROSE) + 2),)
    assert body.html == ""


@pytest.mark.parametrize(
    "line",
    ["He left.", "lower case", "• A bullet", "“A quotation”", "Sales 12.5 mln vs 10.1 mln", "and so,", "photo-2024.jpg",
     "A line that goes on for far more words than any heading of a newspaper article would ever do in print"],
)  # fmt: skip
def test_a_line_that_may_be_a_sentence_a_figure_or_a_file_is_no_heading(line: str) -> None:
    assert read_text(f"{PROSE}\n\n{line}\n\n{PROSE}").headings == ()


def test_a_short_line_that_ends_the_text_is_no_heading() -> None:
    assert read_text(f"{PROSE}\n\nJane Doe\n\nThe Daily").headings == ()


def test_wire_copy_is_cut_at_its_indented_lines() -> None:
    body = read_text("First line of the first\nparagraph goes on.\n    Second paragraph begins\nindented.")
    assert body.text == "First line of the first\nparagraph goes on.\n\nSecond paragraph begins\nindented."


def test_plain_text_keeps_every_word() -> None:
    text = "One\n\n  two  \r\n\r\nthree\n\n\n\nfour\tfive"
    assert read_text(text).text.split() == text.split()


# --- Markdown


def test_markdown_gives_readable_text_without_its_signs() -> None:
    body = read_markdown(
        "# Top\n\nSome *emphasis*, a [link](https://a.example) and `code`.\n\n- one\n- two\n\n> quoted\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n```py\nx = {1: 2}\n```\n"
    )
    assert body.text == (
        "Top\n\nSome emphasis, a link and code.\n\n• one\n• two\n\nquoted\n\na | b\n1 | 2\n\nx = {1: 2}"
    )
    assert body.headings == (Heading("Top", 2, 0),)


def test_a_heading_keeps_the_words_after_its_links() -> None:
    assert (
        read_markdown("## The [new](https://a.example) map of *the* town").headings[0].text == "The new map of the town"
    )


def test_stated_heading_ids_become_anchors() -> None:
    body = read_markdown("## One {#first}\n\nText\n\n## Two\n{: #second}\n\nText\n\n## Three\n")
    assert [(head.text, head.anchor) for head in body.headings] == [
        ("One", "first"),
        ("Two", "second"),
        ("Three", None),
    ]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("A {{< img src=\"x.png\" >}} b", "A b"),
        ("A {% include x.md %}b {{ page.title | escape }}c", "A b c"),
        ("See [the map][maps] and [BIP1][].", "See the map and BIP1."),
        ("Text{: .note target=\"_blank\"} here", "Text here"),
        ("[caption id=\"a\" width=\"3\"]Words below[/caption]", "Words below"),
        ("A note[^1].\n\n[^1]: Said later.", "A note.\n\n• Said later."),
        ("* TOC\n{:toc}\n\nText", "Text"),
        ("{% highlight ruby %}\nputs 1\n{% endhighlight %}", "puts 1"),
        ("[read]({{< ref \"x\" >}} \"Title\")", "read"),
        ("Vec<T> and <b>bold</b> and a<sub>1</sub>", "Vec<T> and bold and a1"),
        ("In `{{ braces }}` and {:k => 1} and a[0][1]", "In {{ braces }} and {:k => 1} and a[0][1]"),
        ("```\n{% raw %}\n```", "{% raw %}"),
        ("Words\n{% quote \"What the mayor said\" %}\n\nmore", "Words\n\nWhat the mayor said\n\nmore"),
        ("日本語の\n文章です", "日本語の文章です"),
        ("한국어\n문장", "한국어 문장"),
        ("<script>alert(1)</script>\n\nSafe", "Safe"),
    ],
)  # fmt: skip
def test_markdown_of_site_generators_leaves_only_the_story(source: str, text: str) -> None:
    assert read_markdown(source).text == text


def test_markdown_too_long_to_parse_is_kept_as_text() -> None:
    body = read_markdown("## Not parsed\n\n" + "word " * (MAX_MARKDOWN // 4))
    assert body.text.startswith("## Not parsed")
    assert body.html == ""


@pytest.mark.parametrize(
    ("text", "fields", "rest"),
    [
        ("---\ntitle: 'It''s here'\ndate: 2024-07-03\n---\nText", {"title": "It's here", "date": "2024-07-03"}, "Text"),
        ("---\ntags:\n- a\n- b\n---\nText", {"tags": ["a", "b"]}, "Text"),
        ("+++\ntitle = \"T\"\ntags = [\"x\", \"y\"]\n+++\nText", {"title": "T", "tags": ["x", "y"]}, "Text"),
        ("{\"title\": \"T\", \"tags\": [\"x\"], \"draft\": false}\nText", {"title": "T", "tags": ["x"]}, "\nText"),
    ],
)  # fmt: skip
def test_front_matter_is_read_and_taken_off(text: str, fields: dict[str, object], rest: str) -> None:
    found, left = split_front_matter(text)
    assert {key: found[key] for key in fields} == fields
    assert left == rest


@pytest.mark.parametrize(
    "text", ["---\nA rule opens this text.\n\n---\nIt goes on.", "{not json}", "---\n", "Title: x\n"]
)
def test_text_that_only_looks_like_front_matter_stays(text: str) -> None:
    assert split_front_matter(text) == ({}, text)


# --- HTML


def test_html_blocks_lists_tables_and_line_breaks_give_readable_text() -> None:
    body = read_html(
        "<div>Loose<p>One<br>two</p><ul><li>a<li><p>b</p><ul><li>c</ul></ul><table><tr><th>x<th>y<tr><td>1<td>2</table>"
        "<pre>  if x:\n    y</pre><p>three<br><br>four &amp; five</p></div>"
    )
    assert body.text == ("Loose\n\nOne\ntwo\n\n• a\n• b\n• c\n\nx | y\n1 | 2\n\nif x:\n    y\n\nthree\n\nfour & five")


def test_what_is_not_text_is_dropped_and_the_words_around_it_stay() -> None:
    body = read_html(
        "<p>a<script>x()</script>b<style>y</style>c<!-- z -->d</p><nav>Menu</nav><form>e<input value=f></form>"
    )
    assert body.text == "abcd\n\ne"
    assert "script" not in body.html


def test_a_top_heading_counts_below_the_title_and_empty_ones_vanish() -> None:
    body = read_html("<h1 id=top>Top</h1><h2> </h2><h3><img src=x></h3><p>Text</p>")
    assert body.headings == (Heading("Top", 2, 0, "top"),)
    assert body.html == '<h2 id="top">Top</h2> <img src="x"><p>Text</p>'


@pytest.mark.parametrize(
    ("markup", "anchor"),
    [
        ("<h2 id=a>T</h2>", "a"),
        ("<h2><a name=b></a>T</h2>", "b"),
        ("<h2><span id=c>T</span></h2>", "c"),
        ("<a id=d></a><h2>T</h2>", "d"),
        ("<section id=e><h2>T</h2><p>x</p></section>", "e"),
        ("<section id=e><p>x</p><h2>T</h2></section>", None),
        ("<h2 id='two words'>T</h2>", None),
        ("<h2>T</h2>", None),
    ],
)
def test_anchors_are_found_wherever_markup_states_them(markup: str, anchor: str | None) -> None:
    assert anchor_of(next(parse_html(markup).iter("h2"))) == anchor


def test_entities_of_a_hostile_doctype_are_not_expanded() -> None:
    bomb = (
        '<!DOCTYPE a [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;"><!ENTITY f SYSTEM "file:///etc/passwd">]><p>x &b; &f;</p>'
    )
    text = read_html(bomb).text
    assert "lol" not in text.replace('"lol"', "")
    assert "root:" not in text


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * 100_000 + PROSE + "</div>" * 100_000 + "<p>after</p>",
        "<ul><li>" * 20_000 + PROSE + "after",
        "<p " + " ".join(f"a{number}=1" for number in range(100_000)) + ">" + PROSE + "after",
        "<b>" * 50_000 + PROSE + "after",
    ],
    ids=["containers", "lists", "attributes", "emphasis"],
)
def test_absurd_markup_costs_seconds_and_no_words(markup: str) -> None:
    started = time.perf_counter()
    text = read_html(markup).text
    assert PROSE in text
    assert "after" in text
    assert time.perf_counter() - started < 20


@pytest.mark.parametrize(
    "text",
    ["[" * 30_000, "*a **a " * 10_000, "{% a " * 50_000 + "%}", "{: " * 20_000 + "a" * 500, "[caption id=" * 5_000,
     "`a``b" * 20_000, "[a][b] " * 10_000, ">" * 20_000, "![[" * 10_000, "|a" * 3_000 + "\n" + "|-" * 3_000],
    ids=["brackets", "emphasis", "tags", "attributes", "shortcodes", "ticks", "references", "quotes", "images",
         "table"],
)  # fmt: skip
def test_hostile_markdown_is_read_in_bounded_time(text: str) -> None:
    started = time.perf_counter()
    assert points_at_itself(read_markdown(text))
    assert time.perf_counter() - started < 20
