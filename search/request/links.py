"""How the library asks for addresses: it knows what to link, the site knows how its addresses look."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from search.request.request import Conditions, SearchRequest


class LinkMaker(Protocol):
    """Makes absolute paths.

    The same request always gives the same address: parameters in one order, defaults left out.
    """

    def search(self, request: SearchRequest) -> str:
        """The rendering being made (JSON links to JSON, pages to pages)."""
        ...

    def searches(self, request: SearchRequest, conditions: Iterable[Conditions]) -> list[str]:
        """`search(request.under(each))` for each of the conditions, at little more than the price of one."""
        ...

    def articles(self, ids: Iterable[str], request: SearchRequest, position: int | None) -> list[str]:
        """`article` for each of the hits, the first of which is at that place, at little more than the price of one."""
        ...

    def rendering(self, name: str, request: SearchRequest) -> str:
        """The same search as `html`, `atom`, `feed` or `csv`."""
        ...

    def article(self, id: str, request: SearchRequest | None = None, position: int | None = None) -> str:
        """The article's page; with `request`, the page that marks its words and knows the way back;
        `position` is its place among the hits, from 0, for the links to the previous and the next one."""
        ...
