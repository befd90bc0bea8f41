"""Detects the language of an article that states none, from its first few hundred characters of prose.

Function words tell that of most articles: see `index.function_words`. For the others the detector is py3langid: naive
Bayes over byte sequences (Lui and Baldwin, "langid.py", ACL 2012). Its model takes half a second to load, so that is
done for the first article that needs it. docs/explanation/languages.md has figures.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final

from index.function_words import unmistakable_language
from search.errors import ConfigError

CHARACTERS: Final = 400
"""Characters of prose that are looked at. More find no more, and lists of addresses behind the text mislead."""
ENOUGH: Final = 200
CERTAIN: Final = 0.95
"""If so many characters have a language of this probability, no more are looked at: so it is for 19 in 20 texts."""
SURE: Final = 0.6
"""The least probability of a language that is taken as detected."""
SHORT: Final = 100
SURE_IF_SHORT: Final = 0.8
"""That of texts of fewer than SHORT bytes, such as a title alone."""
MOST_READ: Final = 4 * CHARACTERS
"""Characters of the text among which prose is looked for."""

# Languages with codes of two letters, as far as the detector knows them, without Latin, Aragonese and Volapük: hardly
# any news is written in these, and short texts in other languages look like them.
_CODES: Final = """
af am ar as az ba be bg bn br bs ca cs cy da de el en eo es et eu fa fi fo fr fy ga gd gl gu ha he hi hr ht hu hy
id ig is it ja jv ka kk km kn ko ku ky lb lg ln lo lt lv mg mk ml mn mr ms mt my ne nl nn no oc om or pa pl ps pt
qu ro ru rw sa se si sk sl sn so sq sr st sv sw ta te tg th tk tl tr tt ug uk ur uz vi wa xh yo zh zu
"""
KNOWN: Final = tuple(_CODES.split())
"""The languages that can be detected."""

_SPOKEN: Final = {"yue": "zh", "wuu": "zh", "arz": "ar", "ary": "ar"}
"""What is written in these is hardly told from the written standard, which is what the archive knows."""
_NO_PROSE: Final = re.compile(r"(?<![!-~])[!-~]*[\d/\\@_=<>{}|#^`$%&+*~][!-~]*")
"""A run of ASCII with a digit or a sign in it: an address, a version, a sum, markup, code."""
_RANKED: Final = 6


@dataclass(frozen=True, slots=True)
class Detector:
    """Detects one of `languages`, codes of two letters, or of all KNOWN ones if there are none."""

    languages: tuple[str, ...] = ()

    def detect(self, title: str, body: str) -> str:
        """The language, "zh" for Chinese of any kind, or "" if it is not sure."""
        start = f"{title}\n{body[:MOST_READ]}"
        plain = unmistakable_language(start)
        if plain and (not self.languages or plain in self.languages):
            return plain
        text = prose(start)
        best, chance = self._best(text[:ENOUGH])
        if chance < CERTAIN and len(text) > ENOUGH:
            best, chance = self._best(text)
        is_short = len(text.encode("utf-8", "replace")) < SHORT
        return best if chance >= (SURE_IF_SHORT if is_short else SURE) else ""

    def _best(self, text: str) -> tuple[str, float]:
        """The most probable language, and its probability."""
        chances: defaultdict[str, float] = defaultdict(float)
        for language, chance in _identifier(self.languages).rank(text)[:_RANKED] if text else ():
            chances[_SPOKEN.get(language, language)] += chance
        return max(chances.items(), key=itemgetter(1), default=("", 0.0))


def open_detector(languages: Iterable[str]) -> Detector:
    """A detector of the languages of an archive, given as tags. Raises ConfigError for one that cannot be detected."""
    bases = (tag.partition("-")[0].lower() for tag in languages)
    codes = tuple(dict.fromkeys("no" if base == "nb" else base for base in bases))
    for code in codes:
        if code not in KNOWN:
            raise ConfigError(f"languages: {code!r} cannot be detected; these can: {', '.join(KNOWN)}")
    return Detector(codes)


def prose(text: str) -> str:
    """The first CHARACTERS of a text in one line, without words that belong to no language."""
    for most in (2 * CHARACTERS, MOST_READ):  # so many are enough for most texts
        found = " ".join(_NO_PROSE.sub(" ", text[:most]).split())[:CHARACTERS]
        if len(found) == CHARACTERS:
            break
    return found


@lru_cache(maxsize=4)
def _identifier(languages: tuple[str, ...]) -> Any:
    from numpy import ascontiguousarray
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # takes a tenth of a second, with its model

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    spoken = [code for code, standard in _SPOKEN.items() if not languages or standard in languages]
    identifier.set_languages([*(languages or KNOWN), *spoken])
    # Of this table a few hundred rows are read for each text; as it comes, it is stored by column.
    identifier.nb_ptc = ascontiguousarray(identifier.nb_ptc)
    return identifier
