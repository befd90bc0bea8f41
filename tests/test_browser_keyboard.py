"""The keyboard, the phone, the dark, the printer, and no JavaScript at all."""

from __future__ import annotations

import re

import pytest
from livesite import PAGES, Reader, reader_of
from playwright.sync_api import Browser, Locator, Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture
def typed(reader: Reader) -> Page:
    """The front page with "gut" typed and its suggestions shown."""
    page = reader.open("/")
    page.keyboard.press("/")
    # Each letter may ask; only the answer to the last one stays.
    with page.expect_response(lambda response: response.url.endswith("q=gut")) as answered:
        page.keyboard.type("gut")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(len(answered.value.json()["completions"]))
    expect(page.get_by_role("listbox", name="Suggestions")).to_be_visible()
    return page


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="Search the archive")


def test_suggestions_are_announced_and_walked_by_arrows(typed: Page) -> None:
    options = typed.get_by_role("listbox").get_by_role("option")
    count = options.count()
    expect(typed.locator("[data-suggest-status]")).to_have_text(f"Suggestions: {count}")
    expect(box(typed)).to_have_attribute("aria-expanded", "true")
    assert box(typed).get_attribute("aria-activedescendant") is None
    typed.keyboard.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    expect(box(typed)).to_have_attribute("aria-activedescendant", options.first.get_attribute("id") or "none")
    typed.keyboard.press("ArrowUp")
    assert box(typed).get_attribute("aria-activedescendant") is None
    typed.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(box(typed)).to_be_focused()
    expect(box(typed)).to_have_value("gut")


def test_enter_follows_the_chosen_suggestion(typed: Page) -> None:
    typed.keyboard.press("ArrowDown")
    word = typed.get_by_role("listbox").get_by_role("option").first.locator(".completion-text").inner_text()
    typed.keyboard.press("Enter")
    expect(typed.locator("h1")).to_have_text(f"“{word}”")


def test_enter_without_a_choice_searches_for_what_was_typed(typed: Page) -> None:
    typed.keyboard.press("Enter")
    expect(typed).to_have_url(re.compile(r"/search\?q=gut$"))


def test_escape_closes_and_keeps_the_words(typed: Page) -> None:
    typed.keyboard.press("ArrowDown")
    typed.keyboard.press("Escape")
    expect(typed.get_by_role("listbox")).to_have_count(0)
    expect(box(typed)).to_have_attribute("aria-expanded", "false")
    expect(box(typed)).to_have_value("gut")
    typed.keyboard.press("ArrowDown")
    expect(typed.get_by_role("listbox")).to_be_visible()


def test_tab_never_chooses(typed: Page) -> None:
    address = typed.url
    typed.keyboard.press("ArrowDown")
    typed.keyboard.press("Tab")
    expect(typed.get_by_role("listbox")).to_have_count(0)
    expect(typed.get_by_role("button", name="Search", exact=True)).to_be_focused()
    assert typed.url == address
    expect(box(typed)).to_have_value("gut")


def test_a_suggestion_can_be_clicked(typed: Page) -> None:
    typed.get_by_role("option", name=re.compile("Gutenberg at Mainz")).click()
    expect(typed.locator("h1")).to_have_text("Gutenberg at Mainz: what was new about his press")


def test_a_slash_is_a_slash_inside_the_box(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()
    page.keyboard.type("a/b")
    expect(box(page)).to_have_value("a/b")


def test_the_first_tab_skips_to_the_results(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the results")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Results")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(".hit-title a").first).to_be_focused()


def test_the_second_tab_skips_to_the_filters(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the filters")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(".facets a.choice").first).to_be_focused()


def test_a_search_without_hits_skips_to_what_to_try_instead(reader: Reader) -> None:
    page = reader.open(PAGES["nothing"])
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="What to try instead")).to_be_focused()


def test_the_key_can_be_turned_off_and_the_browser_keeps_that(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.get_by_role("button", name="Turn this key off").click()
    page.keyboard.press("/")
    expect(box(page)).not_to_be_focused()
    page = reader.open("/")
    expect(page.get_by_role("contentinfo")).to_contain_text("The key / is off")
    page.keyboard.press("/")
    expect(box(page)).not_to_be_focused()
    page.get_by_role("button", name="Turn it on").click()
    page.keyboard.press("/")
    expect(box(page)).to_be_focused()


def test_after_a_choice_the_focus_is_on_the_same_choice(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.locator(".facets a.choice", has_text="1994").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".facets a.chosen")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator(".facets a.choice", has_text="1994")).to_be_focused()


def test_after_a_condition_is_removed_the_focus_is_on_the_heading(reader: Reader) -> None:
    page = reader.open("/search?q=press&year=1994")
    page.locator("a.chip").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()


def test_on_a_phone_the_filters_stay_open_after_a_choice(phone_reader: Reader) -> None:
    page = phone_reader.open("/search?q=press")
    page.locator(".facets > summary").click()
    page.locator(".facets a.choice", has_text="1994").click()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".facets a.chosen")).to_be_visible()


