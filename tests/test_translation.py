"""The site's own words in the language of the reader, and the catalogues that hold them."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from datetime import date

import pytest
from babel.messages import Catalog, Message
from babel.messages.pofile import read_po
from source_messages import ROOT, messages_of_source

from search.translation import (
    LANGUAGES,
    capitalized,
    day_in_words,
    gettext,
    language_in_words,
    listed,
    month_in_words,
    month_names,
    ngettext,
    number,
    speak,
    speaking,
    spoken,
)
from search.translation.catalogues import SOURCE_LANGUAGE, path_of

CATALOGUES = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
_VALUE = re.compile(r"%\((\w+)\)s")


# --- formats -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "day", "month", "count", "list_"),
    [
        ("en", "3 July 2024", "July 2024", "12,431", "a, b and c"),
        ("de", "3. Juli 2024", "Juli 2024", "12.431", "a, b und c"),
        ("tr", "3 Temmuz 2024", "Temmuz 2024", "12.431", "a, b ve c"),
        ("az", "3 iyul 2024", "iyul 2024", "12.431", "a, b və c"),
        ("ar", "3 يوليو 2024", "يوليو 2024", "12,431", "a وb وc"),
    ],
)
def test_dates_numbers_and_lists_are_written_as_the_language_has_them(
    language: str, day: str, month: str, count: str, list_: str
) -> None:
    with speaking(language):
        assert day_in_words(date(2024, 7, 3)) == day
        assert month_in_words(date(2024, 7, 3)) == month
        assert number(12_431) == count
        assert listed(["a", "b", "c"]) == list_
        assert len(set(month_names())) == 12


def test_languages_are_named_in_the_language_of_the_reader() -> None:
    assert language_in_words("de") == "German"
    with speaking("tr"):
        assert language_in_words("de") == "Almanca"
        assert language_in_words("xx-unknown") == "xx-unknown"


def test_a_capital_letter_keeps_its_dot_where_the_language_has_one() -> None:
    assert capitalized("iyul 2024") == "Iyul 2024"
    with speaking("az"):
        assert capitalized("iyul 2024") == "İyul 2024"


def test_a_language_is_spoken_inside_its_block_alone() -> None:
    with speaking("de"), speaking("ar"):
        assert spoken() == "ar"
    assert spoken() == "en"
    with pytest.raises(ValueError, match="does not speak"):
        speak("tlh")


# --- catalogues ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """The messages that the source has now, as `make catalogues` finds them."""
    return messages_of_source(tmp_path_factory.mktemp("catalogues"))


def _catalogue(language: str) -> Catalog:
    with path_of(language).open("rb") as file:
        return read_po(file, locale=language)


def _messages(catalogue: Catalog) -> dict[tuple[object, object], Message]:
    return {(message.context, message.id): message for message in catalogue if message.id}


def test_no_message_stands_inside_an_f_string_where_it_would_not_be_found() -> None:
    hidden = []
    for path in (path for folder in ("search", "index", "webui") for path in (ROOT / folder).rglob("*.py")):
        for text in (node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.JoinedStr)):
            calls = (node for node in ast.walk(text) if isinstance(node, ast.Call) and node.args)
            called = ((ast.unparse(call.func), call.args[0]) for call in calls)
            hidden += [
                f"{path.name}: {ast.unparse(message)}"
                for name, message in called
                if name in ("_", "gettext", "gettext_noop", "ngettext", "pgettext")
                and isinstance(message, ast.Constant)
            ]
    assert hidden == []


@pytest.mark.parametrize("language", CATALOGUES)
def test_a_catalogue_has_every_message_of_the_source_and_no_other(language: str, source: Catalog) -> None:
    assert set(_messages(_catalogue(language))) == set(_messages(source)), "run `make catalogues`"


@pytest.mark.parametrize("language", CATALOGUES)
def test_every_message_is_translated_with_all_its_values_and_no_markup_of_its_own(language: str) -> None:
    catalogue = _catalogue(language)
    for message in _messages(catalogue).values():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        english = message.id if isinstance(message.id, tuple) else (message.id,)
        assert not message.fuzzy, message.id
        assert len(forms) == (catalogue.num_plurals if len(english) > 1 else 1), message.id
        for form in forms:
            assert form, f"{language}: {message.id!r} is not translated"
            values = set(_VALUE.findall(form))
            all_values = set(_VALUE.findall(english[-1]))
            # "One article" and "no articles" may do without the number.
            assert values == all_values or (len(english) > 1 and values | {"n"} == all_values | {"n"}), form
            assert form.replace("%%", "").count("%") == len(_VALUE.findall(form)), form
            assert set(re.findall(r'[<>&"]', form)) <= set(re.findall(r'[<>&"]', english[-1])), form
            assert form.strip() == form or english[-1].strip() != english[-1], form


@pytest.mark.parametrize("language", LANGUAGES)
def test_values_are_filled_in_by_name(language: str) -> None:
    with speaking(language):
        assert gettext("no such %(thing)s in any catalogue", thing="phrase") == "no such phrase in any catalogue"
        assert ngettext("%(n)s odd", "%(n)s odds", 2, n=number(2_000)).startswith("2")


def test_english_needs_neither_the_library_nor_the_analyzers() -> None:
    code = (
        "import sys; from datetime import date; import search.errors, search.schema; from search.translation import *; "
        "gettext('a'); number(2000); listed(['a', 'b']); day_in_words(date(2024, 7, 3)); decade_in_words(1990); "
        "print([name for name in ('babel', 'search.analysis') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
