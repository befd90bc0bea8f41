"""What the article page promises of the text it shows: safe, anchored, marked, and otherwise untouched."""

from __future__ import annotations

import re

import pytest
from attacks import assert_safe, tree
from hypothesis import example, given, settings
from hypothesis import strategies as st
from work import calls, growth

from search.document import Document, Heading
from webui.article_html import (
    MAX_ELEMENTS,
    MAX_HTML,
    heading_id,
    mark_text,
    render_article,
)
from webui.marking import Spans
from webui.match_steps import MAX_STEPS

HOSTILE = (
    "<script>alert(1)</script><p>x</p>",
    "<p onclick=alert(1) style='position:fixed' class=masthead id=main>x</p>",
    "<img src=x onerror=alert(1)><p>x</p>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='java\tscript:alert(1)'>x</a>",
    "<a href='&#106;avascript:alert(1)'>x</a>",
    "<a href='//evil.example/'>x</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>x</a>",
    "<svg><script>alert(1)</script><a xlink:href='javascript:alert(1)'>x</a></svg><p>x</p>",
    "<math><mi xlink:href='data:x'>x</mi></math><p>x</p>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe><p>x</p>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>x</p></noscript><p>x</p>",
    "<style>@import 'https://evil.example/x.css'</style><p>x</p>",
    "<form action=https://evil.example><input name=q><button>x</button></form><p>x</p>",
    "<p><mark id=match>x</mark></p>",
    "<h2 id=q>x</h2>",
    "<div role=alert aria-label=x tabindex=5 class=skip>x</div>",
    "<template><script>alert(1)</script></template><p>x</p>",
    "<p>x<!-- --!><script>alert(1)</script>--></p>",
    "<p>&lt;script&gt;alert(1)&lt;/script&gt;x</p>",
    "<base href=https://evil.example/><meta http-equiv=refresh content=0><link rel=stylesheet href=//evil.example>x",
    "<textarea></textarea><script>alert(1)</script></textarea><p>x</p>",
    "<p>\x00x\ud800\x0b</p>",
    "<table><td>x<caption><svg onload=alert(1)>",
    "<p {{constructor}}=1 {x=2 onclick=alert(1)>x</p>",
)


def document(html: str = "", body: str = "x", **more: object) -> Document:
    return Document(id="1", title="A title", html=html, body=body, **more)  # type: ignore[arg-type]


def words(pattern: str) -> Spans:
    return lambda text, _field: [found.span() for found in re.finditer(pattern, text)]


def without_steps(markup: str) -> str:
    """The markup without the links from match to match."""
    return re.sub(r'<span class="match-step">.*?</span>(<a href="#match[-\d]*">.*?</a>)*</span>', "", markup)


@pytest.mark.parametrize("markup", HOSTILE)
def test_hostile_markup_leaves_only_running_text(markup: str) -> None:
    shown = render_article(document(markup, url="https://news.example/a"), words("x"))
    assert "x" in tree(shown.html).text_content()
    assert_safe(shown.html)


PIECES = st.sampled_from(
    """<p> </p> <b> </b> <h2\tid=a> </h2> <h5> </h5> <div\tclass=scroll> </div> <table> <tr> <td> </table> <svg> </svg>
    <style> </style> <script> </script> <!-- --> <a\thref=#a> <a\thref='javascript:x'> </a> <noscript> </noscript>
    <mark> </mark> <ul> <li> </ul> <pre> </pre> <textarea> <title> &lt; &amp; &#0; < > " ' wörd word \x00 語 <ruby> <rt>
    <math> <mi> <q> <br> <img\tsrc=x> <figure> <figcaption> <dl> <dt> ]]>""".replace("\n", " ").split(" ")
)


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
@example("<a href=#a>word<h2 id=a>")
def test_any_soup_of_tags_comes_out_safe(soup: str) -> None:
    assert_safe(render_article(document(soup, body="the text"), words("w[oö]rd")).html)


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
@example('wörd" & more')
@example("wörd'<li><h2>>")
@example("<table> wörd <td>")
def test_marking_adds_marks_and_changes_nothing_else(soup: str) -> None:
    plain = render_article(document(soup, body="the text"))
    marked = render_article(document(soup, body="the text"), words("w[oö]rd|e t|a"))
    assert re.sub(r"</?mark[^>]*>", "", without_steps(str(marked.html))) == str(plain.html)
    assert (marked.matches > 0) == ("<mark" in marked.html)


