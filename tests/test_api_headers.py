"""What browsers are allowed: a policy without exceptions, and pages that need none."""

from __future__ import annotations

import re
from collections import deque
from urllib.parse import quote, urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from webui.headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS

MOST_PAGES = 80
PROBES = (
    "/",
    "/search",
    "/search?q=flood",
    "/search?q=zzzz",
    "/search?q=((((&sort=best",
    "/article/1?q=river",
    "/nope",
)
SCRIPT = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>"


def _run(tree: html.HtmlElement) -> list[html.HtmlElement]:
    """The scripts that a browser runs: structured data is none."""
    return [script for script in tree.iter("script") if script.get("type") != "application/ld+json"]


def violations(page: str) -> list[str]:
    """What the policy would block on that page."""
    tree = html.fromstring(page)
    found = [f"<style> {element.text}" for element in tree.iter("style")]
    found += [f"inline script {element.text}" for element in _run(tree) if element.get("src") is None]
    found += [f"<base {element.get('href')}>" for element in tree.iter("base")]
    for element in tree.iter(html.etree.Element):
        for name, value in element.attrib.items():
            if name == "style" or name.startswith("on") or value.strip().lower().startswith("javascript:"):
                found.append(f"{element.tag} {name}={value}")
            if name in {"src", "srcset", "action", "formaction"} and not value.startswith("/"):
                found.append(f"{element.tag} {name}={value}")
        if element.tag == "link" and element.get("rel") in {"stylesheet", "icon", "manifest"}:
            found += [] if element.get("href", "").startswith("/") else [f"link {element.get('href')}"]
    return found


def links(page: str, address: str) -> list[str]:
    """The pages of this site that this one leads to."""
    found = [urljoin(address, anchor.get("href", "").partition("#")[0]) for anchor in html.fromstring(page).iter("a")]
    return [link for link in found if link.startswith("/") and re.match(r"/(?:$|search\?|article/)", link)]


def test_no_page_needs_anything_inline_or_foreign(client: FlaskClient) -> None:
    queue, seen = deque(PROBES), set(PROBES)
    kinds: set[str] = set()
    visited = 0
    while queue and visited < MOST_PAGES:
        address = queue.popleft()
        response = client.get(address, follow_redirects=True)
        assert response.status_code in {200, 400, 404}, address
        assert violations(response.text) == [], address
        visited += 1
        kinds.add(urlsplit(address).path.split("/")[1])
        fresh = [link for link in dict.fromkeys(links(response.text, address)) if link not in seen]
        seen.update(fresh)
        queue.extend(fresh)
    assert visited > 30
    assert {"", "search", "article"} <= kinds


@pytest.mark.parametrize(
    "address",
    [
        f"/search?q={quote(SCRIPT)}",
        f"/search?section={quote(SCRIPT)}",
        f"/search?{quote(SCRIPT)}=1",
        f"/search?sort={quote(SCRIPT)}",
        f"/search?q=date:{quote(SCRIPT)}",
        f"/article/{quote(SCRIPT)}",
        f"/article/1?q={quote(SCRIPT)}",
        f"/{quote(SCRIPT)}",
    ],
)
def test_markup_in_an_address_stays_text(client: FlaskClient, address: str) -> None:
    response = client.get(address)
    assert response.content_type.startswith("text/html")
    assert "<script>alert" not in response.text
    assert "<img src=x" not in response.text
    assert violations(response.text) == []


def test_a_violation_would_be_seen() -> None:
    page = '<p style="x">a</p><script>1</script><a href="javascript:1" onclick="x">b</a><img src="https://x.example/">'
    assert len(violations(page)) == 5


def test_the_policy_allows_this_site_and_nothing_inline(app: Flask) -> None:
    rules = dict(rule.split(" ", 1) for rule in CONTENT_SECURITY_POLICY.split("; "))
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert {rules[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == {"'self'"}
    for path in ("/", "/nope", "/api/v1/search", "/api/v1/search?x=1", "/readyz"):
        sent = app.test_client().get(path).headers
        assert {name: sent[name] for name in SECURITY_HEADERS} == SECURITY_HEADERS
