"""Readers of several languages ask one process in turns, and none is answered in the words of another."""

from __future__ import annotations

import functools
import gc
import re
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import pytest
from conftest import with_sample
from flask.testing import FlaskClient

from search.engines import open_engine
from search.engines.protocols import Engine
from search.periods import Interval, number_of
from search.settings import Settings
from search.translation import LANGUAGES, speaking
from webui import create_app
from webui.chart_axis import WIDTHS, labelled, tick_label

ARTICLE = "/article/1978/gutenberg-at-mainz"
PAGES = [
    "/",
    "/search",
    "/search?q=press",
    "/search?q=printing+press+newspaper+telegraph",
    "/search?q=press&bars=share",
    "/search?q=press&from=1970&to=1979",
    "/search?q=press&from=1978-01-01&to=1978-03-05",
    "/search?year=1978&year=1979&author=-Nobody&section=History&section=Press&tag=*",
    "/search?author=__missing__",
    "/search?per_page=2&page=2",
    "/search?per_page=2&page=99",
    "/search?q=xylophonist&lang=en",
    "/search?q=prestn",
    "/search?q=title:(",
    "/search?q=press&from=1999-13-77&to=whenever",
    "/search?q=press&from=1999&to=1998",
    "/search?per_page=none",
    "/facet/author?q=press",
    "/facet/tag",
    "/facet/lang",
    ARTICLE,
    f"{ARTICLE}?q=press",
    f"/why-not?q=telegraph&article={ARTICLE}",
    f"/desk?address=http://localhost{ARTICLE}",
    "/desk",
    "/desk/judge?q=press",
    "/desk/judgements",
    "/coverage?q=press&q=telegraph&bars=share",
    "/calendar",
    "/calendar/none",
    "/sections",
    "/authors",
    "/on-this-day/07-03",
    "/names",
    "/marked",
    "/cite?id=1978/gutenberg-at-mainz&id=gone",
    "/save?q=press",
    "/nowhere",
    "/article/nothing",
    "/search.atom?q=press",
    "/search.rss?q=press&year=1978",
    "/search.json?q=press",
    "/opensearch.xml",
    "/suggest?q=pr&format=opensearch",
]
LETTER = 0.45
"""What a letter of a label takes on the average, in rem."""
_MOMENTARY = re.compile(r"made=[^&\"<]+|signature=[\w-]+")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return with_sample(open_engine("memory:"))


def client_of(engine: Engine) -> FlaskClient:
    """A client of a site that has answered nothing yet, in a process that remembers nothing."""
    for each in gc.get_objects():
        if isinstance(each, functools._lru_cache_wrapper) and each.__module__.partition(".")[0] in ("search", "webui"):
            each.cache_clear()
    return create_app(Settings(desk=True), engine).test_client()


def asked(client: FlaskClient, language: str, page: str) -> str:
    answer = client.get(("" if language == "en" else f"/{language}") + page)
    return f"{answer.status_code} {_MOMENTARY.sub('', answer.text)}"


def answers(client: FlaskClient, languages: Iterator[str] | tuple[str, ...]) -> dict[tuple[str, str], str]:
    return {(language, page): asked(client, language, page) for page in PAGES for language in languages}


def test_no_page_has_words_that_were_remembered_for_another_language(engine: Engine) -> None:
    alone: dict[tuple[str, str], str] = {}
    for language in LANGUAGES:
        alone |= answers(client_of(engine), (language,))
    one_after_the_other = answers(client_of(engine), tuple(LANGUAGES))
    backwards = answers(client_of(engine), tuple(reversed(LANGUAGES)))
    for key, expected in alone.items():
        assert one_after_the_other[key] == expected, key
        assert backwards[key] == expected, key


@pytest.mark.parametrize(
    ("language", "labels"),
    [
        ("en", ["14 Nov", "Nov 2024", "1980s"]),
        ("de", ["14. Nov.", "Nov. 2024", "1980er"]),
        ("tr", ["14 Kas", "Kas 2024", "1980'ler"]),
        ("az", ["14 noy", "noy 2024", "1980-ci illər"]),
        ("ar", ["14 نوفمبر", "نوفمبر 2024", "عقد 1980"]),
    ],
)
def test_the_axis_names_periods_as_the_language_does(language: str, labels: list[str]) -> None:
    day = date(2024, 11, 14)
    with speaking(language):
        assert [
            tick_label("day", number_of("day", day)),
            tick_label("month", number_of("month", day)),
            tick_label("decade", 198),
        ] == labels


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize(("interval", "buckets"), [("day", 31), ("month", 36), ("decade", 14)])
def test_labels_fit_side_by_side_in_every_language(
    language: str, width: float, interval: Interval, buckets: int
) -> None:
    first = number_of(interval, date(1902, 8, 20))
    with speaking(language):
        labels = [tick_label(interval, number) for number in range(first, first + buckets)]
        chosen = labelled(interval, first, labels, width)
    assert chosen
    longest = max(map(len, labels)) * LETTER
    slot = width / buckets
    assert all((after - before) * slot > longest for before, after in pairwise(chosen))
    assert all(longest / 2 <= (place + 0.5) * slot <= width - longest / 2 for place in chosen)
