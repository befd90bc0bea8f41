"""The desk as an editor works at it, in a real browser: by keyboard alone, and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from livesite import Reader, reader_of, sample_site
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

DRAFT = "The first printing press came to Mainz, where Johannes Gutenberg cast type and Johann Fust lent the money."
ARTICLE = "/desk?id=1978/gutenberg-at-mainz"


@pytest.fixture(scope="module")
def desk_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample archive with a desk."""
    with sample_site(tmp_path_factory.mktemp("desk"), desk="true") as address:
        yield address


@pytest.fixture
def editor(browser: Browser, desk_site: str) -> Iterator[Reader]:
    with reader_of(browser, desk_site) as reader:
        yield reader


def titles(page: Page) -> list[str]:
    return page.locator(".desk-pieces .hit-title").all_inner_texts()


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the control with that name has the focus."""
    control = page.get_by_role("main").get_by_label(name, exact=True)
    control = control.or_(page.get_by_role("main").get_by_role("button", name=name, exact=True)).first
    for _ in range(60):
        if control.evaluate("it => it === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name!r}")


def test_a_draft_is_worked_on_by_keyboard_alone(editor: Reader) -> None:
    page = editor.open("/desk")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    tab_to(page, "Text")
    page.keyboard.type(DRAFT)
    tab_to(page, "When it appeared")
    page.keyboard.type("Before")
    tab_to(page, "Days in which a piece loses half its weight")
    page.keyboard.type("20000")
    tab_to(page, "Find related pieces")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert "Gutenberg" not in page.url, "the draft is in no address"
    expect(page.get_by_role("heading", name=re.compile("related piece"))).to_be_visible()
    expect(page.get_by_label("Text", exact=True)).to_have_value(DRAFT)
    expect(page.get_by_label("When it appeared")).to_have_value("background")
    first, second = titles(page)[:2]
    for title in (first, second):
        tab_to(page, f"Mark “{title}”")
        page.keyboard.press("Space")
    while page.evaluate("document.activeElement.value") != "markdown":
        page.keyboard.press("Shift+Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[data-copied]")).to_have_text("Links copied: 2")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert [line.startswith(f"- [{title}](") for line, title in zip(copied.splitlines(), (first, second), strict=True)]
    assert re.findall(r"^- \[", copied, re.MULTILINE) == ["- [", "- ["]


def test_a_name_in_the_draft_is_one_click_from_its_search(editor: Reader) -> None:
    page = editor.open("/desk")
    page.get_by_label("Text", exact=True).fill(DRAFT)
    with page.expect_navigation():
        page.get_by_role("button", name="Find related pieces").click()
    name = page.locator(".desk-names a").first
    count = re.search(r"([\d,]+) articles?$", name.inner_text().replace("\n", " ")) or re.search(
        r"(\d+)", name.inner_text()
    )
    assert count
    with page.expect_navigation():
        name.click()
    assert (page.locator(".tally").inner_text()).startswith(count[1])


def test_a_piece_is_pinned_and_blocked_and_readers_see_it(editor: Reader) -> None:
    page = editor.open(ARTICLE)
    before = titles(page)
    pinned, blocked = before[-1], before[0]
    for what, title in (("Pin", pinned), ("Block", blocked)):
        with page.expect_navigation():
            page.get_by_role("button", name=f"{what} “{title}”", exact=True).click()
    assert titles(page)[0] == pinned
    assert blocked not in titles(page)
    expect(page.locator(".desk-pieces .pinned").first).to_have_text("Pinned")
    article = editor.open("/article/1978/gutenberg-at-mainz")
    related = article.locator("aside.related h3").all_inner_texts()
    assert pinned in related
    assert blocked not in related
    expect(article.locator("aside.related .pinned")).to_have_text("Chosen by the editors")
    with article.expect_navigation():
        article.get_by_role("link", name="Related pieces on the editors’ desk").click()
    for title in (pinned, blocked):
        with page.expect_navigation():
            page.locator(".desk-chosen li", has_text=title).get_by_role("button").click()
    assert titles(page) == before


def test_everything_works_without_javascript(browser: Browser, desk_site: str) -> None:
    with reader_of(browser, desk_site, javascript=False) as editor:
        page = editor.open("/desk")
        page.get_by_label("Text", exact=True).fill(DRAFT)
        page.get_by_role("button", name="Find related pieces").click()
        expect(page.locator(".desk-pieces")).to_be_visible()
        page.get_by_role("checkbox").first.check()
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Plain text").click()
        links = opened.value
        expect(links.get_by_role("heading", level=1)).to_have_text("1 link as Plain text")
        assert titles(page)[0] in links.get_by_role("main").get_by_role("textbox").input_value()
        expect(page.get_by_label("Text", exact=True)).to_have_value(DRAFT)


def test_an_address_elsewhere_is_refused_beside_its_field(editor: Reader) -> None:
    page = editor.open("/desk")
    field = page.get_by_label("Or the address of an article in the archive")
    field.fill("https://elsewhere.example/story")
    with page.expect_navigation():
        field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("nothing is fetched")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_value("https://elsewhere.example/story")
