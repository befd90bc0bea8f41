"""What stands where, measured in a real browser: hits in sight, paragraphs apart, right to left on its own side."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from livesite import DESKTOP, Reader, reader_of, sample_site
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

SMALL_PHONE = (360, 740)
FIRST_TITLE = 581
"""Pixels from the top that even a small phone shows below the bars of its browser."""
RIGHT_TO_LEFT = "document.documentElement.dir = 'rtl'"


@pytest.fixture
def odd_reader(browser: Browser, odd_site: str) -> Iterator[Reader]:
    """A desktop reader of articles that are hard to lay out."""
    with reader_of(browser, odd_site) as opened:
        yield opened


def edges(page: Page, selector: str) -> list[dict[str, float]]:
    """The edges of what the elements say, in pixels of the window: of their text, not of their boxes."""
    script = """all => all.map(element => {
        const range = document.createRange();
        range.selectNodeContents(element);
        const {left, right, top, bottom} = range.getBoundingClientRect();
        return {left, right, top, bottom};
    })"""
    found: list[dict[str, float]] = page.locator(selector).evaluate_all(script)
    assert found, selector
    return found


def test_three_whole_hits_are_in_sight_beside_the_facets_and_below_the_timeline(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    bottoms = page.locator(".hits > li").evaluate_all("all => all.map((li) => li.getBoundingClientRect().bottom)")
    assert sorted(bottoms)[2] <= DESKTOP[1]
    expect(page.locator(".facet").first).to_be_in_viewport()
    expect(page.locator(".timeline svg.chart")).to_be_in_viewport(ratio=1)


def test_on_a_small_phone_the_first_title_is_in_sight(browser: Browser, site: str) -> None:
    with reader_of(browser, site, SMALL_PHONE) as reader:
        page = reader.open("/search?q=press")
        assert edges(page, ".hit-title a")[0]["bottom"] <= FIRST_TITLE


def test_passages_after_the_first_unfold_and_the_fold_says_their_headings(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    hit = page.locator(".hit", has=page.locator(".more-snippets")).first
    folded = hit.locator(".more-snippets .snippet")
    expect(folded.first).not_to_be_visible()
    summary = hit.locator(".more-snippets > summary")
    assert re.match(rf"{folded.count()} more passages?\b", summary.inner_text())
    for heading in folded.locator(".snippet-heading").all_text_contents():
        assert heading in summary.inner_text()
    summary.press("Enter")
    expect(folded.last).to_be_visible()


def test_paragraphs_within_a_list_or_a_quotation_stand_apart(odd_reader: Reader) -> None:
    page = odd_reader.open("/article/lists")
    for selector in (".prose li > p", ".prose blockquote > p"):
        above, below = edges(page, selector)
        # The boxes of lines touch without a margin: half the size of the letters is a space that can be seen.
        assert below["top"] - above["bottom"] >= 8, selector


def test_on_a_phone_a_long_list_of_contents_is_folded(browser: Browser, odd_site: str) -> None:
    with reader_of(browser, odd_site, SMALL_PHONE) as reader:
        page = reader.open("/article/long")
        assert edges(page, ".prose p")[0]["top"] < SMALL_PHONE[1]
        page.locator(".contents summary").click()
        page.get_by_role("link", name="Chapter 25").click()
        expect(page.get_by_role("heading", name="Chapter 25")).to_be_in_viewport()


@pytest.mark.parametrize("javascript", [True, False])
def test_on_a_desktop_the_contents_are_open_beside_the_text(browser: Browser, odd_site: str, javascript: bool) -> None:
    with reader_of(browser, odd_site, javascript=javascript) as reader:
        page = reader.open("/article/long")
        expect(page.get_by_role("link", name="Chapter 1", exact=True)).to_be_in_viewport()
        expect(page.locator(".contents summary")).not_to_be_visible()
        assert edges(page, ".contents a")[0]["right"] < edges(page, ".prose p")[0]["left"]


def test_an_arabic_article_on_an_english_site_stands_at_the_right_of_the_same_column(odd_reader: Reader) -> None:
    page = odd_reader.open("/article/arabic")
    story = page.locator(".story-head").bounding_box()
    assert story is not None
    right = story["x"] + story["width"]
    for selector in (".kicker", "h1", ".standfirst", ".byline", ".prose p", ".prose h2"):
        assert abs(edges(page, f".story {selector}")[0]["right"] - right) < 4, selector
    latin = page.locator(".story").bounding_box()
    english = odd_reader.open("/article/long").locator(".story").bounding_box()
    assert latin is not None
    assert english is not None
    assert latin["width"] == english["width"]


def test_an_arabic_hit_stands_at_the_right_and_its_date_is_whole(odd_reader: Reader) -> None:
    page = odd_reader.open("/search?q=%D8%A7%D9%84%D8%B9%D8%A8%D8%A7%D8%B1%D8%A9")
    hit = page.locator(".hit").bounding_box()
    assert hit is not None
    for selector in (".hit-title a", ".byline", ".snippet-text"):
        assert abs(edges(page, f".hit {selector}")[0]["right"] - hit["x"] - hit["width"]) < 4, selector
    # "4 March 2024" reads from left to right: the day stands left of the year.
    day, year = page.locator(".hit time").evaluate(
        """time => [[0, 1], [-4, 0]].map(([start, end]) => {
            const range = document.createRange(), text = time.firstChild;
            range.setStart(text, (start + text.length) % text.length);
            range.setEnd(text, end || text.length);
            return range.getBoundingClientRect().left;
        })"""
    )
    assert day < year


@pytest.mark.parametrize("path", ["/", "/search?q=press", "/article/1978/gutenberg-at-mainz?q=press", "/search?q=(("])
def test_a_site_that_reads_from_right_to_left_is_the_mirror_of_the_other(reader: Reader, path: str) -> None:
    page = reader.open(path)
    before = page.locator(".finder-row").bounding_box()
    page.evaluate(RIGHT_TO_LEFT)
    assert reader.overflow() <= 0
    after = page.locator(".finder-row").bounding_box()
    assert before is not None
    assert after is not None
    assert abs((before["x"] + before["width"]) + after["x"] - DESKTOP[0]) < 3 or before["x"] == after["x"]
    field, button = (page.locator(f".finder-row {part}").bounding_box() for part in ("input", "button"))
    assert field is not None
    assert button is not None
    assert button["x"] < field["x"], "the button stands at the end of the row"
    name = page.locator(".masthead-name, .nameplate-name").bounding_box()
    assert name is not None
    assert name["x"] + name["width"] / 2 >= DESKTOP[0] / 2


def test_the_search_box_has_a_border_whatever_is_typed_and_wherever_the_page_begins(reader: Reader) -> None:
    page = reader.open("/")
    for turn in ("", RIGHT_TO_LEFT):
        page.evaluate(turn)
        for words in ("press", "العبارة"):
            page.fill("#q", words)
            style = page.locator(".finder-box").evaluate(
                """box => {
                    const style = getComputedStyle(box);
                    return [style.direction, style.borderLeftWidth, style.borderRightWidth];
                }"""
            )
            start = style[1] if style[0] == "ltr" else style[2]
            assert start == "1px", (turn, words)
            assert page.locator("#q").evaluate("input => getComputedStyle(input).borderWidth") == "0px"


def test_on_a_page_from_right_to_left_the_heading_stands_beside_its_count(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.evaluate(RIGHT_TO_LEFT)
    head = page.locator(".search-head").bounding_box()
    assert head is not None
    assert abs(edges(page, "h1")[0]["right"] - head["x"] - head["width"]) < 4


def test_an_english_article_on_an_arabic_site_keeps_its_own_direction(reader: Reader) -> None:
    page = reader.open("/ar/article/1978/gutenberg-at-mainz?q=press")
    text, related = (page.locator(where).bounding_box() for where in (".prose", ".related"))
    assert text
    assert related
    assert abs(text["x"] - related["x"]) < 1
    assert abs(text["width"] - related["width"]) < 1
    arrow = page.locator(".walk-back .arrow")
    assert arrow.evaluate("arrow => getComputedStyle(arrow).transform") == "matrix(-1, 0, 0, 1, 0, 0)"
    assert arrow.bounding_box()["x"] > page.locator(".walk-back bdi").bounding_box()["x"]  # type: ignore[index]
    page = reader.open("/article/1978/gutenberg-at-mainz?q=press")
    assert page.locator(".walk-back .arrow").evaluate("arrow => getComputedStyle(arrow).transform") == "none"


def test_on_an_arabic_page_what_is_chosen_stands_beside_its_box(reader: Reader) -> None:
    page = reader.open("/ar/search?q=press")
    boxes = page.locator(".facets .choice .box").evaluate_all("all => all.map(box => box.getBoundingClientRect().left)")
    labels = edges(page, ".facets .choice-label")
    assert len(boxes) == len(labels) > 10
    assert all(0 < box - label["right"] < 16 for box, label in zip(boxes, labels, strict=True))


@pytest.mark.parametrize("prefix", ["", "/ar"])
def test_what_is_related_stands_below_the_text(reader: Reader, prefix: str) -> None:
    page = reader.open(f"{prefix}/article/1978/gutenberg-at-mainz")
    text, related = (page.locator(selector).bounding_box() for selector in (".prose", ".related"))
    assert text is not None
    assert related is not None
    assert (related["x"], related["width"]) == (text["x"], text["width"])


def test_names_stand_in_lines_and_not_in_a_column(browser: Browser, tmp_path: Path) -> None:
    variants = tmp_path / "variants.toml"
    variants.write_text('both_ways = [["Karabakh", "Qarabağ", "Карабах"]]\n', encoding="utf-8")
    with sample_site(tmp_path, variants=str(variants)) as site, reader_of(browser, site, SMALL_PHONE) as reader:
        tops = {round(name["top"]) for name in edges(reader.open("/names"), ".names-list a")}
        assert len(tops) == 1


def test_sorting_ends_where_the_hits_end(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    hits, head = (page.locator(selector).bounding_box() for selector in (".hits", ".search-head"))
    assert hits is not None
    assert head is not None
    assert hits["x"] + hits["width"] == head["x"] + head["width"]


def test_the_key_that_is_turned_off_is_turned_off_by_words_alone(reader: Reader) -> None:
    button = reader.open("/").locator(".keys-hint button")
    assert button.evaluate("it => getComputedStyle(it).backgroundColor") == "rgba(0, 0, 0, 0)"
    assert button.evaluate("it => getComputedStyle(it).borderTopWidth") == "0px"
