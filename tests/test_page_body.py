"""What the text of a page keeps and leaves out: headings and anchors, the standfirst, what stands behind the end."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from index.article import Article
from index.extraction import page_tree
from index.extraction.html_tree import parse_html, text_of
from index.extraction.page_tree import prepare_page
from index.extraction.text_flow import HEADINGS
from index.normalize import one_line
from index.sources.html import read_html_page

SENTENCES = (
    "The harbour master opened the lock at six, an hour earlier than the tide tables of the town would have it.",
    "Three trawlers went out before the fog came in, and the ferry waited at the pier until the light was better.",
    "By noon the market had sold all its herring, for which the buyers from the south paid more than in spring.",
    "The council wants to decide in autumn whether a second lock is to be built behind the old rope factory.",
    "Its costs are put at four million, of which the state would bear a third if the work begins within the year.",
    "Those who fish from the wall were told to move to the north side as long as the divers look at the gates.",
)
PARAGRAPHS = tuple(f"<p>{sentence}</p>" for sentence in SENTENCES)
TEXT = "".join(PARAGRAPHS)
TITLE = "Harbour opens its lock early"


def read(body: str, head: str = "") -> Article:
    page = f"<!doctype html><html><head><title>{TITLE}</title>{head}</head><body>{body}</body></html>"
    return read_html_page(page.encode(), "page.html", ZoneInfo("UTC"))


def story(*parts: str, head: str = "") -> Article:
    return read(f"<main><article><h1>{TITLE}</h1>{''.join(parts)}</article></main>", head)


def headings(article: Article) -> list[tuple[str, int, str | None]]:
    return [(heading.text, heading.level, heading.anchor) for heading in article.headings]


def assert_headings_hold(article: Article) -> None:
    shown = parse_html(article.html).iter(*HEADINGS)
    assert [(one_line(text_of(head)), head.tag) for head in shown] == [
        (head.text, f"h{head.level}") for head in article.headings
    ]
    assert all(article.body[head.offset :].startswith(head.text) for head in article.headings)


# --- headings


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ('<h2 id="lock">A second lock<a class="headerlink" href="#lock">¶</a></h2>', "lock"),
        ('<h2 id="lock"><a href="#lock" aria-hidden="true"><svg></svg></a>A second lock</h2>', "lock"),
        ('<h2><a id="lock" href="#lock"></a>A second lock</h2>', "lock"),
        ('<h2>A second lock <a href="#lock">Permalink to this heading</a></h2>', "lock"),
        ('<h2><a href="#lock" id="lock">A second lock</a></h2>', "lock"),
        ("<h2><a>A second lock</a></h2>", None),
    ],
)
def test_a_link_to_a_heading_costs_neither_the_heading_nor_its_anchor(heading: str, anchor: str | None) -> None:
    article = story(*PARAGRAPHS[:3], heading, *PARAGRAPHS[3:])
    assert headings(article) == [("A second lock", 2, anchor)]
    assert_headings_hold(article)


def test_headings_that_the_extractor_drops_are_put_back_where_they_stood() -> None:
    article = story(
        *PARAGRAPHS[:2], "<header><h2 id=a>What it costs</h2></header>", *PARAGRAPHS[2:4],
        "<header><h2>Who pays</h2><h3>The state</h3></header>", *PARAGRAPHS[4:],
    )  # fmt: skip
    assert headings(article) == [("What it costs", 2, "a"), ("Who pays", 2, None), ("The state", 3, None)]
    assert_headings_hold(article)
    assert article.body.index("What it costs") > article.body.index(SENTENCES[1])
    assert article.body.index("Who pays") < article.body.index(SENTENCES[4])


def test_headings_of_teasers_and_of_what_was_left_out_are_not_put_back() -> None:
    teaser = '<header><h3><a href="/other">Storm sinks two boats in the bay</a></h3></header>'
    box = "<aside><h3>In numbers</h3><p>Four million.</p></aside>"
    article = story(*PARAGRAPHS[:3], teaser, box, *PARAGRAPHS[3:])
    assert article.headings == ()
    assert "numbers" not in article.body


# --- pages whose markup misleads


@pytest.mark.parametrize("tag", ["aside", "footer", "figure"])
def test_an_element_that_holds_the_whole_page_is_no_box_beside_it(tag: str) -> None:
    page = parse_html(f"<body><{tag}><div><h1>{TITLE}</h1>{TEXT}</div></{tag}><aside>Buy now</aside></body>")
    prepare_page(page)
    assert all(sentence in text_of(page) for sentence in SENTENCES)
    assert "Buy now" not in text_of(page)


def test_nested_boxes_without_most_of_the_words_are_looked_at_a_bounded_number_of_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = 0

    def counted(element: object) -> str:
        nonlocal looked_at
        text = text_of(element)
        looked_at += len(text)
        return text

    page = parse_html(f"<body><div>{'word ' * 9_000}</div>{'<aside>' * 200}{'word ' * 8_000}")
    whole = len(text_of(page))
    monkeypatch.setattr(page_tree, "text_of", counted)
    prepare_page(page)
    assert looked_at < 25 * whole


def test_text_behind_something_cut_stays() -> None:
    page = parse_html(f"<body>{TEXT}<p>before <button>Share</button> and behind</p><i></i>the end</body>")
    prepare_page(page)
    assert text_of(page).endswith("before  and behindthe end")


# --- the standfirst

STANDFIRST = "An hour before the tide, and with fog over the bay: why the boats could leave all the same."


@pytest.mark.parametrize(
    ("markup", "head"),
    [
        (f"<p>{STANDFIRST}</p>", f'<meta name="description" content="{STANDFIRST}">'),
        (f"<h2>{STANDFIRST}</h2>", f'<meta property="og:description" content="{STANDFIRST[:60]}…">'),
        (f'<div class="article-dek">{STANDFIRST}</div>', ""),
        (f'<p class="standfirst">{STANDFIRST}</p>', '<meta name="description" content="News of the harbour.">'),
    ],
)
def test_a_standfirst_that_the_page_shows_begins_the_text(markup: str, head: str) -> None:
    page = f"<header><h1>{TITLE}</h1>{markup}</header><div class=article-body>{TEXT}</div>"
    body = read(f"<main>{page}</main>", head).body
    assert body.startswith(STANDFIRST)
    assert body.count(STANDFIRST) == 1


@pytest.mark.parametrize(
    "markup",
    [f'<p class="caption-lead">{STANDFIRST}</p>', f"<p>{STANDFIRST}</p>", '<p class="lead">Harbour, Monday</p>',
     f'<p class="lead">{TITLE}</p>'],
)  # fmt: skip
def test_what_nothing_calls_a_standfirst_is_none(markup: str) -> None:
    page = f"<header><h1>{TITLE}</h1>{markup}</header><div class=article-body>{TEXT}</div>"
    assert read(f"<main>{page}</main>").body == "\n\n".join(SENTENCES)


# --- the end of the text


@pytest.mark.parametrize(
    "end",
    [
        "<p>Lesen Sie auch die folgenden Beiträge:</p><p>Storm sinks two boats in the bay.</p>",
        "<h3>More about the harbour</h3><p>The town in numbers, from the tides to the price of fish.</p>",
        "<p>Das könnte Sie auch interessieren:</p>",
        "<p>Subscribe now to our newsletter for the full story.</p><p>For news of the coast, get the app.</p>",
        "<p>Follow the Harbour News on Facebook and Instagram.</p>",
        "<p>Tags: harbour, lock, fish</p>",
        "<p>Updated at 14:30 on Monday</p>",
        "<p>Jane Doe is a reporter for the Harbour News and has written of the coast since her youth.</p>",
        "<p>Dr. Jane Doe, born in the town, covers the coast. She has a boat.</p><p>All her stories are here.</p>",
        "<p>Jane Doe</p>",
    ],
)
def test_what_follows_the_end_of_the_text_is_left_out(end: str) -> None:
    assert story(TEXT, end, head="<meta name=author content='Jane Doe'>").body == "\n\n".join(SENTENCES)


@pytest.mark.parametrize(
    "end",
    [
        "<p>Jane Doe never saw the lock again, and nobody in the town knows where she went.</p>",
        (
            "<p>The newsletter of the town, once printed here, is read by nine in ten of those who live at the harbour "
            "and by many who left it; it has had letters from as far as Chile, and never asked for a subscription. "
            "Its editor, the daughter of the last lock keeper, wants to go on until the new gates are in place.</p>"
        ),
        "<p>Tags on the nets tell whose they are.</p>",
        "<p>Follow the wall to the north side, where the divers are.</p>",
    ],
)
def test_the_last_paragraph_stays_whatever_it_is_about(end: str) -> None:
    article = story(TEXT, end, head="<meta name=author content='Jane Doe'>")
    assert article.body.endswith(text_of(parse_html(end)).strip()[-40:])


def test_a_wall_in_the_middle_of_a_text_does_not_end_it() -> None:
    article = story(*PARAGRAPHS[:1], "<p>Related</p>", *PARAGRAPHS[1:])
    assert all(sentence in article.body for sentence in SENTENCES)
