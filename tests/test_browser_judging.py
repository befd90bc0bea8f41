"""Judging hits as an editor does it, in a real browser: by keyboard alone, without JavaScript, on a phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from accessibility import violations
from livesite import DESKTOP, PHONE, Reader, Scheme, reader_of, sample_site
from playwright.sync_api import Browser, Page, expect
from states import unfold

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample archive with a desk."""
    with sample_site(tmp_path_factory.mktemp("judging"), desk="true") as address:
        yield address


@pytest.fixture
def editor(browser: Browser, desk_site: str) -> Iterator[Reader]:
    with reader_of(browser, desk_site) as reader:
        yield reader


def focused(page: Page) -> str:
    """The id of what has the focus, and the name it has for assistive technology."""
    name = "it.id || it.getAttribute('aria-label') || (it.tagName === 'BUTTON' ? it.textContent : '')"
    return str(page.evaluate(f"(it => {name})(document.activeElement)"))


def press_until(page: Page, name: re.Pattern[str], key: str = "Tab") -> str:
    """Presses Tab until a control with such a name has the focus, and returns the name."""
    for _ in range(80):
        page.keyboard.press(key)
        if name.match(focused(page)):
            return focused(page)
    raise AssertionError(f"Tab does not reach {name.pattern!r}")


def test_hits_are_judged_from_the_page_of_results_by_keyboard_alone(editor: Reader) -> None:
    page = editor.open("/search?q=Printing+Press")
    link = page.get_by_role("link", name="Judge these hits on the editors’ desk")
    link.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Judge answers")
    first = press_until(page, re.compile("Good: “"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert focused(page) == "hit-1", "the focus is where it was, at the hit that was judged"
    judged = page.locator("#hit-1")
    expect(judged.get_by_role("button", name=first, exact=True)).to_have_attribute("aria-pressed", "true")
    expect(judged).to_contain_text("Judged good")
    expect(page.get_by_role("status").filter(has_text="Judged")).to_have_text("Judged good: 1. Judged bad: 0.")
    second = press_until(page, re.compile("Bad: “(?!" + re.escape(first[7:-1]) + ")"))
    with page.expect_navigation():
        page.keyboard.press("Space")
    assert focused(page) == "hit-2"
    expect(page.locator("#hit-2").get_by_role("button", name=second, exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    press_until(page, re.compile("Undo: “"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert focused(page) == "hit-2"
    expect(page.locator("#hit-2")).not_to_contain_text("Judged")
    expect(page.locator("#hit-2")).to_be_in_viewport()
    page.get_by_role("link", name="All judged queries").focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.get_by_role("row")).to_have_count(2)
    expect(page.get_by_role("row").last).to_contain_text("printing press")
    page.locator("summary", has_text="Remove").focus()
    page.keyboard.press("Enter")
    press_until(page, re.compile("Forget 1 judgement: printing press"))
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert focused(page) == "judged-title"
    expect(page.get_by_role("main")).to_contain_text("Nothing is judged yet")


def test_everything_works_without_javascript(browser: Browser, desk_site: str) -> None:
    with reader_of(browser, desk_site, PHONE, javascript=False) as editor:
        page = editor.open("/desk/judge")
        page.get_by_label("What readers type").fill("Telegraph")
        page.get_by_role("button", name="Show articles").click()
        hits = page.locator(".judge-hits > li")
        expect(hits.first).to_be_visible()
        title = hits.nth(1).get_by_role("heading").inner_text()
        page.get_by_role("button", name=f"Bad: “{title}”", exact=True).click()
        expect(page).to_have_url(re.compile("#hit-2$"))
        expect(hits.nth(1).get_by_role("heading")).to_have_text(title)
        expect(hits.nth(1)).to_contain_text("Judged bad")
        hits.nth(1).get_by_role("button", name="Undo").click()
        expect(hits.nth(1)).not_to_contain_text("Judged")


def test_a_language_of_the_site_stays_while_hits_are_judged(editor: Reader) -> None:
    page = editor.open("/de/desk/judge?q=press")
    with page.expect_navigation():
        page.locator("#hit-1 button").first.click()
    assert "/de/desk/judge?q=press#hit-1" in page.url
    with page.expect_navigation():
        page.locator("#hit-1 button").last.click()


@pytest.mark.parametrize(("size", "scheme"), [(PHONE, "light"), (PHONE, "dark"), (DESKTOP, "light"), (DESKTOP, "dark")])
def test_no_state_of_judging_breaks_a_rule(
    browser: Browser, desk_site: str, size: tuple[int, int], scheme: Scheme
) -> None:
    with reader_of(browser, desk_site, size, scheme) as editor:
        page = editor.open("/desk/judge?q=press&section=History")
        for place, word in (("#hit-1", "Good"), ("#hit-2", "Bad")):
            with page.expect_navigation():
                page.locator(place).get_by_role("button", name=re.compile(f"^{word}: ")).click()
        for path in (
            "/desk/judge", "/desk/judge?q=press&section=History", "/desk/judge?q=press&order=ranked",
            "/desk/judge?q=press&order=ranked&page=2", "/desk/judge?q=zzzz&from=1990", "/desk/judgements",
            "/desk/judgements?page=7", "/ar/desk/judge?q=press", "/ar/desk/judgements",
        ):  # fmt: skip
            page = editor.open(path)
            unfold(page)
            assert violations(page) == [], path
            assert editor.overflow() == 0, path
