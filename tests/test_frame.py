"""A frame is a template rendered once: what fills its holes stands where it belongs, whatever it is."""

from __future__ import annotations

import re
from html import escape
from html.parser import HTMLParser

from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.engines.memory.engine import MemoryEngine
from search.settings import Settings
from webui import create_app
from webui.frame import MAX_FRAMES, Frame
from webui.site import EXTENSION
from webui.wording import all_escaped, host

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(TEXTS, TEXTS)
def test_what_fills_a_hole_stands_in_each_place_of_it_and_no_other(first: str, second: str) -> None:
    frame = Frame(("a", "b"), lambda holes: f"“{holes['a']}, {holes['b']}, {holes['a']}”")
    for _ in range(2):
        filled = frame.filled({"a": first.encode(), "b": second.encode()})
        assert filled.decode() == f"“{first}, {second}, {first}”"


@given(st.lists(TEXTS, max_size=5))
def test_many_texts_are_escaped_as_each_would_be(texts: list[str]) -> None:
    assert all_escaped(texts) == [escape(text) for text in texts]


class _Texts(HTMLParser):
    """Reads the title, the heading and the typed query of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tag, self.found = "", {"title": "", "h1": ""}
        self.query = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tag = tag
        if dict(attrs).get("id") == "q":
            self.query = dict(attrs)["value"] or ""

    def handle_data(self, data: str) -> None:
        if self.tag in self.found:
            self.found[self.tag] += data

    def handle_endtag(self, tag: str) -> None:
        self.tag = "" if tag == self.tag else self.tag


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.sampled_from("<>&'\"a; {}%\\é漢"), min_size=1, max_size=20).filter(str.strip))
def test_a_query_stands_on_the_page_as_it_was_typed(client: FlaskClient, typed: str) -> None:
    response = client.get("/search", query_string={"q": typed})
    if response.status_code != 200:
        return
    page = _Texts()
    page.feed(response.get_data(as_text=True))
    assert page.query == typed
    assert typed.strip() in page.found["h1"]
    assert typed.strip() in page.found["title"]


def test_each_place_where_a_site_is_mounted_has_its_own_addresses(client: FlaskClient) -> None:
    app = client.application
    for number in range(3 * MAX_FRAMES):
        prefix = f"/at{number}"
        text = client.get("/search", environ_overrides={"SCRIPT_NAME": prefix}).get_data(as_text=True)
        assert f'href="{prefix}/openapi.json"' in text
        assert set(re.findall(r'(?:href|src|action)="(/[^/"]*)', text)) == {prefix}
    assert len(app.extensions[EXTENSION].frames) <= MAX_FRAMES


def test_sites_do_not_share_their_frames() -> None:
    for title in ("One & only", "Another"):
        text = create_app(Settings(title=title), MemoryEngine("")).test_client().get("/search").get_data(as_text=True)
        assert f"– {escape(title)}</title>" in text


def test_the_host_is_found_whatever_follows_it() -> None:
    addresses = ("https://www.a.example", "https://a.example/", "https://a.example/b//c", "https://a.example?q=/x/")
    assert {host(address) for address in addresses} == {"a.example"}
    assert host("https://u:p@a.example:8080/x") == "a.example"
    assert host(None) == host("") == ""
