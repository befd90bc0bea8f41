"""The text of pages of odd make: dealt out over boxes, in a box beside the menu, or in hardly any markup."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from index.article import Article
from index.sources.html import read_html_page

SENTENCES = (
    "The ferry to the north island will sail once an hour from May on, said the office of the harbour on Monday.",
    "Until now it sailed every second hour, and in winter not at all when the wind came from the wrong side.",
    "The crew of eleven will be joined by four more, who are trained in the workshop behind the customs house.",
    "A second boat is to be bought from the shipyard on the mainland, where it was built for another island.",
    "Those who live on the island had asked for more crossings for nine years, in letters and at two assemblies.",
    "Whether the fares stay as they are is not decided; the council will speak about them before the summer.",
)
TEXT = "".join(f"<p>{sentence}</p>" for sentence in SENTENCES)
TITLE = "Ferry sails every hour"


def read(body: str, head: str = f"<title>{TITLE}</title>") -> Article:
    page = f"<!doctype html><html><head>{head}</head><body>{body}</body></html>"
    return read_html_page(page.encode(), "page.html", ZoneInfo("UTC"))


def story(before: str = "", after: str = "", head: str = "") -> Article:
    return read(f"<main><h1>{TITLE}</h1>{before}{TEXT}{after}</main>", f"<title>{TITLE}</title>{head}")


# --- text


def test_text_dealt_out_over_boxes_of_one_kind_is_put_together_in_its_order() -> None:
    boxes = [f"<div class=module><div class=text><p>{sentence}</p></div></div><hr>" for sentence in SENTENCES]
    article = read(f"<h1>{TITLE}</h1>{boxes[0]}<div class=module><div class=text>{TEXT}</div></div>" + "".join(boxes))
    places = [article.body.index(sentence) for sentence in SENTENCES]
    assert places == sorted(places)
    assert all(article.body.count(sentence) == 1 for sentence in SENTENCES)


def test_boxes_of_another_kind_stay_out() -> None:
    teaser = "Another boat was sold to a fisherman of the mainland, who wants to sail it to the fair in the south."
    article = read(f"<main><h1>{TITLE}</h1>{TEXT}</main><div class=teasers><section><p>{teaser}</p></section></div>")
    assert teaser not in article.body


def test_blank_paragraphs_do_not_hide_the_standfirst() -> None:
    lead = "From May on the boat will cross once an hour, and in winter too."
    head = f'<meta name=description content="{lead}">'
    article = read(f"<div> </div><h1>{TITLE}</h1><div><p>{lead}</p></div><p> </p>{TEXT}<p> </p>", head)
    assert article.body.startswith(lead)


def test_a_box_around_the_standfirst_may_name_it() -> None:
    lead = "From May on the boat will cross once an hour, and in winter too."
    assert story(f"<div class=article-intro><div><p>{lead}</p></div></div><hr>").body.startswith(lead)


def test_a_short_article_in_a_box_beside_many_links_is_found() -> None:
    menu = "".join(
        f"<li><a href=/{number}>Something else that happened on day {number}</a></li>" for number in range(99)
    )
    article = read(f"<ul>{menu}</ul><aside><article><h1>{TITLE}</h1>{TEXT}</article></aside>")
    assert SENTENCES[0] in article.body
    assert SENTENCES[-1] in article.body


def test_a_list_of_links_that_is_the_article_stays() -> None:
    names = (
        "The old rope factory on the hill",
        "A year among the pilots of the sound",
        "What the fog horn costs",
        "Letters from a lighthouse",
    )
    links = "".join(f"<li><a href=/{number}>{name}</a></li>" for number, name in enumerate(names))
    article = read(f"<article><h1>{TITLE}</h1><p>{SENTENCES[0]}</p><ul>{links}</ul><p>{SENTENCES[1]}</p></article>")
    assert all(name in article.body for name in names)


@pytest.mark.parametrize(
    "line", ["<p>3 July 2024</p>", "<p>By Jane Doe</p>", "<div class=sharedaddy>Share on Pier</div>"]
)
def test_the_dateline_and_share_buttons_are_no_text(line: str) -> None:
    article = story(line)
    assert article.body.startswith(SENTENCES[0])


def test_a_byline_below_the_text_is_no_text() -> None:
    assert story(after="<p>Von: Jane Doe</p>").body.endswith(SENTENCES[-1])


# --- odd pages


@pytest.mark.parametrize(
    "page",
    [
        f"<title>{TITLE}</title><h1>{TITLE}</h1>{TEXT}",
        f"<html amp><head><title>{TITLE}</title></head><body><amp-sidebar>Menu</amp-sidebar><article>{TEXT}</article>",
        f"<html dir=rtl lang=ar><title>{TITLE}</title><body><article>{TEXT}</article>",
        f"<title>{TITLE}</title><script type=application/ld+json>{{'@graph': [</script><article>{TEXT}</article>",
        f"<title>{TITLE}</title><table><tr><td>{TEXT}</td></tr></table>",
        f"<meta charset=utf-16><title>{TITLE}</title><article>{TEXT}</article>",
    ],
)
def test_odd_pages_give_their_text(page: str) -> None:
    article = read_html_page(page.encode(), "page.html", ZoneInfo("UTC"))
    assert article.title == TITLE
    assert SENTENCES[2] in article.body


def test_a_page_of_frames_is_kept_with_a_warning() -> None:
    page = f"<html><head><title>{TITLE}</title></head><frameset><frame src=a></frameset></html>"
    article = read_html_page(page.encode(), "page.html", ZoneInfo("UTC"))
    assert (article.title, article.body) == (TITLE, "")
    assert article.warnings == ("no running text was found on the page",)