def test_a_match_is_marked_across_inline_tags_but_not_across_paragraphs() -> None:
    shown = render_article(
        document("<p>a big <b>red</b> <i>ho<u>use</u></i> a big</p><p>red house</p>"), words("big red house")
    )
    assert shown.matches == 1
    assert "".join(mark.text_content() for mark in tree(shown.html).iter("mark")) == "big red house"
    assert [mark.get("id") for mark in tree(shown.html).iter("mark")] == ["match", None, None, None, None]


def test_headings_are_asked_for_as_headings_and_text_as_body() -> None:
    asked: list[tuple[str, str]] = []

    def spans(text: str, field: str) -> list[tuple[int, int]]:
        asked.append((text, field))
        return []

    render_article(document("<h2>One <i>two</i></h2><p>Three</p><ul><li>Four</ul>"), spans)
    assert asked == [("One two", "headings"), ("Three", "body"), ("Four", "body")]


def test_headings_get_anchors_and_levels_without_a_gap() -> None:
    shown = render_article(
        document("<h1>A title</h1><h4>One</h4><p>x<h6>Two</h6><p>x<h2>One</h2><p>x<h1>Three</h1><p>x")
    )
    assert [(entry.level, entry.text, entry.id) for entry in shown.contents] == [
        (2, "One", "at-one"),
        (3, "Two", "at-two"),
        (2, "One", "at-one-2"),
        (2, "Three", "at-three"),
    ]
    assert [(h.tag, h.get("id")) for h in tree(shown.html).iter("h2", "h3", "h4")] == [
        ("h2", "at-one"),
        ("h3", "at-two"),
        ("h2", "at-one-2"),
        ("h2", "at-three"),
    ]
    assert not list(tree(shown.html).iter("h1")), "the page's own title is the only h1"


def test_a_heading_has_the_same_anchor_here_as_in_a_snippet() -> None:
    headings = (Heading("Der Grund", 2, 0, "sec-1"), Heading("歴史", 2, 20), Heading("歴史", 2, 30, "later"))
    shown = render_article(
        document("<h2>Der Grund</h2><p>x</p><h2>歴史</h2><p>x</p><h2>歴史</h2><p>x</p>", headings=headings)
    )
    assert [entry.id for entry in shown.contents] == [heading_id(row.text, row.anchor) for row in headings]


def test_two_headings_need_no_table_of_contents() -> None:
    assert render_article(document("<h2>One</h2><p>x<h2>Two</h2><p>x")).contents == ()


def test_links_lead_out_absolutely_and_inside_to_our_anchors() -> None:
    shown = render_article(
        document(
            "<h2 id=why>Why</h2><p><a href=../b?c=1#d>b</a> <a href=#why>up</a> <a href=#fn1>note</a> "
            "<a href=mailto:a@b.example>mail</a> <a>nowhere</a></p>",
            url="https://news.example/2024/a",
        )
    )
    assert [link.get("href") for link in tree(shown.html).iter("a")] == [
        "https://news.example/b?c=1#d",
        "#at-why",
        "https://news.example/2024/a#fn1",
        "mailto:a@b.example",
    ]
    assert "nowhere" in shown.html


@pytest.mark.parametrize("heading", ["<h2 id=a></h2>", "<h1 id=a>A title</h1>"], ids=["empty", "the title again"])
def test_a_link_to_a_heading_that_is_not_shown_is_plain_text(heading: str) -> None:
    assert str(render_article(document(f"{heading}<p><a href=#a>up</a>, x</p>")).html) == "<p>up, x</p>"


@pytest.mark.parametrize("reference", ["&#x11;", "&#17;", "&#x1b;", "&#1;", "&#xfdd0;", "&#x7f;"])
def test_control_characters_written_as_references_are_left_out(reference: str) -> None:
    markup = f'<p>a{reference}<font>b{reference}</font>c <a href="https://x.example/{reference}d">x</a></p>'
    shown = str(render_article(document(markup)).html)
    assert shown.startswith("<p>abc ")
    assert 'href="https://x.example/d"' in shown


def test_images_go_and_their_captions_stay() -> None:
    shown = render_article(
        document(
            "<figure><img src=https://x.example/a.png><figcaption>The bridge</figcaption></figure><p><img src=b></p>"
        )
    )
    assert str(shown.html) == "<figure><figcaption>The bridge</figcaption></figure>"


