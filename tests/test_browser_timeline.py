"""The timeline in a real browser: labels under bars, spans chosen by pointer and key, print, and what it weighs."""

from __future__ import annotations

import re
from itertools import pairwise
from urllib.parse import parse_qs, urlsplit

import pytest
from accessibility import violations
from livesite import DESKTOP, PHONE, Reader, reader_of
from playwright.sync_api import Browser, Page, Response, expect

pytestmark = pytest.mark.browser

BUDGET = 60_000
"""Bytes of a first load of the results page, as they travel: bodies compressed, and headers."""

LABELS = """() => {
  const box = document.querySelector(".chart").getBoundingClientRect();
  const middle = ({ left, right }) => (left + right) / 2;
  const bars = new Map([...document.querySelectorAll(".chart a")].map((bar) => [
    bar.querySelector("title").textContent.split(": ")[0],
    middle(bar.querySelector(".chart-reach").getBoundingClientRect()),
  ]));
  return [...document.querySelectorAll(".chart text")].filter((text) => text.getClientRects().length).map((text) => {
    const { left, right } = text.getBoundingClientRect();
    return { label: text.textContent, left: left - box.left, right: right - box.left, width: box.width,
             off: bars.has(text.textContent) ? middle({ left, right }) - bars.get(text.textContent) : 0 };
  });
}"""


def dates_of(page: Page) -> tuple[str, ...]:
    """The dates in the address, `from` before `to`."""
    asked = parse_qs(urlsplit(page.url).query)
    return tuple(asked[name][0] for name in ("from", "to") if name in asked)


def across(page: Page, start: float, end: float) -> None:
    """Draws the pressed mouse over the chart, from one part of its width to another, and lets go."""
    box = page.locator(".chart").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * start, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * (start + end) / 2, box["y"] + 33, steps=3)
    page.mouse.move(box["x"] + box["width"] * end, box["y"] + 30, steps=3)


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
@pytest.mark.parametrize("direction", ["ltr", "rtl"])
def test_labels_stand_under_their_bars(browser: Browser, site: str, width: int, direction: str) -> None:
    with reader_of(browser, site, (width, 900)) as reader:
        page = reader.open("/search?q=press")
        page.evaluate(f"document.documentElement.dir = '{direction}'")
        labels = page.evaluate(LABELS)
        assert reader.overflow() == 0
    assert len(labels) >= 2
    assert all(abs(label["off"]) < 1 for label in labels)
    assert labels[0]["left"] >= 0
    assert labels[-1]["right"] <= labels[-1]["width"] + 0.5
    assert all(after["left"] > before["right"] + 4 for before, after in pairwise(labels))


def test_reading_in_large_letters_leaves_fewer_labels(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    usual = page.evaluate(LABELS)
    page.evaluate("document.documentElement.style.fontSize = '32px'")
    large = page.evaluate(LABELS)
    assert 1 <= len(large) < len(usual)
    assert all(after["left"] > before["right"] for before, after in pairwise(large))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_gap_does_not_look_like_a_year_without_hits(browser: Browser, site: str, scheme: str) -> None:
    with reader_of(browser, site, PHONE, scheme) as reader:  # type: ignore[arg-type]
        page = reader.open("/search?q=press")
        seen = page.evaluate(
            """() => [".chart-tint", ".chart-line"].map((part) => getComputedStyle(document.querySelector(part)).fill)
               .concat(getComputedStyle(document.documentElement).backgroundColor)"""
        )
    assert len(set(seen)) == 3


def test_dragging_over_the_bars_selects_their_span(reader: Reader) -> None:
    page = reader.open("/search?q=press&sort=oldest")
    across(page, 0.2, 0.6)
    expect(page.locator(".chart-chosen")).to_have_text(re.compile(r"^Show \d{4} to \d{4}$"))
    first, last = re.findall(r"\d{4}", page.locator(".chart-chosen").inner_text())
    with page.expect_navigation():
        page.mouse.up()
    assert dates_of(page) == (first, last)
    assert "sort=oldest" in page.url
    expect(page.get_by_role("navigation", name="Dates")).to_contain_text(f"{first} to {last}")
    page.go_back()
    assert dates_of(page) == ()
    expect(page.locator(".chart-chosen")).to_be_hidden()


def test_a_drag_to_the_left_is_one_to_the_right_and_escape_takes_it_back(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    across(page, 0.6, 0.2)
    chosen = page.locator(".chart-chosen").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator(".chart-chosen")).to_be_hidden()
    page.mouse.up()
    assert dates_of(page) == ()
    across(page, 0.2, 0.6)
    expect(page.locator(".chart-chosen")).to_have_text(chosen)


def test_a_finger_selects_a_span_too(phone_reader: Reader) -> None:
    page = phone_reader.open("/search?q=press")
    box = page.locator(".chart").bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)

    def at(kind: str, *places: float) -> None:
        points = [{"x": box["x"] + box["width"] * place, "y": box["y"] + 30} for place in places]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    at("touchStart", 0.3)
    for step in range(4, 8):
        at("touchMove", step / 10)
    expect(page.locator(".chart-chosen")).to_have_text("Show 1988 to 2001")
    with page.expect_navigation():
        at("touchEnd")
    assert dates_of(page) == ("1988", "2001")


def test_an_end_of_the_chart_can_be_moved_by_the_mouse(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    thumb, box = (
        page.get_by_role("slider", name="End", exact=True).bounding_box(),
        page.locator(".chart").bounding_box(),
    )
    assert thumb is not None
    assert box is not None
    assert min(thumb["width"], thumb["height"]) >= 24
    page.mouse.move(thumb["x"] + 12, thumb["y"] + 12)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, thumb["y"] + 12, steps=4)
    with page.expect_navigation():
        page.mouse.up()
    assert dates_of(page)[0] == "1978"
    assert "1978" < dates_of(page)[1] < "2011"


