"""The query language's reference page says nothing that the parser and the search do not do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask

from search.errors import QuerySyntaxError
from search.query import Operator, parse
from search.query.fields import QUERY_FIELDS
from search.query.limits import MAX_CLAUSES, MAX_DEPTH, MAX_EXPANSIONS, MAX_LENGTH, MAX_SLOP
from search.query.tree import Query

PAGE = Path(__file__).resolve().parents[1] / "docs" / "reference" / "query-language.md"
TEXT = PAGE.read_text("utf-8")
BODY, _, REPAIRS = TEXT.partition("## What is repaired")
REPAIRED, _, REFUSED = REPAIRS.partition("These queries are refused")
COUNTED = re.findall(r"^\| `([^`]+)` \|.*\| ([0-9]+) \|$", BODY + REPAIRED, re.MULTILINE)
"""Each example with the number of articles that the page says it finds in the sample archive."""


def _rows(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


@pytest.mark.parametrize("example", _rows(BODY))
def test_every_example_parses_without_a_repair(example: str) -> None:
    assert parse(example).warnings == ()


@pytest.mark.parametrize(("example", "hits"), COUNTED)
def test_every_example_finds_what_the_page_says_in_the_sample_archive(
    example: str, hits: str, sample_app: Flask
) -> None:
    answer = sample_app.test_client().get("/api/v1/search", query_string={"q": example, "per_page": "0", "op": "and"})
    assert answer.status_code == 200, answer.text
    assert answer.json["total"] == int(hits) > 0


def test_every_example_has_its_number_unless_that_depends_on_the_day() -> None:
    counted = {example for example, _ in COUNTED}
    assert {example for example in _rows(BODY + REPAIRED) if example not in counted} == {"date:now-7d", "date:now-7d.."}


@pytest.mark.parametrize("example", _rows(REPAIRED))
def test_every_repair_listed_is_made_and_told(example: str) -> None:
    assert parse(example).warnings


@pytest.mark.parametrize("example", _rows(REFUSED))
def test_every_refusal_listed_is_one(example: str) -> None:
    with pytest.raises(QuerySyntaxError, match=r"\(at character [0-9]+\)$"):
        parse(example)


@pytest.mark.parametrize(("example", "reading"), re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|", REPAIRED, re.MULTILINE))
def test_repaired_queries_are_read_as_listed(example: str, reading: str) -> None:
    assert parse(example).query == parse(reading).query


def test_the_page_has_examples_of_every_kind_of_clause() -> None:
    seen = {
        kind for example in _rows(BODY) for operator in OPERATORS for kind in _kinds(parse(example, operator).query)
    }
    assert seen == {part.__name__ for part in Query.__args__}


OPERATORS: tuple[Operator, ...] = ("auto", "and")


def _kinds(query: Query) -> set[str]:
    inner = [*getattr(query, "children", ()), *([query.child] if hasattr(query, "child") else [])]
    return {type(query).__name__}.union(*map(_kinds, inner))


def test_the_page_names_every_field_and_limit() -> None:
    assert all(f"{name}:" in TEXT for name in QUERY_FIELDS)
    for limit in (MAX_LENGTH, MAX_CLAUSES, MAX_DEPTH, MAX_EXPANSIONS, MAX_SLOP):
        assert re.search(rf"\b{limit}\b", TEXT)