def test_wide_tables_and_code_scroll_by_keyboard() -> None:
    boxes = list(tree(render_article(document("<table><tr><td>1</table><pre>x = 1</pre>")).html).iter("div"))[1:]
    assert [(box.get("role"), box.get("tabindex"), box.get("aria-label"), box[0].tag) for box in boxes] == [
        ("group", "0", "Table", "table"),
        ("group", "0", "Code", "pre"),
    ]


def test_a_header_cell_without_a_word_is_a_cell() -> None:
    markup = "<table><thead><tr><th scope=col> <th colspan=2>Sheets</thead><tr><th>May<td>1<th scope=row><br></table>"
    table = tree(render_article(document(markup)).html)
    assert [(cell.tag, dict(cell.attrib)) for cell in table.iter("th", "td")] == [
        ("td", {}), ("th", {"colspan": "2"}), ("th", {}), ("td", {}), ("td", {}),
    ]  # fmt: skip


def test_a_row_of_headers_without_a_word_is_left_out() -> None:
    table = tree(render_article(document("<table><thead><tr><th><th></thead><tr><td>x<td>1</table>")).html)
    assert [cell.text for cell in table.iter("th", "td")] == ["x", "1"]
    assert not list(table.iter("thead"))


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "<p></p>",
        "<html lang=en>",
        "<!doctype html><title>x</title>",
        "<div>" * 30_000 + "lost",
        "<p>x</p>" * (MAX_HTML // 8 + 1),
        "<br>x" * MAX_ELEMENTS,
    ],
)
def test_markup_that_cannot_be_used_gives_way_to_the_plain_text(markup: str) -> None:
    assert (
        str(render_article(document(markup, body="First.\n\nSecond <b>.")).html)
        == "<p>First.</p>\n<p>Second &lt;b&gt;.</p>"
    )


def test_plain_text_becomes_paragraphs_and_headings() -> None:
    body = "An opening\nof two lines.\n\n  Why\n\nBecause."
    shown = render_article(document(body=body, headings=(Heading("Why", 3, body.index("Why")),)), words("Why|two"))
    assert without_steps(str(shown.html)).split("\n") == [
        "<p>An opening",
        'of <mark id="match">two</mark> lines.</p>',
        '<h2 id="at-why"><mark id="match-2">Why</mark></h2>',
        "<p>Because.</p>",
    ]


def test_an_article_without_any_text_has_an_empty_page() -> None:
    assert render_article(document(body="")).html == ""


def test_titles_are_escaped_and_marked() -> None:
    assert mark_text("Cats & <b>dogs</b>", "title", words("dogs")) == "Cats &amp; &lt;b&gt;<mark>dogs</mark>&lt;/b&gt;"
    assert mark_text("Cats & dogs", "title", None) == "Cats &amp; dogs"


@pytest.mark.parametrize(
    ("text", "anchor", "id"),
    [
        ("Historical context", None, "at-historical-context"),
        ("Why?", "why-not", "at-why-not"),
        ("Türkiye’s case", None, "at-türkiye-s-case"),
        ("", None, "at-heading"),
        ("?!", None, "at-heading"),
        ("q", None, "at-q"),
        ("x" * 500, None, "at-" + "x" * 80),
    ],
)
def test_heading_ids_are_readable_and_never_those_of_the_page(text: str, anchor: str | None, id: str) -> None:
    assert heading_id(text, anchor) == id


BOOK = "\n\n".join(["word and more words of it. " * 20] * 40)
TOO_MUCH = ("<div>" + "<p>word <b>word</b></p>" * 200_000, "<b>word" * 100_000)


@pytest.mark.parametrize("markup", TOO_MUCH, ids=["too many elements", "too deep"])
def test_markup_that_cannot_be_shown_costs_no_more_than_to_find_that_out(markup: str) -> None:
    plain = calls(lambda: render_article(document(body=BOOK), words("word")))
    assert render_article(document(markup, body=BOOK), words("word")).matches == 1_600
    assert calls(lambda: render_article(document(markup, body=BOOK), words("word"))) < plain + 10 * MAX_ELEMENTS


