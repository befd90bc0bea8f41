"""What reading a body promises: text, Markdown and HTML give one kind of text, with headings in place."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.article import Article
from index.extraction.body import Body
from index.extraction.dates import parse_moment
from index.extraction.frontmatter import MAX_FRONT_MATTER, FrontMatter, as_text, split_front_matter
from index.extraction.html_text import read_html
from index.extraction.html_tree import MAX_DEPTH, Element, anchor_of, parse_html, read_tree, text_of
from index.extraction.markdown import MAX_MARKDOWN, read_markdown
from index.extraction.plain_text import read_text
from index.extraction.text_flow import HEADINGS
from index.sources.fields import READERS
from index.sources.markdown_file import read_markdown_file
from index.sources.reading import Reading
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
        ("---\ntitle: 'It''s here'\ndate: 2024-07-03\n---\nText",
         {"title": "It's here", "date": date(2024, 7, 3)}, "Text"),
        ("---\nTitle: Case of keys\n---\nText", {"title": "Case of keys"}, "Text"),
        ("---\ntags:\n- a\n- b\n---\nText", {"tags": ["a", "b"]}, "Text"),
        ("---\ntitle: >\n  Folded over\n  two lines\n\nauthors: [jane, 7]\n---\nText",
         {"title": "Folded over two lines\n", "authors": ["jane", "7"]}, "Text"),
        ("---\ntitle: No\nversion: 1.10\nempty: ~\ndraft: {a: 1}\n---\nText",
         {"title": "No", "version": "1.10"}, "Text"),
        ("---\ndate: 2015-03-17 14:00:00 -4\ntitle: x\n---\nText",
         {"date": datetime(2015, 3, 17, 14, tzinfo=timezone(timedelta(hours=-4))), "title": "x"}, "Text"),
        ("---\ntitle: x\nodd words, and more: y\nlayout: post\n---\nText",
         {"title": "x", "odd words, and more": "y", "layout": "post"}, "Text"),
        ("+++\ntitle = \"T\"\ntags = [\"x\", \"y\"]\ndate = 2024-07-03\n+++\nText",
         {"title": "T", "tags": ["x", "y"], "date": date(2024, 7, 3)}, "Text"),
        ("{\"title\": \"T\", \"tags\": [\"x\"], \"draft\": false}\nText",
         {"title": "T", "tags": ["x"], "draft": "false"}, "\nText"),
    ],
)  # fmt: skip
def test_front_matter_is_read_and_taken_off(text: str, fields: dict[str, object], rest: str) -> None:
    assert split_front_matter(text) == FrontMatter(fields, rest)  # type: ignore[arg-type]
    assert split_front_matter(text.replace("\n", "\r\n")).fields == fields


@pytest.mark.parametrize(
    "text",
    [
        "---\nA rule opens this text.\n\n---\nIt goes on.", "{not json}", "---\n", "Title: x\n",
        "---\n- a\n- b\n---\n", "---\nOne long sentence: and its end.\n---\nText", "---\n\n---\nText",
        '{"other": 1}\nText', "---\ntitle: x\n" + "y: z\n" * MAX_FRONT_MATTER + "---\n",
    ],
)  # fmt: skip
def test_text_that_only_looks_like_front_matter_stays(text: str) -> None:
    assert split_front_matter(text) == FrontMatter({}, text)


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("---\ntitle: x\ntags: [a\n---\nText", "the front matter is not YAML: "),
        ("---\ntitle: &a x\nagain: !!python/object/apply:os.system [ls]\n---\nText", "the front matter is not YAML: "),
        ("---\na: &a [x]\nb: [" + "*a, " * 60 + "]\n---\nText", "repeats itself too often"),
        ("---\ntitle: " + "[" * 5_000 + "\n---\nText", "the front matter is not YAML: "),
        ("---\ntitle: " + "[" * 50 + "]" * 50 + "\n---\nText", "nested too deeply"),
        ("---\n" + "title: [a,\n" * 50 + "]" * 50 + "\n---\nText", "nested too deeply"),
        ("---\ntitle:\n  " + "- " * 50 + "a\n---\nText", "nested too deeply"),
        ("---\ntitle: &a [b]\n" + "".join(f"k{n}: [*a]\n" for n in range(60)) + "---\nText", "nested too deeply"),
        ("+++\ntitle = x\n+++\nText", "the front matter is not TOML: "),
        ("+++\ntitle = " + "[" * 5_000 + "\n+++\nText", "the front matter is not TOML: "),
    ],
)
def test_front_matter_that_is_broken_or_hostile_stays_in_the_text_and_is_said(text: str, warning: str) -> None:
    found = split_front_matter(text)
    assert (found.fields, found.text) == ({}, text)
    assert warning in found.warning


@pytest.mark.parametrize(
    "text",
    [
        "---\ntitle: A: colon\nembargo: 2190-01-01\n---\nText",
        "---\ntitle: Draft: not yet\ndraft: true\n---\nText",
        "---\ntitle: A: colon\npublishDate: 2190-01-01\n---\nText",
        '+++\ntitle = "x"\nembargo = 2023-02-29\n+++\nText',
        '{\n "title": "a",\n "draft": true,\n}\nText',
    ],
)
def test_broken_front_matter_that_says_when_an_article_may_be_shown_withholds_it(text: str) -> None:
    assert one_file(text).status == "withheld"


def test_broken_front_matter_that_says_nothing_of_it_withholds_nothing() -> None:
    article = one_file("---\ntitle: A: colon\npublished: 2024-01-01\n---\nText")
    assert (article.status, len(article.warnings)) == ("usable", 1)


def test_a_date_that_there_is_not_costs_no_other_key() -> None:
    found = split_front_matter("---\ntitle: T\ndate: 2023-02-29\n---\nText")
    assert (found.fields, found.text) == ({"title": "T", "date": "2023-02-29"}, "Text")


def one_file(text: str) -> Article:
    found = read_markdown_file(text.encode(), "posts/one.md", Reading(ZoneInfo("UTC")))
    assert isinstance(found, Article)
    return found


def test_the_line_of_a_mistake_in_front_matter_is_said() -> None:
    found = split_front_matter("---\ntitle: x\ndate: 2024-07-03\nnote: a: b\n---\nText")
    assert found.warning.endswith("(line 3)")


def test_a_bomb_of_yaml_aliases_is_not_expanded() -> None:
    levels = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    found = split_front_matter("\n".join(["---", 'a0: &a0 ["lol"]', *levels, "---", "Text"]))
    assert found.fields == {}
    assert "too often" in found.warning


@pytest.mark.shared
def test_every_real_front_matter_is_read(shared: Path) -> None:
    posts = sorted((shared / "corpora" / "markdown" / "18f-blog" / "content").rglob("*.md"))
    assert len(posts) == 509
    for post in posts:
        text = post.read_text("utf-8")
        found = split_front_matter(text)
        block = text.split("---")[1]
        assert found.warning == ""
        assert text.endswith(found.text)
        title = re.search(r"^title: *(.+)$", block, re.MULTILINE)
        assert title
        assert isinstance(found.fields["title"], str)
        assert re.sub(r"\W", "", found.fields["title"]).startswith(re.sub(r"\W", "", title[1].strip()))
        for key in ("authors", "tags"):
            listed = re.search(rf"^{key}:[ \t]*\n((?:[ \t]*-.*\n|[ \t]*\n)*)", block, re.MULTILINE)
            if listed and listed[1].strip():
                names = [
                    line.strip().removeprefix("-").strip(" \"'") for line in listed[1].splitlines() if line.strip()
                ]
                assert found.fields[key] == names, post.name
        assert ("date" in found.fields) == bool(re.search(r"^date: *\S", block, re.MULTILINE))
        if "date" in found.fields:
            assert parse_moment(as_text(found.fields["date"])), post.name


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
    assert body.html == '<h2 id="top">Top</h2><span><img src="x"></span><p>Text</p>'


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
        "<font>x" * 1_000 + PROSE + "after",
    ],
    ids=["containers", "lists", "attributes", "emphasis", "unclosed"],
)
def test_absurd_markup_costs_no_words(markup: str) -> None:
    body = read_html(markup)
    assert PROSE in body.text
    assert "after" in body.text
    assert elements(parse_html(markup)) < 2_000


def elements(tree: Element) -> int:
    return sum(1 for _ in tree.iter())


def depth_of(tree: Element) -> int:
    return max(sum(1 for _ in element.iterancestors()) + 1 for element in tree.iter())


@pytest.mark.parametrize(
    "piece", ["<p>a", "<td>a", "<span></span>", "<h2>a</h2>", "a<br>", "<div>a</div>", "<i>", "<x y=1>"]
)
def test_the_elements_of_a_page_are_bounded_and_what_is_behind_them_is_said(piece: str) -> None:
    warnings: list[str] = []
    tree = parse_html(f"<p>{PROSE}</p>" + piece * 10_000 + "the end", most=1_000, warn=warnings.append)
    assert elements(tree) <= 1_510  # of these a few are made by the parser, such as html, head and body
    assert PROSE in text_of(tree)
    assert warnings
    assert all("more than 1,000 elements" in warning or "deep" in warning for warning in warnings)


def test_what_is_behind_too_many_elements_keeps_its_words_where_it_can() -> None:
    warnings: list[str] = []
    markup = "<p>a</p>" * 1_000 + "<div><div><div>" * 300 + "<h2>Last</h2> words"
    tree = parse_html(markup, most=1_000, warn=warnings.append)
    assert text_of(tree).split()[-2:] == ["Last", "words"]
    assert warnings == ["has more than 1,000 elements; what is behind them was read as bare paragraphs"]


def test_a_page_of_usual_size_is_left_as_it_is() -> None:
    warnings: list[str] = []
    markup = "<div>" * (MAX_DEPTH - 10) + "<p>a</p>" * 900 + "</div>" * (MAX_DEPTH - 10)
    tree = parse_html(markup, most=2_000, warn=warnings.append)
    assert warnings == []
    assert sum(1 for _ in tree.iter("p")) == 900


def test_nesting_is_bounded_and_what_is_deeper_is_read_as_text() -> None:
    warnings: list[str] = []
    markup = "<p>before</p>" + "<div>" * 1_000 + f"<h2>Deep</h2><p>{PROSE}</p>" + "</div>" * 1_000 + "<h2>After</h2>"
    tree = parse_html(markup, warn=warnings.append)
    assert depth_of(tree) <= MAX_DEPTH
    assert warnings == [f"has elements nested more than {MAX_DEPTH} deep; of these only the text was read"]
    body = read_tree(tree)
    assert "Deep" in body.text
    assert PROSE in body.text
    assert [heading.text for heading in body.headings] == ["After"]


def test_warnings_of_a_body_reach_it() -> None:
    assert read_html("<p>a</p>").warnings == ()
    assert "nested" in read_html("<div>" * 400 + "a").warnings[0]
    assert "too long for Markdown" in read_markdown("word " * 500_000).warnings[0]


UNITS = {
    "cells": "<td>a", "rows": "<tr><td>a", "containers": "<div>a</div>", "items": "<li>a", "links": "<a href=x>b</a> ",
    "headings": "<h2>a</h2>", "empty headings": "<h2></h2>", "nested headings": "<h2><h3>a</h3>", "breaks": "a<br>",
    "anchors": "<a id=x></a><h2>a</h2>", "sections": "<section><h2>a</h2></section>", "code": "<pre>a\n</pre>",
    "lists": "<ul><li>a</ul>", "scripts": "<script>x</script>", "comments": "<!-- a -->",
}  # fmt: skip


@pytest.mark.parametrize("unit", UNITS.values(), ids=UNITS)
def test_the_work_of_reading_markup_grows_with_its_length_alone(unit: str) -> None:
    assert growth(read_html, unit * 3_000, unit * 24_000) < 32  # 8 if linear, 64 if quadratic


HOSTILE_MARKDOWN = {
    "brackets": "[", "emphasis": "*a **a ", "tags": "{% a ", "shortcodes": "[caption id=", "ticks": "`a``b",
    "references": "[a][b] ", "images": "![[", "braces": "{: ",
}  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE_MARKDOWN.values(), ids=HOSTILE_MARKDOWN)
def test_the_work_of_reading_markdown_grows_with_its_length_alone(unit: str) -> None:
    assert points_at_itself(read_markdown(unit * 4_000))
    assert growth(read_markdown, unit * 500, unit * 4_000) < 32


@pytest.mark.parametrize("text", [">" * 20_000, "|a" * 3_000 + "\n" + "|-" * 3_000], ids=["quotes", "table"])
def test_deep_and_wide_markdown_is_read(text: str) -> None:
    assert points_at_itself(read_markdown(text))


def growth(read: Callable[[str], Body], small: str, large: str) -> float:
    """How many times the processor time of the small text the large one takes, each at its best of three."""

    def cost(text: str) -> float:
        taken = []
        for _ in range(3):
            started = time.process_time()
            read(text)
            taken.append(time.process_time() - started)
        return min(taken)

    return cost(large) / max(cost(small), 1e-4)