def test_the_front_page_has_the_finer_choices_and_a_standfirst_below_each_title(plain_reader: Reader) -> None:
    page = plain_reader.open("/")
    assert page.locator(".newest .hit").count() == page.locator(".newest .summary").count() > 0
    page.locator(".advanced > summary").click()
    page.get_by_label("From", exact=True).fill("1980")
    page.get_by_label("Section", exact=True).select_option(label="History › Printing")
    page.locator(".advanced button").click()
    expect(page.locator(".chip")).to_have_count(2)


def test_editions_of_one_story_stand_together_on_the_front_page(browser: Browser, odd_site: str) -> None:
    with reader_of(browser, odd_site) as reader:
        page = reader.open("/")
        expect(page.locator(".newest .hit-title", has_text="Ferry runs all winter")).to_have_count(1)
        lead = page.locator(".newest li").first
        expect(lead).to_contain_text(re.compile(r"Nearly the same text:\s+\d March 2024"))
        lead.get_by_role("link", name=re.compile("^5 March 2024")).click()
        expect(page.locator("h1")).to_have_text("Ferry runs all winter")


def test_on_a_phone_the_facets_fold_away_below_the_search_box(phone_reader: Reader) -> None:
    page = phone_reader.open("/search?q=press")
    value = page.get_by_role("link", name=re.compile("^Printing"))
    expect(value).not_to_be_visible()
    assert _top(page, ".finder") < _top(page, ".facets") < _top(page, ".hits")
    page.locator(".facets > summary").click()
    value.click()
    expect(page.locator(".chip")).to_have_count(1)


def test_on_a_desktop_the_facets_stand_beside_the_results(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    expect(page.get_by_role("link", name=re.compile("^Printing"))).to_be_visible()
    expect(page.locator(".facets > summary")).not_to_be_visible()


def _top(page: Page, selector: str) -> float:
    place = page.locator(selector).first.bounding_box()
    assert place
    return place["y"]


def test_in_the_dark_the_paper_is_dark_and_the_ink_is_light(browser: Browser, site: str) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        with reader_of(browser, site, scheme=scheme) as reader:
            page = reader.open("/")
            shades[scheme] = [
                sum(int(part) for part in re.findall(r"\d+", page.evaluate(script))[:3])
                for script in (
                    "getComputedStyle(document.documentElement).backgroundColor",
                    "getComputedStyle(document.body).color",
                )
            ]
    assert shades["light"][0] > 700 > 100 > shades["light"][1]
    assert shades["dark"][0] < 100 < 600 < shades["dark"][1]


def test_on_paper_only_the_article_is_left(reader: Reader) -> None:
    page = reader.open("/article/1978/gutenberg-at-mainz?q=press&position=0")
    page.emulate_media(media="print")
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".prose p").first).to_be_visible()
    expect(page.locator(".print-source")).to_contain_text("/article/1978/gutenberg-at-mainz")
    for gone in (".finder", ".walk", ".contents", ".related", ".colophon"):
        expect(page.locator(gone)).not_to_be_visible()


def test_a_printed_search_names_its_conditions_and_no_controls(reader: Reader) -> None:
    page = reader.open("/search?q=press&year=1994&year=1978&tag=-_missing")
    page.emulate_media(media="print")
    chips = [
        " ".join(text.split()).removesuffix(" , remove") for text in page.locator(".chip:visible").all_inner_texts()
    ]
    assert chips == ["Tag any", "Year 1978", "Year 1994"]
    label = page.locator(".chip-name").first
    assert label.evaluate("element => getComputedStyle(element, '::after').content") == '":"'
    for control in (".chip-all", ".chip-cross", ".facets", ".finder", ".pager", ".sorting", ".take-away"):
        assert page.locator(f"{control}:visible").count() == 0
    assert page.locator(".hits > li:visible").count() == 2
    heading, window = page.locator("h1").bounding_box(), page.viewport_size
    assert heading is not None
    assert window is not None
    assert heading["x"] < window["width"] / 10


def test_two_years_are_chosen_and_kept_for_the_next_query_without_javascript(plain_reader: Reader) -> None:
    page = plain_reader.open("/search?q=press&year=1994&facets=year")
    page.locator("[aria-labelledby=facet-year] .choice", has_text="1978").click()
    expect(page.locator(".chip")).to_have_count(2)
    expect(page.locator(".tally")).to_have_text("3 articles")
    page.fill("#q", "printing")
    page.press("#q", "Enter")
    expect(page.locator("h1")).to_have_text("“printing”")
    expect(page.locator(".chip")).to_have_count(2)


def test_everything_is_found_without_javascript(plain_reader: Reader) -> None:
    page = plain_reader.open("/")
    page.get_by_role("searchbox", name="Search the archive").fill("press")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("h1")).to_have_text("“press”")
    page.get_by_role("link", name=re.compile("^Printing")).click()
    expect(page.locator(".chip")).to_have_count(1)
    page.locator(".advanced > summary").click()
    page.locator(".advanced").get_by_label("From", exact=True).fill("1980")
    page.locator(".advanced button").click()
    expect(page).to_have_url(re.compile(r"/search\?q=press&section=History\+(%3E|>)\+Printing&from=1980$"))
    expect(page.locator(".chip")).to_have_count(2)
    page.locator(".hit-title a").first.click()
    expect(page.locator("#match")).to_be_visible()
