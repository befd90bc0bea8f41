"""What `/llms.txt` tells agents, and that what it tells is so."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from flask.testing import FlaskClient

from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app

LINK = re.compile(r"^- \[[^\]]+\]\((\S+)\): \S", re.MULTILINE)


def test_it_has_the_form_that_agents_expect(client: FlaskClient) -> None:
    response = client.get("/llms.txt")
    assert (response.status_code, response.mimetype) == (200, "text/plain")
    lines = response.text.split("\n")
    assert (lines[0], lines[2][:2]) == ("# The Test Gazette", "> ")
    assert [line for line in lines if line.startswith("## ")] == ["## Endpoint", "## Feeds and lists", "## Optional"]
    rows = [line for line in lines if line.startswith("- ")]
    assert len(rows) == len(LINK.findall(response.text)) == 14


def test_every_address_that_it_names_answers(client: FlaskClient) -> None:
    for address in LINK.findall(client.get("/llms.txt").text):
        path = urlsplit(address)._replace(scheme="", netloc="").geturl().replace("{id}", "1")
        with client.get(path, follow_redirects=True) as answer:
            assert answer.status_code == 200, path


def test_its_addresses_are_those_that_readers_use_in_every_language() -> None:
    settings = Settings.model_validate({"public_url": "https://news.example/archive", "index": "memory:"})
    client = create_app(settings, MemoryEngine("")).test_client()
    text = client.get("/archive/llms.txt").text
    assert all(address.startswith("https://news.example/archive/") for address in LINK.findall(text))
    assert client.get("/archive/tr/llms.txt").text == text


def test_it_is_there_before_the_first_article_is() -> None:
    client = create_app(Settings.model_validate({"index": "memory:"}), MemoryEngine("")).test_client()
    assert client.get("/llms.txt").status_code == 200
