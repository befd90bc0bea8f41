"""Searching as a reader does it, in a real browser on the real server."""

from __future__ import annotations

import re

import pytest
from livesite import Reader
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser


def tally(page: Page) -> int:
    """The number of articles the page says it found."""
    found = re.match(r"([\d,]+) article", page.locator(".tally").inner_text())
    return int(found[1].replace(",", "")) if found else 0


def titles(page: Page) -> list[str]:
    return page.locator(".results .hit-title").all_inner_texts()


def choice(page: Page, facet: str, label: str) -> Locator:
    return page.get_by_role("region", name=facet, exact=True).get_by_role("link", name=re.compile(rf"^{label}\b"))


def follow(page: Page, link: Locator) -> None:
    """Clicks a link and waits until the page that it leads to is there."""
    with page.expect_navigation():
        link.click()


def test_a_search_is_typed_and_answered(reader: Reader) -> None:
    page = reader.open("/")
    page.get_by_role("combobox", name="Search the archive").fill("printing press")
    follow(page, page.get_by_role("button", name="Search", exact=True))
    expect(page).to_have_url(re.compile(r"/search\?q=printing\+press$"))
    assert tally(page) > len(titles(page)) == 10, "seven with both words, and those with one to fill up"
    assert page.title().startswith("“printing press” – ")
    marked = {mark.lower() for mark in page.locator(".snippet mark").all_inner_texts()}
    assert marked & {"press", "presses"}
    assert marked & {"print", "printed", "printing", "prints"}