def test_the_keyboard_selects_what_the_mouse_does(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    first, last = (page.get_by_role("slider", name=end, exact=True) for end in ("Start", "End"))
    assert [thumb.get_attribute("aria-valuetext") for thumb in (first, last)] == [
        "1978: 1 of 1 article",
        "2011: 1 of 2 articles",
    ]
    first.focus()
    page.keyboard.press("ArrowLeft")
    assert first.get_attribute("aria-valuenow") == "0", "it stops at the end"
    for key in ("ArrowRight", "ArrowUp", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert first.get_attribute("aria-valuetext") == "1981: 0 of 2 articles", (
        "1980 has no articles, so it is passed over"
    )
    assert last.get_attribute("aria-valuemin") == first.get_attribute("aria-valuenow")
    page.keyboard.press("Tab")
    expect(last).to_be_focused()
    page.keyboard.press("PageDown")
    page.keyboard.press("Home")
    assert last.get_attribute("aria-valuenow") == first.get_attribute("aria-valuenow"), "it stops at the other one"
    page.keyboard.press("End")
    expect(page.locator(".chart-chosen")).to_have_text("Show 1981 to 2011")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Show 1981 to 2011")).to_be_focused()
    assert violations(page) == []
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert dates_of(page) == ("1981", "2011")


def test_enter_on_a_thumb_shows_the_span_and_escape_lets_go_of_it(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    page.get_by_role("slider", name="Start", exact=True).press("PageUp")
    expect(page.locator(".chart-chosen")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".chart-chosen")).to_be_hidden()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert dates_of(page) == ("1979", "2011")


def test_nothing_moves_when_the_module_comes_or_a_span_is_chosen(phone_reader: Reader) -> None:
    page = phone_reader.page
    page.add_init_script(
        """window.moved = [];
        new PerformanceObserver((list) => window.moved.push(
          ...list.getEntries().filter((entry) => !entry.hadRecentInput).map((entry) => entry.value)))
          .observe({ type: "layout-shift", buffered: true });"""
    )
    phone_reader.open("/search?q=press&bars=share")
    tops = (
        "['.chart', '.chart-table', '.sorting'].map((part) => document.querySelector(part).getBoundingClientRect().top)"
    )
    before = page.evaluate(tops)
    page.get_by_role("slider", name="Start", exact=True).press("PageUp")
    expect(page.locator(".chart-chosen")).to_be_visible()
    assert page.evaluate(tops) == before
    expect(page.locator(".chart-views")).to_be_hidden()
    expect(page.locator(".timeline figcaption")).to_be_visible()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("window.moved") == []


def test_everything_but_dragging_works_without_javascript(plain_reader: Reader) -> None:
    page = plain_reader.open("/search?q=press")
    assert page.get_by_role("slider").count() == 0
    with page.expect_navigation():
        page.get_by_role("link", name="Share of the archive").click()
    expect(page.locator(".chart-views [aria-current]")).to_have_text("Share of the archive")
    with page.expect_navigation():
        page.locator(".chart-reach").first.click(position={"x": 3, "y": 5})
    assert dates_of(page) == ("1978", "1978")
    with page.expect_navigation():
        page.get_by_role("navigation", name="Dates").get_by_role("link", name="All dates").click()
    assert "bars=share" in page.url
    assert dates_of(page) == ()


def test_shares_and_the_open_table_break_no_rule(browser: Browser, site: str) -> None:
    for scheme in ("light", "dark"):
        with reader_of(browser, site, PHONE, scheme) as reader:  # type: ignore[arg-type]
            page = reader.open("/search?q=press&bars=share&from=1978&to=2010")
            page.get_by_text("Show as a table").click()
            assert violations(page) == []


def test_the_chart_is_printed_with_its_labels_and_the_table_if_it_is_open(reader: Reader) -> None:
    page = reader.open("/search?q=press&from=1978&to=2010")
    page.emulate_media(media="print")
    expect(page.locator(".chart")).to_be_visible()
    assert len(page.evaluate(LABELS)) >= 2
    for unneeded in (".chart-views", ".chart-thumb >> nth=0", ".timeline-path", ".chart-table summary", ".chart-table"):
        expect(page.locator(unneeded)).to_be_hidden()
    page.emulate_media(media="screen")
    page.get_by_text("Show as a table").click()
    page.emulate_media(media="print")
    expect(page.locator(".chart-table table")).to_be_visible()
    assert page.locator(".chart-table .scroll").evaluate("(box) => box.scrollHeight - box.clientHeight") <= 1


def test_a_first_load_of_the_results_page_is_small(reader: Reader) -> None:
    answers: list[Response] = []
    reader.page.on("response", lambda answer: answers.append(answer))
    reader.open("/search?q=press").wait_for_load_state("networkidle")
    sizes = {answer.url: answer.request.sizes() for answer in answers}
    assert len(sizes) >= 4
    assert any("timeline.js" in url for url in sizes)
    weights = {url: each["responseBodySize"] + each["responseHeadersSize"] for url, each in sizes.items()}
    assert all(urlsplit(url).netloc == urlsplit(reader.site).netloc for url in weights)
    assert 10_000 < sum(weights.values()) < BUDGET, weights


def test_no_script_holds_up_the_page(reader: Reader) -> None:
    page = reader.open("/search?q=press")
    assert page.locator("script").evaluate_all("all => all.every((script) => script.type === 'module')")
    assert DESKTOP[0] == page.evaluate("innerWidth")
