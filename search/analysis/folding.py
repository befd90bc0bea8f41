"""Folding: one spelling for letters that readers regard as the same, across case, diacritics, width and quotes.

`fold` is applied to every indexed word and every word of a query, so after a change here, indexes must be rebuilt.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

LETTERS: Final[dict[str, str]] = {
    # Latin letters that Unicode does not decompose, so stripping marks does not change them.
    "ə": "e",  # Azerbaijani; typed as e on keyboards without ə (Əliyev, Eliyev)
    "ǝ": "e",  # the same shape in West African orthographies, often typed instead
    "ı": "i",  # Turkish dotless i, elsewhere typed as i (Diyarbakır); İ loses its dot as a diacritic
    "ø": "o",  # Danish, Norwegian; elsewhere typed as o (Jørgen, Jorgen)
    "ł": "l",  # Polish: Łódź, Lodz
    "đ": "d",  # Vietnamese and South Slavic: Đoković, Dokovic
    "ð": "d",  # Icelandic eth: Davíð, David
    "þ": "th",  # Icelandic thorn: Þór, Thor
    "æ": "ae",  # written ae where the letter is not available
    "œ": "oe",  # French ligature: œuvre, oeuvre
    "ŋ": "ng",  # Sámi and West African eng
    "ħ": "h",  # Maltese
    "ŧ": "t",  # Northern Sámi
    "ĸ": "k",  # old Greenlandic
    "ɓ": "b",  # Hausa hooked letters, usually typed without the hook
    "ɗ": "d",
    "ƙ": "k",
    "ƴ": "y",
    "ɛ": "e",  # Ewe, Twi, Dagbani
    "ɔ": "o",
    "ɖ": "d",
    "ƒ": "f",
    "ɣ": "g",
    "ɨ": "i",
    "ʉ": "u",
    # Arabic script: letters that keyboards or writing habits confuse.
    "ی": "ي",  # Persian and Urdu yeh
    "ى": "ي",  # Arabic final yeh without dots
    "ک": "ك",  # Persian kaf
    "ة": "ه",  # teh marbuta, written as heh on much of the web
    "ٱ": "ا",
    "ـ": "",  # tatweel, which only stretches a word
    # Case folding handles the Greek final sigma; Catalan ŀ and l·l lose their dot.
    "·": "",
}
"""The letters that Unicode's decomposition does not fold, and why they are folded. Case folding turns ß into ss."""

QUOTES: Final[dict[str, str]] = {
    **dict.fromkeys("‘’‚‛′ʼʻʹ＇`´", "'"),
    **dict.fromkeys("“”„‟″«»‹›＂", '"'),
    **dict.fromkeys("‐‑‒−", "-"),
}

IGNORED: Final = (
    "\u00ad"  # soft hyphen: where a line may break
    "\u200c\u200d\u2060\ufeff\u180e"  # joiners: how letters connect, not which
    "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # direction marks
    "\u034f\u115f\u1160\u3164\uffa0"  # fillers that show nothing
    + "".join(map(chr, range(0xFE00, 0xFE10)))  # variation selectors
)
"""Characters that mean nothing inside a word; they are dropped."""

# й, ї, ў, ѓ and ќ are letters of their own, in endings that stemmers depend on (мой is not мои).
# ё is printed as е in most Russian texts, so its dots are stripped, and so are stress marks.
_STRIPPED = re.compile(
    "[\u0300\u0302-\u0305\u0307\u0309-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"  # Arabic vowel signs
    "|(?<![иу])\u0306|(?<!і)\u0308|(?<![гк])\u0301"
)


_OTHER_DIGITS = re.compile(r"[^\D0-9]")
_DROPPED = str.maketrans("", "", IGNORED)
_TABLE = str.maketrans({**LETTERS, **QUOTES})


def fold(text: str) -> str:
    """`text` in lower case, without diacritics, in NFKC, with quotes, hyphens and digits in ASCII.

    Marks are stripped from Latin, Greek, Cyrillic, Hebrew and Arabic letters only: the vowel signs of Indic and
    South-East Asian scripts and the voicing marks of kana are part of the word. Folding twice changes nothing.
    The length may change, so offsets in the original text do not apply to the result.
    """
    if text.isascii() and "`" not in text:  # of the characters in QUOTES and LETTERS, the only one in ASCII
        return text.lower()
    for _ in range(2):  # case folding may produce characters that NFKC decomposes, and the reverse
        text = unicodedata.normalize("NFKC", text.translate(_DROPPED)).casefold()
    text = _STRIPPED.sub("", unicodedata.normalize("NFD", text))
    text = _OTHER_DIGITS.sub(_ascii_digit, text.translate(_TABLE))
    return unicodedata.normalize("NFKC", text)


def _ascii_digit(match: re.Match[str]) -> str:
    return str(unicodedata.decimal(match.group()))
