"""The compiled kernel and the code in Python write the same index, and the kernel refuses columns that do not fit."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from array import array
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import index
from index.fingerprint import MIN_WORDS, fingerprint, minhash_of_words, words_of
from search.analysis.bulk import FragmentTable
from search.analysis.compiled import fragment_table
from search.engines.disk.writing.inversion import FieldFragments, Postings, TokenTables, invert, invert_arrays
from search.native import kernel

pytestmark = pytest.mark.skipif(kernel is None, reason="there is no compiled kernel")

SAMPLE = Path(index.__file__).parent / "sample"
_WORDS = (
    "war",
    "wars",
    "post-war",
    "said,",
    "“said”",
    "it’s",
    "a-b-c-d-e",
    "1,234.5",
    "café",
    "",
    "--",
    "東京都",
    "a-a",
)


def segments_of(folder: Path, **environment: str) -> list[bytes]:
    command = [sys.executable, "-m", "search", "index", str(SAMPLE), "--index", str(folder), "--workers", "1"]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, **environment})
    return sorted(path.read_bytes() for path in folder.glob("*.segment"))


def test_an_index_is_the_same_byte_for_byte_without_the_kernel(tmp_path: Path) -> None:
    compiled = segments_of(tmp_path / "compiled")
    assert len(compiled) == 1
    assert compiled == segments_of(tmp_path / "pure", BACKFILE_PURE="1")


def tables_of(articles: list[list[str]]) -> tuple[FieldFragments, TokenTables]:
    fragments = fragment_table()
    field = FieldFragments()
    for doc, values in enumerate(articles):
        for value in values:
            start = len(field.fragments)
            fragments.read(value, "en", field.fragments)
            field.close(doc, start)
    return field, TokenTables.of(fragments, np.arange(len(fragments.word_keys()), dtype=np.uint32)[::-1])


def arrays_of(postings: Postings) -> list[tuple[str, list[int]]]:
    columns = [getattr(postings, name) for name in Postings.__dataclass_fields__]
    return [(str(column.dtype), column.tolist()) for column in columns]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.lists(st.sampled_from(_WORDS), max_size=8).map(" ".join), max_size=3), max_size=6))
def test_inversion_gives_the_same_arrays_as_numpy(articles: list[list[str]]) -> None:
    field, tables = tables_of(articles)
    assert arrays_of(invert(field, tables, len(articles))) == arrays_of(invert_arrays(field, tables, len(articles)))


def test_a_fragment_whose_tokens_are_not_in_order_is_left_to_numpy() -> None:
    field = FieldFragments()
    field.fragments.append(1)
    field.close(0, 0)
    starts, sizes, advances = (np.array(column, np.uint32) for column in ([0, 0], [0, 2], [0, 2]))
    tables = TokenTables(starts, sizes, advances, np.zeros(2, np.uint32), np.array([1, 0], np.uint32))
    assert invert(field, tables, 1).positions.tolist() == [0, 1]


COLUMNS = ([1, 1], [0, 1], [1, 1], [0, 0, 1], [0, 1], [0], [0])
"""Fragments, docs, sizes, starts, advances, words, aheads: one word in each of two articles."""


@pytest.mark.parametrize(
    ("place", "values"),
    [(0, [2, 1]), (0, [1]), (1, [0, 2]), (1, [1, 0]), (2, [1, 2]), (2, [1]), (3, [0, 2, 1]), (3, [0, 0, 9]), (3, []),
     (4, []), (5, [1]), (5, []), (6, [])],
)  # fmt: skip
def test_columns_that_do_not_belong_together_are_refused(place: int, values: list[int]) -> None:
    assert kernel is not None
    columns = [array("I", column) for column in COLUMNS]
    assert kernel.invert(*columns, 2, 1, 100, 1000)[2] == array("I", [0, 1]).tobytes()
    columns[place] = array("I", values)
    with pytest.raises(ValueError, match="belong together"):
        kernel.invert(*columns, 2, 1, 100, 1000)


@pytest.mark.parametrize(
    "field", [([1], [0, 1], [0]), ([0], [0, 2], [0]), ([0], [1, 1], [0]), ([0], [0, 1], [7]), ([0], [0], [])]
)
def test_postings_beyond_the_articles_or_words_are_refused(field: tuple[list[int], list[int], list[int]]) -> None:
    assert kernel is not None
    words, starts, docs = field
    columns = array("I", words), array("Q", starts), array("I", docs)
    with pytest.raises(ValueError, match="belong together"):
        kernel.articles_of(array("I", [0]), columns, 1, 2)


def _in_numpy(text: str) -> int:
    words = words_of(text)
    if len(words) < MIN_WORDS:
        return 0
    return minhash_of_words(np.array([crc32(word.encode()) for word in words], np.uint32))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abAB_01 .,\n-'\x00\x7féßİ東カ한\u0301\u00ad😀𠀀", max_size=400))
def test_a_fingerprint_is_the_same_as_in_numpy(text: str) -> None:
    assert fingerprint(text) == _in_numpy(text)
    assert fingerprint(f"{text} {text.upper()}") == _in_numpy(f"{text} {text.upper()}")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="abZ_0 .\n-éÉßÀÿ×÷´µªº¼½§«»\xa0–—‗’“”…‼€™\u0301ŒĀ", max_size=200))
def test_a_fingerprint_of_latin_letters_is_the_same_as_in_numpy(text: str) -> None:
    text = unicodedata.normalize("NFC", text)
    for letters in (text, "".join(letter for letter in text if letter not in "´µªº¼½‗‼™\u0301ŒĀ")):
        words = f"{letters} " * 20
        assert fingerprint(words) == _in_numpy(words)


def test_the_fingerprint_of_a_long_text_is_the_same_as_in_numpy() -> None:
    for accent in ("", "é"):
        text = " ".join(f"word{number * number % 7_919}{accent}" for number in range(5_000))
        assert fingerprint(text) == _in_numpy(text) != 0


def test_a_fragment_that_the_kernel_does_not_have_cannot_be_copied() -> None:
    assert kernel is not None
    with pytest.raises(IndexError):
        kernel.Fragments(1).copy(1, 0)


def _words_read(table: FragmentTable, texts: list[str]) -> list[str]:
    """The words that a table makes of texts, read one after the other."""
    numbers = array("I")
    for text in texts:
        table.read(text, "en", numbers)
    keys, columns = table.word_keys(), table.columns()
    starts, words = columns.starts, columns.words
    return [keys[words[token]] for number in numbers for token in range(starts[number], starts[number + 1])]


@given(st.lists(st.lists(st.sampled_from(_WORDS) | st.text("aé-", min_size=1, max_size=90), max_size=60), max_size=4))
def test_texts_of_any_length_have_the_same_words_as_in_python(texts: list[list[str]]) -> None:
    joined = [" ".join(text) for text in texts]
    assert _words_read(fragment_table(), joined) == _words_read(FragmentTable(), joined)


@pytest.mark.parametrize("size", [1, 7, 8, 9, 15, 16, 17, 39, 40, 41, 160, 161])
def test_words_that_share_all_but_their_last_letter_are_told_apart(size: int) -> None:
    texts = [" ".join("a" * (size - 1) + last for last in letters) for letters in ("xyz" * 20, "zyxw" * 20)]
    assert _words_read(fragment_table(), texts) == _words_read(FragmentTable(), texts)