def test_a_facet_leads_to_as_many_articles_as_it_counts(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    all_found = titles(page)
    value = choice(page, "Section", "Printing")
    counted = int(value.locator(".choice-count").inner_text())
    value.click()
    expect(page.locator(".chip")).to_have_count(1)
    assert tally(page) == counted < len(all_found)
    assert "selected; remove" in (choice(page, "Section", "Printing").text_content() or "")
    page.get_by_role("link", name=re.compile("^Section .*, remove$")).click()
    expect(page.locator(".chip")).to_have_count(0)
    assert titles(page) == all_found


def test_two_sections_narrow_then_widen_and_all_chips_go_at_once(reader: Reader) -> None:
    page = reader.open("/search?section=Places")
    places = tally(page)
    follow(page, page.get_by_role("link", name="Widen instead"))
    follow(page, choice(page, "Section", "Technology"))
    expect(page.locator(".chip")).to_have_count(2)
    assert tally(page) > places
    page.get_by_role("link", name="Remove all").click()
    expect(page.locator(".chip")).to_have_count(0)


def test_the_timeline_narrows_by_its_table_as_by_its_bars(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.get_by_text("Show as a table").click()
    row = page.locator(".chart-table tbody tr").first
    label, count = row.locator("th").inner_text(), int(row.locator("td").first.inner_text())
    follow(page, row.get_by_role("link"))
    expect(page.locator(".chip")).to_contain_text(label)
    assert tally(page) == count
    page.go_back()
    page.locator(".chart-reach").first.click(position={"x": 3, "y": 5})
    expect(page.locator(".chip")).to_contain_text(label)


def test_results_are_sorted_and_paged_without_a_gap(reader: Reader) -> None:
    page = reader.open("/search")
    total, seen = tally(page), titles(page)
    while page.get_by_role("link", name="Next page").count():
        follow(page, page.get_by_role("link", name="Next page"))
        seen += titles(page)
    assert len(seen) == total
    assert page.locator(".hits").get_attribute("start") == str(total - len(titles(page)) + 1)
    follow(page, page.get_by_role("link", name="Page 1"))
    follow(page, page.get_by_role("link", name="Oldest first"))
    expect(page.get_by_role("link", name="Oldest first")).to_have_attribute("aria-current", "true")
    years = [int(text[-4:]) for text in page.locator(".hit .byline time").all_inner_texts()]
    assert years == sorted(years)


def test_a_search_that_finds_nothing_says_what_would_find_something(reader: Reader) -> None:
    page = reader.open("/search?q=karabakh+gutenberg&section=Opinion&from=1990")
    expect(page.get_by_role("status").filter(has_text="No articles found")).to_be_visible()
    line = page.locator(".relaxations li", has_text="Without the section")
    count = int(re.search(r"(\d+) article", line.inner_text())[1])  # type: ignore[index]
    follow(page, line.get_by_role("link"))
    expect(page.locator(".chip")).to_have_count(1)
    assert tally(page) == count


def test_a_misspelt_word_is_put_right_with_one_click(reader: Reader) -> None:
    page = reader.open("/search?q=gutenbrg")
    follow(page, page.locator(".did-you-mean").get_by_role("link").first)
    expect(page.locator("h1")).to_have_text("“gutenberg”")
    assert tally(page) > 0


def test_a_result_opens_the_article_with_its_words_marked_and_the_way_back(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    found = titles(page)
    page.locator(".hit-title a").nth(1).click()
    expect(page.locator("h1")).to_have_text(found[1])
    assert {text.lower() for text in page.locator(".story mark").all_inner_texts()} <= {"press", "presses", "pressed"}
    expect(page.locator("#match")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Next")).click()
    expect(page.locator("h1")).to_have_text(found[2])
    follow(page, page.get_by_role("link", name=re.compile("^Previous")))
    follow(page, page.get_by_role("link", name=re.compile("^Previous")))
    expect(page.locator("h1")).to_have_text(found[0])
    assert page.get_by_role("link", name=re.compile("^Previous")).count() == 0
    follow(page, page.get_by_role("link", name=re.compile("Results for")))
    assert titles(page) == found


def test_the_way_back_leads_to_the_page_of_the_result(reader: Reader) -> None:
    page = reader.open("/search?page=2")
    found = titles(page)
    follow(page, page.locator(".hit-title a").last)
    follow(page, page.get_by_role("link", name=re.compile("Results")))
    assert titles(page) == found


def test_the_heading_of_a_snippet_leads_to_that_heading(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    link = page.locator(".snippet-heading a").first
    heading = link.inner_text()
    link.click()
    target = page.locator(".prose :target")
    expect(target).to_have_text(heading)
    expect(target).to_be_in_viewport()


def test_the_contents_of_an_article_lead_to_its_headings(reader: Reader) -> None:
    page = reader.open("/article/1978/gutenberg-at-mainz")
    contents = page.get_by_role("navigation", name="In this article").get_by_role("link")
    assert contents.all_inner_texts() == page.locator(".prose h2").all_inner_texts()
    contents.last.click()
    expect(page.locator(".prose :target")).to_have_text(contents.last.inner_text())


def test_finer_choices_leave_a_clean_address(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.get_by_text("Advanced search").click()
    page.locator("#section").select_option("History")
    page.locator(".advanced").get_by_label("From", exact=True).fill("1980")
    page.locator(".advanced button").click()
    expect(page).to_have_url(re.compile(r"/search\?q=press&section=History&from=1980$"))
    expect(page.locator(".chip")).to_have_count(2)
    page.get_by_role("combobox", name="Search the archive").fill("paper")
    page.get_by_role("button", name="Search", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"q=paper"))
    expect(page.locator(".chip")).to_have_count(2)


def test_a_bad_query_stands_there_again_with_its_fault_marked(reader: Reader) -> None:
    page = reader.open("/search?q=press+title:%28" + "%28" * 40)
    expect(page.locator("h1")).to_have_text("This query cannot be understood")
    box = page.get_by_role("combobox", name="Search the archive")
    expect(box).to_have_attribute("aria-invalid", "true")
    assert box.input_value().startswith("press title:((")
    expect(page.locator(".query-shown mark")).to_have_text("(")
    follow(page, page.get_by_role("link", name=re.compile("words alone")))
    expect(page.locator(".tally")).to_have_text(re.compile(r"^(?:\d+ articles?|No articles)"))
    expect(page.locator("h1")).to_have_text("“press”")


def test_a_missing_article_offers_a_search_for_its_name(reader: Reader) -> None:
    page = reader.open("/article/1978/gutenberg-mainz")
    expect(page.locator("h1")).to_have_text("This article is not in the archive")
    follow(page, page.get_by_role("link", name="Search for “gutenberg mainz”"))
    assert "Gutenberg at Mainz: what was new about his press" in titles(page)


def test_a_line_shows_where_articles_without_some_of_the_words_begin(reader: Reader) -> None:
    page = reader.open("/search?q=how+did+the+printing+press+change+newspapers+and+libraries%3F")
    border = page.locator(".hits-border")
    expect(border).to_have_count(1)
    expect(border).to_have_text(re.compile(r"^With at least 2 of the [0-9]+ words\.$"))
    expect(page.locator(".tally")).to_contain_text("these have at least 2 of them")
    follow(page, choice(page, "Section", "Printing"))
    expect(page.locator(".hits-border")).to_have_count(1)
    page = reader.open("/search?q=the+press")
    expect(page.locator(".hits-border")).to_have_count(0)
    page.locator("summary", has_text="Advanced").click()
    assert page.get_by_label("Match").input_value() == ""


def test_the_hits_are_numbered_on_across_the_line(reader: Reader) -> None:
    page = reader.open("/search?q=printing+press+newspapers+paper")
    lists = page.locator("ol.hits")
    expect(lists).to_have_count(2)
    first, border, second = lists.nth(0), page.locator(".hits-border"), lists.nth(1)
    assert second.get_attribute("start") == str(1 + first.locator("> li").count())
    tops = [part.evaluate("node => node.getBoundingClientRect().top") for part in (first, border, second)]
    assert tops == sorted(tops)
