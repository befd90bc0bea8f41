"""Lists within a sentence, whose items may be markup."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from search.translation import speaking
from webui.listing import listed_markup


def in_bdi(text: str) -> Markup:
    return Markup("<bdi>{}</bdi>").format(text)


def test_markup_stays_and_what_is_none_is_escaped() -> None:
    assert listed_markup(["a<b", Markup("<i>c</i>")]) == "a&lt;b and <i>c</i>"
    assert listed_markup(["a<b", "c", "{0}"], in_bdi) == ("<bdi>a&lt;b</bdi>, <bdi>c</bdi> and <bdi>{0}</bdi>")
    assert isinstance(listed_markup(["a"]), Markup)
    assert listed_markup([]) == ""


@pytest.mark.parametrize(
    ("language", "both", "either"),
    [
        ("en", "<bdi>{0}</bdi>, <bdi>b</bdi> and 3 more", "{0} or b"),
        ("de", "<bdi>{0}</bdi>, <bdi>b</bdi> und 3 more", "{0} oder b"),
        ("tr", "<bdi>{0}</bdi>, <bdi>b</bdi> ve 3 more", "{0} veya b"),
        ("ar", "<bdi>{0}</bdi> و<bdi>b</bdi> و3 more", "{0} أو b"),
    ],
)
def test_the_language_says_what_stands_between(language: str, both: str, either: str) -> None:
    with speaking(language):
        assert listed_markup(["{0}", "b"], in_bdi, more=["3 more"]) == both
        assert listed_markup(["{0}", "b"], style="or") == either
