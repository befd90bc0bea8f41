"""An article is laid out in the direction of its language, or of its title where no language is known."""

from __future__ import annotations

import pytest

from webui.direction import direction


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("ar", "OpenAI", "rtl"),
        ("fa-IR", "x", "rtl"),
        ("he", "x", "rtl"),
        ("AR_EG", "x", "rtl"),
        ("az-Arab", "x", "rtl"),
        ("ku-Arab-IQ", "x", "rtl"),
        ("ar-Latn", "x", "ltr"),
        ("en", "العبارة", "ltr"),
        ("tr", "x", "ltr"),
        ("zh-Hant", "x", "ltr"),
        ("", "العبارة تعمل", "rtl"),
        ("", "2024: العبارة", "rtl"),
        ("", "«שלום»", "rtl"),
        ("", "The العبارة", "ltr"),
        ("", "Çıkış", "ltr"),
        ("", "1234 …", "ltr"),
        ("", "", "ltr"),
    ],
)
def test_the_language_decides_and_else_the_first_letter(language: str, text: str, expected: str) -> None:
    assert direction(language, text) == expected
