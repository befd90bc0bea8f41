"""Shortcuts for plain texts give what the rules give: the rules stand here as they read, slow and without shortcuts."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from zlib import crc32

from hypothesis import example, given
from hypothesis import strategies as st

from index.extraction.markdown import without_templates
from index.fingerprint import MAX_CHARACTERS, MIN_WORDS, fingerprint
from index.normalize import clean_block, normalize_line, normalize_text, one_line

_ODD = "\t\n\r\v\f\x00\x1b\x1c\x1f\x7f\x85\xa0\xad\u1680\u2003\u2028\u202e\u202f\u200b\u2060\u3000\ufeff\ufffe\ud800"
texts = st.text(
    st.one_of(st.sampled_from("ab  \n\n\t\r" + _ODD), st.sampled_from("aé\u0301日本、，Ⅸﬁ_-"), st.characters())
)
_WIDE = "\u2e80-\u303f\u3040-\u30ff\u3100-\u312f\u31a0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff00-\uffef"
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
_MASK = 2**64 - 1


def tidied(text: str) -> str:
    text = re.sub("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", text)
    text = re.sub(
        "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\ufeff\u202a-\u202e\u2066-\u2069\ufffe\uffff]", "", text
    )
    text = re.sub("[\ud800-\udfff]", "\ufffd", text)
    spaces = "[\t\u1680\u2000-\u200a\u205f\u3000 ]"
    text = re.sub(f"{spaces}|[ \u00a0\u202f]{{2,}}|[\u00a0\u202f](?=\n)|(?<=\n)[\u00a0\u202f]", " ", text)
    text = re.sub(" ?\n ?", "\n", re.sub(" {2,}", " ", text))
    return unicodedata.normalize("NFC", re.sub("\n{3,}", "\n\n", text)).strip()


def mixed(value: int) -> int:
    value = (value + 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)


def minhash(text: str) -> int:
    folded = unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).casefold()
    words = re.findall(rf"[{_UNSPACED}]|[^\W{_UNSPACED}]+", folded)
    hashes = [crc32(word.encode("utf-8", "replace")) for word in words]
    features = {mixed(first << 32 | second) for first, second in pairwise(hashes)}
    if len(words) < MIN_WORDS:
        return 0
    found = 0
    for bit in range(64):
        factor = mixed(bit) & 0xFFFF_FFFF | 1
        least = min((feature * factor + (feature >> 32)) & 0xFFFF_FFFF for feature in features)
        found |= (least * 0x9E3779B1 >> 31 & 1) << bit
    return found


@given(texts)
@example("\xa0\tx \t\xa0\n\t \n \n\n x")
@example("a\r\n\r\nb\r\n \r\n\r\nc  d")
def test_tidying_follows_its_rules(text: str) -> None:
    assert normalize_text(text) == tidied(text)
    assert normalize_line(text) == " ".join(tidied(text).split())


@given(texts)
@example("\u200b text\n\u200b")
@example("日\n本 \t\r\n 語\nx")
def test_blocks_and_lines_follow_their_rules(text: str) -> None:
    controls = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff\u200b\u2060\ufeff\u00ad]"
    assert clean_block(text) == re.sub(controls, "", text).strip()
    joined = re.sub(rf"(?<=[{_WIDE}])[ \t]*\r?\n[ \t]*(?=[{_WIDE}])", "", text)
    assert one_line(text) == re.sub(r"\s+", " ", joined).strip()


_WORDS = (
    "the", "The", "presses", "ran", "at", "night", "co-op", "snake_case", "1931", "Élan", "ﬁn", "日本語",
    "\ud800", "w" * 50,
)  # fmt: skip


@given(st.lists(st.sampled_from(_WORDS), max_size=80), st.sampled_from((" ", "\n", ", ", "-")))
def test_a_fingerprint_has_a_bit_of_each_least_value(words: list[str], between: str) -> None:
    assert fingerprint(between.join(words)) == minhash(between.join(words))


def test_a_fingerprint_does_not_depend_on_what_came_before() -> None:
    text = " ".join(f"word{n}" for n in range(50))
    before = fingerprint(text)
    for start in range(0, 140_000, 20_000):
        fingerprint(" ".join(f"other{n}" for n in range(start, start + 20_000)))
    assert fingerprint(text) == before == minhash(text)


def test_marks_of_generators_are_seen_however_few_there_are() -> None:
    assert without_templates("## Title {: #id}") == '## Title <a id="id"></a>'
    assert without_templates("## Title {#id}") == '## Title <a id="id"></a>'
    assert without_templates("[^1]: a note") == "-  a note"
    assert without_templates("words [^1] and") == "words  and"
    assert without_templates("`{{ x }}` {{ x }}.") == "`{{ x }}` ."
    assert without_templates("[words][label]").startswith("[words][label]\n\n[label]: ")
