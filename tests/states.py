"""Every page of the site in every state that a reader or an editor can bring it into.

What looks at all of them, such as the pictures in the documentation and the tests of accessibility, takes them from
here; `tests/state_sites.py` serves the archives that they are of.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Literal

from livesite import DESKTOP, PAGES
from odd_articles import PAGES as ODD_PAGES
from playwright.sync_api import Page

Site = Literal["sample", "desk", "house", "odd", "empty"]
"""The archives: the sample; the same with a desk; the same in a house whose editors have worked with it; articles that
are hard to lay out; and one without articles."""
Direction = Literal["ltr", "rtl"]

SIZES: Final = {360: (360, 740), 768: (768, 1024), 1280: DESKTOP}
"""The windows in which every page is looked at, by their width in pixels."""
PREFIXES: Final[dict[Direction, str]] = {"ltr": "", "rtl": "/ar"}
"""How addresses begin in English and in Arabic."""

DRAFT: Final = (
    "The first printing press came to Mainz, where Johannes Gutenberg cast type and Johann Fust lent the money."
)
PUBLIC: Final = "https://lantern.example"
"""Where the archives say that they are, whatever port they are served at."""
GUTENBERG: Final = "1978/gutenberg-at-mainz"


@dataclass(frozen=True, slots=True)
class State:
    """A page in one state. `route` is the rule of the app that answers it, "" for one that none answers.

    `act` is what is done at `path` to come there. `media` is "print" for what a printer gets; `window`: only what fits
    into the window is looked at. `settled` gives the text of elements that is another one in each run.
    """

    name: str
    title: str
    shows: str
    route: str
    path: str
    site: Site = "sample"
    act: Callable[[Page], None] | None = None
    media: Literal["screen", "print"] = "screen"
    window: bool = False
    settled: dict[str, str] = field(default_factory=dict)


def _suggestions(page: Page) -> None:
    with page.expect_response(lambda response: response.url.endswith("q=gut")):
        page.locator("#q").press_sequentially("gut")
    page.locator("#completions li").first.wait_for()
    page.keyboard.press("ArrowDown")


def _advanced(page: Page) -> None:
    page.locator(".advanced > summary").click()


def unfold(page: Page) -> None:
    """Opens everything on the page that can be opened."""
    page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")


def _mark_two(page: Page) -> None:
    for place in (0, 1):
        page.locator("[data-article] .hit-mark").nth(place).click()
    page.locator(".colophon a[href$='/marked']").click()
    page.locator("[data-list=marked] li").nth(1).wait_for()


def _to_related(page: Page) -> None:
    page.locator("aside.related").evaluate("aside => aside.scrollIntoView()")


def _spelling(page: Page) -> None:
    page.locator(".variant-pick").first.click()
    page.locator("#variant-lines").wait_for()


def _key_off(page: Page) -> None:
    page.locator("[data-keys-switch]").click()


def _draft(page: Page) -> None:
    page.locator("#desk-text").fill(DRAFT)
    page.locator(".desk-form button[type=submit]").click()
    page.locator(".desk-pieces").wait_for()


def _links(page: Page) -> None:
    for place in (0, 1):
        page.locator(".desk-mark").nth(place).check()
    # As without JavaScript, and in the same tab.
    page.locator("[data-copy-links]").evaluate_all(
        "all => all.forEach((button) => { button.removeAttribute('data-copy-links'); button.formTarget = '_self'; })"
    )
    page.locator(".desk-take button").last.click()
    page.locator("textarea[readonly]").wait_for()


STATES: Final = (
    State("front", "Front page", "What is new, the sections, and the archive by year and month", "/", PAGES["front"]),
    State("front-empty", "Front page of an empty archive", "How to fill it", "/", "/", "empty"),
    State("suggestions", "Suggestions", "What completes the words in the box, while they are typed", "/", "/",
          act=_suggestions, window=True),
    State("search", "Results", "The hits with their passages, beside what narrows them and below the timeline",
          "/search", PAGES["search"]),
    State("all", "All articles", "The whole archive, newest first", "/search", PAGES["all"]),
    State("narrowed", "A narrowed search", "Its conditions, each of which can be taken away", "/search",
          PAGES["narrowed"]),
    State("second-page", "A further page of results", "The way through long lists", "/search", PAGES["second-page"]),
    State("advanced", "Advanced search", "The finer choices, dates among them, and how to write a query", "/search",
          PAGES["search"], act=_advanced),
    State("unfolded", "Everything unfolded", "Filters, passages and the timeline as a table", "/search",
          PAGES["search"], act=unfold),
    State("nothing", "No results", "What to try instead, with how much each way would find", "/search",
          PAGES["nothing"]),
    State("misspelled", "A misspelled search", "What was probably meant", "/search", "/search?q=gutenburg"),
    State("dates", "Dates that cannot be read", "What is wrong, beside the date", "/search",
          "/search?q=press&from=199x&to=2020"),
    State("editions", "Editions of one story", "Nearly the same texts stand together", "/search",
          ODD_PAGES["editions"], "odd"),
    State("arabic-hits", "Arabic hits", "They read from right to left on a page of any direction", "/search",
          ODD_PAGES["arabic-hits"], "odd"),
    State("facet", "All values of a facet", "Each tag of a search with its count, to be looked through",
          "/facet/<name>", "/facet/tag?q=press"),
    State("facet-nothing", "A facet without such a value", "That nothing has this name", "/facet/<name>",
          "/facet/tag?values=zeppelin"),
    State("article", "An article that a search found", "Its words are marked, with the way to the hits around it",
          "/article/<article:id>", PAGES["article"]),
    State("match", "A match", "The way from one marked place in the text to the next", "/article/<article:id>",
          PAGES["article"] + "#match", window=True),
    State("article-alone", "An article", "What readers get from a link", "/article/<article:id>",
          PAGES["article-alone"]),
    State("article-chosen", "An article with a pinned piece", "What the editors chose stands first among the related",
          "/article/<article:id>", "/article/1984/caxton-at-westminster", "house",
          act=_to_related, window=True),
    State("long", "A long article", "Its contents, folded where there is no room beside the text",
          "/article/<article:id>", ODD_PAGES["long"], "odd"),
    State("code", "Listings and tables", "Wide things scroll within the text", "/article/<article:id>",
          ODD_PAGES["code"], "odd"),
    State("arabic", "An Arabic article", "It reads from right to left on a page of any direction",
          "/article/<article:id>", ODD_PAGES["arabic"], "odd"),
    State("print", "An article on paper", "The text and where it is from, without controls", "/article/<article:id>",
          PAGES["article-alone"], media="print"),
    State("removed", "An article that was taken down", "Since when, and why", "/article/<article:id>",
          "/article/withdrawn", "house"),
    State("why-not-form", "Why is it not found?", "The question", "/why-not", "/why-not?q=press"),
    State("why-not", "Why it is not found", "Which conditions an article does not meet", "/why-not",
          PAGES["why-not"]),
    State("names", "Names in every spelling", "Which names find each other", "/names", "/names", "house"),
    State("names-none", "No names yet", "The archive has no file of them", "/names", "/names"),
    State("calendar", "Calendar", "A year by its days, the darker the more appeared", "/calendar/<year>",
          PAGES["calendar"]),
    State("calendar-empty", "A year without articles", "The way to the years that have some", "/calendar/<year>",
          PAGES["calendar-empty"]),
    State("sections", "Sections", "All of them, as they are ordered", "/sections", PAGES["sections"]),
    State("authors", "Authors", "From A to Z", "/authors", PAGES["authors"]),
    State("on-this-day", "On this day", "What appeared on one day of the year, in each year", "/on-this-day/<day>",
          PAGES["on-this-day"]),
    State("on-this-day-empty", "A day without articles", "That nothing appeared on it", "/on-this-day/<day>",
          "/on-this-day/02-29"),
    State("coverage-form", "Comparing coverage", "Up to four searches are asked for", "/coverage",
          PAGES["coverage-form"]),
    State("coverage", "Coverage", "Four searches on one timeline, and what goes with each", "/coverage",
          PAGES["coverage"]),
    State("coverage-shares", "Coverage as shares", "How much of the archive was about each", "/coverage",
          PAGES["coverage-shares"]),
    State("coverage-wrong", "A comparison that cannot be read", "What is wrong, beside each search and date",
          "/coverage", "/coverage?q=press&q=%28%28&from=199x"),
    State("cite", "Citation", "How an article is cited, to copy or as a file", "/cite", PAGES["cite"]),
    State("marked-none", "No marks", "How to mark an article", "/marked", PAGES["marked"]),
    State("marked", "Marked articles", "Kept in the browser alone, to be taken away", "/marked", PAGES["search"],
          act=_mark_two),
    State("save", "Saving a search", "Its link and its feeds", "/save", PAGES["save"],
          settled={".saved-address": f"{PUBLIC}/saved?q=press&section=History&saved=2024-07-03T09:30:00Z&key=…"}),
    State("saved", "A saved search", "What has come since it was saved", "/saved", "/saved?{link}&since=2000-01-01",
          "house"),
    State("saved-nothing", "A saved search without news", "That it waits", "/saved", "/saved?{other}", "house",
          settled={".tally time": "2024-07-03 09:30 UTC"}),
    State("desk", "The editors’ desk", "Where a draft or an article is put in", "/desk", "/desk", "house"),
    State("desk-draft", "A draft at the desk", "Related pieces, why they are related, and links to take along",
          "/desk", "/desk", "house", act=_draft),
    State("desk-article", "An article at the desk", "Pieces to pin and to block, and those that are", "/desk",
          "/desk?id=1984/caxton-at-westminster", "house"),
    State("desk-problem", "An address that the desk does not know", "What to do instead, beside the field", "/desk",
          "/desk?address=https://elsewhere.example/", "house"),
    State("desk-links", "Links from the desk", "To be copied where no script can copy them", "/desk/links",
          f"/desk?id={GUTENBERG}", "house", act=_links),
    State("desk-queries", "What readers look for", "What they ask most, and what they do not find", "/desk/queries",
          "/desk/queries?days=7", "house"),
    State("desk-queries-none", "Nobody has asked yet", "That there are no counts in these days", "/desk/queries",
          "/desk/queries?days=7", "desk"),
    State("desk-variant", "Another spelling", "How the archive writes what readers did not find",
          "/desk/queries/variant", "/desk/queries/variant?q=karabah", "house"),
    State("desk-variant-added", "A spelling for an archive without a file", "What to write, and where",
          "/desk/queries/variant", "/desk/queries/variant?q=karabah", "desk", act=_spelling),
    State("judge", "Judging", "The query whose answers are to be judged", "/desk/judge", "/desk/judge", "house"),
    State("judge-query", "Answers to judge", "Which articles are good answers, and which are bad ones", "/desk/judge",
          "/desk/judge?q=press", "house"),
    State("judgements", "Judged queries", "How much is judged, to measure the ranking by", "/desk/judgements",
          "/desk/judgements", "house"),
    State("judgements-none", "Nothing is judged yet", "How to begin", "/desk/judgements", "/desk/judgements", "desk"),
    State("key-off", "The key is off", "The foot of every page says so, and turns it on", "/marked", PAGES["marked"],
          act=_key_off),
    State("error-query", "A query that cannot be understood", "Where the mistake is, and the way on", "",
          PAGES["error-query"]),
    State("error-parameter", "An address that cannot be understood", "What was meant, if that can be told", "",
          PAGES["error-parameter"]),
    State("error-missing", "An article that is not there", "Searches that may find it", "", PAGES["error-missing"]),
)  # fmt: skip
"""All of them, in the order in which a reader meets them."""

WITHOUT_STATE: Final = {
    "/calendar": "leads to the newest year",
    "/on-this-day": "leads to the present day",
    "/desk/choices": "leads back to the desk",
}
"""Routes for people that answer with no page of their own, and what they do instead."""
