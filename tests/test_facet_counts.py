"""Every count is what the reader finds who clicks on it: asked of each engine, by the addresses that answers give."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from archives import fill
from flask.testing import FlaskClient
from lxml import html as lxml_html

from search.document import Document
from search.engines.protocols import Engine
from search.request.facets import DATE, FACETS
from search.settings import Settings
from webui import create_app

SECTIONS = ("News", "News > Economy", "News > Economy > Trade", "News > World", "Opinion", "Newsroom")
FACET_LIST = ",".join(FACETS)
SHAPES = (
    "q=flood", "q=flood+bridge&op=or", "q=flood+bridge+river", "q=flood&group=story", "", "q=-river",
    "from=2021&to=2023", "q=flood&tag=a&tag_op=or", "section=News&section=Opinion",
    "section=News+%3E+Economy&section_op=or", "tag=-_missing", "author=Ann&author=Bob&author_op=and",
    "year=2021&year=2022&month=2021-03", "section=News+%3E+World&tag=_missing",
    "section=News+%3E+Economy&section=News+%3E+World&section_op=and", "tag=-a&lang=en",
    "tz=Pacific/Chatham&year=2022",
)  # fmt: skip


def papers() -> Iterator[Document]:
    """Articles that have some values alike, near-copies of each other, and dates around midnight."""
    choice = random.Random(11)

    def some(values: tuple[str, ...], most: int) -> tuple[str, ...]:
        return tuple(sorted(choice.sample(values, choice.randint(0, most))))

    for number in range(80):
        moment = datetime(2020, 12, 31, 23, 30, tzinfo=UTC) + timedelta(days=choice.randint(0, 900), hours=number % 24)
        yield Document(
            f"{number}",
            " ".join(some(("flood", "bridge", "river"), 3)) or "note",
            sections=some(SECTIONS, 3),
            authors=some(("Ann", "Bob", "Əli"), 2),
            tags=some(("a", "b", "c", "d", "e"), 4),
            language=choice.choice(("en", "de", "")),
            type=choice.choice(("article", "letter", "")),
            published=choice.choice((None, moment, moment.date(), date(2022, 3, choice.randint(1, 31)))),
            fingerprint=choice.choice((1, 2**40, 2**63, 0)),
        )


@pytest.fixture
def reader(engine: Engine) -> FlaskClient:
    """Somebody at a site over those articles."""
    return create_app(Settings(), fill(engine, *papers())).test_client()


def answer(client: FlaskClient, address: str) -> Any:
    response = client.get(address)
    assert response.status_code == 200, (address, response.text)
    return response.json


def clicks(found: Any) -> list[tuple[str, int, str]]:
    """What can be clicked on in the facets: the address, the count beside it, and which it is."""
    rows = []
    for facet in found["facets"]:
        values = [value for value in facet["values"] if not value["selected"]]
        rows += [(value["toggle_url"], value["count"], f"{facet['name']} {value['value']}") for value in values]
        if facet["missing_url"] and not any(value["value"] == "_missing" for value in facet["values"]):
            rows.append((facet["missing_url"], facet["missing"], f"{facet['name']} missing"))
    return rows


def walk(client: FlaskClient, address: str, seed: int, steps: int = 3, looked_at: int = 7) -> int:
    """Clicks about from that search on; at each step some counts are compared with what their links find."""
    choice, compared = random.Random(seed), 0
    for _ in range(steps):
        found = answer(client, address)
        rows = clicks(found)
        for link, count, name in choice.sample(rows, min(looked_at, len(rows))):
            assert answer(client, link)["total"] == count, (address, name)
            compared += 1
        others = [facet["join_url"] for facet in found["facets"] if facet["join_url"]]
        if not rows and not others:
            return compared
        address = (
            choice.choice(others) if others and choice.random() < 0.4 else choice.choice(rows or [(others[0],)])[0]
        )
    return compared


@pytest.mark.parametrize("shape", SHAPES)
def test_a_count_is_what_the_click_finds_wherever_the_reader_has_got_to(reader: FlaskClient, shape: str) -> None:
    compared = sum(walk(reader, f"/api/v1/search?{shape}&facets={FACET_LIST}&per_page=1", seed) for seed in range(4))
    assert compared > 25


def test_a_selected_value_counts_the_hits_that_have_it(reader: FlaskClient) -> None:
    for joined in ("and", "or"):
        found = answer(reader, f"/api/v1/search?tag=a&tag=b&tag_op={joined}&per_page=100")
        [facet] = [facet for facet in found["facets"] if facet["name"] == "tag"]
        assert facet["joined"] == joined
        for value in facet["values"][:2]:
            assert value["selected"]
            assert value["count"] == sum(value["value"] in hit["tags"] for hit in found["hits"]) > 0


def test_a_page_of_values_counts_what_the_click_finds(reader: FlaskClient) -> None:
    for name in sorted({*FACETS} - {DATE}):
        for shape in ("q=flood&tag=a&author=Ann", "tag=a&tag=b&tag_op=and&section=News", "tag=a&tag=b&year=2021"):
            found = answer(reader, f"/api/v1/facets/{name}?{shape}")
            assert found["matching"] == len(found["values"])
            assert found["total"] == answer(reader, found["links"]["search"])["total"]
            for value in [value for value in found["values"] if not value["selected"]][:4]:
                assert answer(reader, value["toggle_url"])["total"] == value["count"], (name, shape, value["value"])


def test_the_page_shows_the_counts_that_the_endpoint_gives(reader: FlaskClient) -> None:
    for shape in ("q=flood", "q=flood&tag=a&tag=b&tag_op=and", "tag=a&tag=b", "month=2022-03&group=story"):
        page = lxml_html.fromstring(reader.get(f"/search?{shape}").text)
        rows = page.cssselect(".facets a.choice:not(.chosen)")
        assert len(rows) > 8
        for row in random.Random(3).sample(rows, 9):
            there = lxml_html.fromstring(reader.get(row.get("href")).text)
            [tally] = there.cssselect(".search-head .tally")
            total = re.search(r"[\d,]+", tally.text_content())
            [count] = row.cssselect(".choice-count")
            assert total is not None
            assert total[0] == count.text, (shape, row.text_content())