@pytest.mark.parametrize(
    ("opening", "repeated"),
    [
        ("", "<p>word <b>word</b></p>"),
        ("", "word <b>word</b>"),
        ("<p>", "<b>word</b> word "),
        ("<p>", "word<br>"),
        ("<p>", "word "),
        ("", "<h2>word</h2>"),
        ("<ul>", "<li>word <a href=x>word</a>"),
        ("<ul>", "<li>word <a href='javascript:x'>word</a>"),
        ("<table>", "<tr><td>word<td>word"),
        ("", "<table>word</table>"),
        ("<table>", "word<tr>"),
    ],
)
def test_an_article_costs_calls_in_proportion_to_its_length(opening: str, repeated: str) -> None:
    def cost(times: int) -> int:
        return calls(lambda: render_article(document(opening + repeated * times, body="word"), words("word")))

    cost(1)  # what is made at the first use of a library is no part of the price
    assert cost(800) < 1.5 * 8 * cost(100)


@pytest.mark.parametrize("markup", ["<h2>word</h2>", "<b>word</b> word "], ids=["equal headings", "inline tags"])
def test_an_article_does_not_cost_the_square_of_its_length(markup: str) -> None:
    assert growth(lambda size: render_article(document(markup * size, body="word"), words("word")), 400, 8) < 24


def test_plain_text_costs_in_proportion_to_its_length() -> None:
    paragraph = "word and more words of it. " * 20
    assert growth(lambda size: render_article(document(body=f"{paragraph}\n\n" * size), words("word")), 8, 8) < 24


def test_headings_of_one_name_each_get_an_address_of_their_own() -> None:
    ids = [
        entry.id for entry in render_article(document("<h2>Why</h2>x" * 4 + "<h2>Why 2</h2>x<h2>Why</h2>x")).contents
    ]
    assert ids == ["at-why", "at-why-2", "at-why-3", "at-why-4", "at-why-2-2", "at-why-5"]


@pytest.mark.parametrize(
    ("markup", "shown"),
    [
        ("<table>word <tr><td>cell</table>", "word "),
        ("<table><tr>word<td>cell</table>", "word"),
        ("<table><tr><td>cell</td></tr><p>word</p></table>", "<p>word</p>"),
        ("<table><tr><td>cell</td></tr><b>one</b> two</table>", "<b>one</b> two"),
    ],
)
def test_text_in_a_table_but_in_no_cell_is_shown_in_front_of_it(markup: str, shown: str) -> None:
    box = '<div class="scroll" role="group" tabindex="0" aria-label="Table"><table>'
    before, _, table = str(render_article(document(markup)).html).partition(box)
    assert before == shown
    assert "cell" in table


# From match to match


def steps(markup: object) -> dict[str, list[str]]:
    """By the id of each marked place, where the links behind it lead."""
    found: dict[str, list[str]] = {}
    for mark in tree(markup).iter("mark"):
        if mark.get("id"):
            behind = next(reversed([*mark.iterancestors("a")]), mark).getnext()
            found[mark.get("id")] = [link.get("href") for link in behind.iter("a")]
    return found


def test_each_match_leads_to_the_one_before_and_the_one_after() -> None:
    shown = render_article(document("<p>one word</p><h2>word</h2><ul><li><b>wo</b>rd</li></ul>"), words("word"))
    assert steps(shown.html) == {
        "match": ["#match-2"], "match-2": ["#match", "#match-3"], "match-3": ["#match-2"],
    }  # fmt: skip
    assert "Match 2 of 3" in str(shown.html)


def test_a_single_match_leads_nowhere() -> None:
    assert "match-step" not in str(render_article(document("<p>one word</p>"), words("word")).html)


def test_links_between_matches_stand_in_no_link_of_the_article() -> None:
    markup = "<p>word <a href='https://a.example/'>a <b>word</b> word</a> and word</p>"
    shown = render_article(document(markup), words("word"))
    assert not tree(shown.html).xpath(".//a//a")
    assert list(steps(shown.html)) == ["match", "match-2", "match-3"]
    assert shown.matches == 4


def test_an_article_with_very_many_matches_gets_links_for_the_first() -> None:
    shown = render_article(document(f"<p>{'word ' * 1_000}</p>", body="word " * 1_000), words("word"))
    assert (shown.matches, len(steps(shown.html))) == (1_000, MAX_STEPS)


def test_an_article_cannot_bring_links_between_matches_of_its_own() -> None:
    hostile = '<p>x <span class="match-step"><a href="#match-2">here</a></span> <mark id="match-2">y</mark></p>'
    assert "match" not in str(render_article(document(hostile)).html)
