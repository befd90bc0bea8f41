"""Names of authors: tidied where nothing can go wrong, and never made one with another person's."""

from __future__ import annotations

import pytest

from index.authors import tidy_authors


@pytest.mark.parametrize(
    ("name", "tidy"),
    [
        ("By Ada Lovelace", "Ada Lovelace"),
        ("BY ADA LOVELACE", "ADA LOVELACE"),
        ("by: Ada  Lovelace ", "Ada Lovelace"),
        ("By", "By"),
        ("Byron", "Byron"),
        ("Lord Byron", "Lord Byron"),
        ("J.R. Doe", "J.R. Doe"),
        ("J. R. Doe", "J. R. Doe"),
        ("VAN DER BERG", "VAN DER BERG"),
        ("bell hooks", "bell hooks"),
    ],
)
def test_only_a_leading_by_and_spaces_go(name: str, tidy: str) -> None:
    assert tidy_authors([name]) == (tidy,)


def test_a_name_in_capitals_yields_to_the_same_name_in_small_letters() -> None:
    assert tidy_authors(["ADA MCDONALD", "John Doe", "Ada McDonald", "ada mcdonald"]) == ("Ada McDonald", "John Doe")
    assert tidy_authors(["Ada McDonald", "ADA MCDONALD"]) == ("Ada McDonald",)


def test_names_that_differ_by_more_than_case_are_different_people() -> None:
    names = ("J. Doe", "J Doe", "John Doe", "Jöhn Doe")
    assert tidy_authors(names) == names


def test_empty_names_are_none() -> None:
    assert tidy_authors(["", " ", "\n"]) == ()
