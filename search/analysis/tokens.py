"""Tokenization: the same for articles, queries and highlighting, so that what is indexed can be found and marked.

    Aliyev’s post-war U.S. visit    aliyev 0, post 1, war 2 (and postwar 1), us 3, visit 4
    1,234.5 and 3,5                 1234.5, and, 3.5
    東京都                          東京 0, 京都 1, 都 2
    COP29, COP-29                   cop29; cop 0, 29 1 (and cop29 0)

A joined word gives its parts and, if there are at most MAX_JOINED, one *compound* token at the position of the first,
so that `post-war`, `post war` and `postwar` find each other. Unspaced scripts give overlapping pairs of characters,
and the last character of a run by itself, so that any single character can be found as a prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from search.analysis.folding import fold
from search.analysis.languages import STEMMERS, primary_language
from search.analysis.scripts import CONTINUES, SYLLABLE, UNSPACED_RUN, is_unspaced
from search.analysis.stemming import stem

MAX_TOKEN_LENGTH: Final = 100
"""Characters of a word that are indexed; the rest is cut off, in articles and in queries."""
MAX_JOINED: Final = 4
"""The most parts of a joined word for which a compound is indexed; longer ones are addresses and file names."""
VALUE_GAP: Final = 100
"""Positions left unused between two values of a field, so that no phrase spans both."""

_REMEMBERED_WORDS: Final = 100_000
REMEMBERED_LENGTH: Final = 40
"""Longer chunks are not cached, because they are unlikely to occur again."""


class Token(NamedTuple):
    """One indexed word. `surface` is folded; `stem` is its stem, or `surface` if the language has no stemmer.

    `start` and `end` are offsets in the original text, in characters; `position` counts words from 0.
    A `compound` has the position of its first part and does not count towards the length of a field.
    """

    surface: str
    stem: str
    start: int
    end: int
    position: int
    compound: bool = False


class Spelling(NamedTuple):
    """A token before it is stemmed. `raw` is the word as it was written, accents and all, which a stemmer goes by."""

    raw: str
    surface: str
    start: int
    end: int
    position: int
    compound: bool = False


class _Part(NamedTuple):
    """The part of a chunk that becomes one token, before stemming. `raw` keeps accents, for the stemmer."""

    raw: str
    start: int
    end: int
    unspaced: bool = False


_APOSTROPHES = "'’‘‛ʼʻʹ′＇׳״"
_HYPHENS = "\\-‐‑–"
_LETTERS = f"[^\\W_{_APOSTROPHES}]"
_WORD = f"\\w+(?:[{CONTINUES}]+\\w*)*"
_JOIN = (
    f"(?:\\.?[{_HYPHENS}{_APOSTROPHES}/&_]|\\."
    "|(?<=[lL])·(?=[lL])"  # one letter in Catalan
    "|(?<=[0-9])[,\u00a0\u202f\u2009](?=[0-9]))"
)
JOINS: Final = re.compile(f"[{_HYPHENS}{_APOSTROPHES}/&_.,·\u00a0\u202f\u2009]")
"""Characters that may join the words of a chunk. Without any, a chunk is one part, unless the script changes."""
CHUNK: Final = re.compile(f"{_WORD}(?:{_JOIN}{_WORD})*")
"""A chunk: a substring that is analysed by itself, regardless of the text around it."""
_NOT_INSIDE = "(?<![^\\W_])(?<![0-9][.,'’])"
_PART = re.compile(
    f"{_NOT_INSIDE}(?P<number>"
    "(?:[0-9]{1,3}(?:[,'’][0-9]{3})+(?:\\.[0-9]+)?"  # 1,234,567.8
    "|[0-9]{1,3}(?:\\.[0-9]{3}){2,}(?:,[0-9]+)?"  # 1.234.567,8
    "|[0-9]+(?:\\.[0-9]+|,[0-9]{1,2}))(?![.,'’]?[0-9])[^\\W\\d_]*)"  # 3.14, 3,5, 3.5bn
    f"|{_NOT_INSIDE}(?P<initials>[^\\W\\d_](?:\\.[^\\W\\d_])+)(?![^\\W_])"  # U.S.
    f"|{_LETTERS}+(?:[{CONTINUES}·]+{_LETTERS}*)*"
)
_GROUPS_OF_THREE = re.compile("[,'’](?=[0-9]{3}(?![0-9]))")
_NOT_INDEXED = re.compile(f"[^\\w.⁄{CONTINUES}]|_")  # ⁄ is what NFKC makes of ½


def analyze(text: str, language: str) -> list[Token]:
    """The tokens of `text`, in order. `language` is a tag such as "en" or "zh-TW"; "" turns stemming off."""
    return _tokens(text, _lexicon(stemmed_language(language)), 0)


def spellings(text: str) -> list[Spelling]:
    """The tokens of `text`, in order, to be stemmed by the rules of one language or several: see `stem_of`."""
    found: list[Spelling] = []
    position = 0
    for match in CHUNK.finditer(text):
        words, count = _words(match.group())
        at = match.start()
        for raw, surface, start, end, ahead, compound in words:
            found.append(Spelling(raw, surface, at + start, at + end, position + ahead, compound))
        position += count
    return found


def analyze_values(values: Sequence[str], language: str) -> list[list[Token]]:
    """The tokens of each value of one field; positions continue from value to value, VALUE_GAP apart."""
    lexicon = _lexicon(stemmed_language(language))
    lists = []
    position = 0
    for value in values:
        tokens = _tokens(value, lexicon, position)
        lists.append(tokens)
        if tokens:
            position = tokens[-1].position + 1 + VALUE_GAP
    return lists


def stemmed_language(tag: str) -> str:
    """The language code of this tag if there is a stemmer for it, else ""."""
    code = primary_language(tag)
    return code if code in STEMMERS else ""


_Entry = tuple[tuple[tuple[str, str, int, int, int, bool], ...], int]


class _Lexicon(dict[str, _Entry]):
    """A cache of chunks, with their tokens (positions and offsets relative to the chunk) and numbers of positions."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self.language = language

    def __missing__(self, chunk: str) -> _Entry:
        entry = read_chunk(chunk, self.language)
        if is_worth_remembering(chunk):
            _make_room()
            self[chunk] = entry
        return entry


_lexicons: dict[str, _Lexicon] = {}


def _lexicon(language: str) -> _Lexicon:
    return _lexicons.get(language) or _lexicons.setdefault(language, _Lexicon(language))


def _make_room() -> None:
    """Clears the cache when it is full: common words are soon back, and no usage has to be counted."""
    lexicons = list(_lexicons.values())
    if sum(map(len, lexicons)) >= _REMEMBERED_WORDS:
        for lexicon in lexicons:
            lexicon.clear()


def _tokens(text: str, lexicon: _Lexicon, position: int) -> list[Token]:
    tokens: list[Token] = []
    append = tokens.append
    for match in CHUNK.finditer(text):
        parts, count = lexicon[match.group()]
        at = match.start()
        for surface, stemmed, start, end, ahead, compound in parts:
            append(Token(surface, stemmed, at + start, at + end, position + ahead, compound))
        position += count
    return tokens


def is_worth_remembering(chunk: str) -> bool:
    """Whether the chunk is likely to occur again: it is not long, and no sentence in an unspaced script."""
    return len(chunk) <= REMEMBERED_LENGTH and not (len(chunk) > 4 and is_unspaced(chunk))


def read_chunk(chunk: str, language: str) -> _Entry:
    """The tokens of a string that `CHUNK` matches, and its number of positions.

    A token is surface, stem, start, end, position, compound; offsets and positions are relative to the chunk.
    `language` is a result of `stemmed_language`.
    """
    words, count = _words(chunk)
    tokens = [
        (surface, stem_of(raw, surface, language), start, end, position, compound)
        for raw, surface, start, end, position, compound in words
    ]
    return tuple(tokens), count


def _words(chunk: str) -> tuple[list[tuple[str, str, int, int, int, bool]], int]:
    """The fields of a `Spelling` for each token of a chunk, and its number of positions."""
    parts = list(_parts(chunk))
    found: list[tuple[str, str, int, int, int, bool]] = []
    position = 0
    for part in parts:
        surface = surface_of(part.raw)
        if surface:
            found.append((part.raw, surface, part.start, part.end, position, False))
            position += 1
    if _is_compound(chunk, parts) and len(found) == len(parts):
        compound = _compound(parts)
        if compound[1] != found[0][1]:  # cut to the same length, both would be the same word at the same position
            found.insert(1, compound)
    return found, position


def _parts(chunk: str) -> Iterator[_Part]:
    if chunk.isalnum() and not is_unspaced(chunk):
        yield _Part(chunk, 0, len(chunk))
        return
    for match in _PART.finditer(chunk):
        raw, start, end = match.group(), match.start(), match.end()
        if match["number"]:
            yield _Part(_plain_number(raw), start, end)
        elif match["initials"]:
            yield _Part(raw.replace(".", ""), start, end)
        elif is_unspaced(raw):
            yield from _unspaced_parts(raw, start)
        elif not (raw in ("s", "S") and chunk[start - 1 : start] in _APOSTROPHES and start):  # the possessive ’s
            yield _Part(raw, start, end)


def _unspaced_parts(raw: str, at: int) -> Iterator[_Part]:
    for run in UNSPACED_RUN.finditer(raw):
        start = at + run.start()
        if run["unspaced"] is None:
            yield _Part(run.group(), start, at + run.end())
            continue
        bounds = [match.span() for match in SYLLABLE.finditer(run.group())]
        for number, (first, last) in enumerate(bounds):
            end = bounds[number + 1][1] if number + 1 < len(bounds) else last
            yield _Part(run.group()[first:end], start + first, start + end, unspaced=True)


def _plain_number(raw: str) -> str:
    """The number without thousands separators and with a decimal point."""
    if raw.count(".") > 1:
        raw = raw.replace(".", "")
    return _GROUPS_OF_THREE.sub("", raw).replace(",", ".")


def _is_compound(chunk: str, parts: list[_Part]) -> bool:
    return 2 <= len(parts) <= MAX_JOINED and "," not in chunk and not any(part.unspaced for part in parts)


def _compound(parts: list[_Part]) -> tuple[str, str, int, int, int, bool]:
    raw = "".join(part.raw for part in parts)
    surface = "".join(surface_of(part.raw) for part in parts)[:MAX_TOKEN_LENGTH]
    return raw, surface, parts[0].start, parts[-1].end, 0, True


@lru_cache(maxsize=65_536)
def surface_of(raw: str) -> str:
    """The folded spelling under which a part of a chunk is indexed; "" if none of it is."""
    folded = fold(raw[:MAX_TOKEN_LENGTH])
    return (folded if folded.isalnum() else _NOT_INDEXED.sub("", folded))[:MAX_TOKEN_LENGTH]


def stem_of(raw: str, surface: str, language: str) -> str:
    """The stem under which a word is indexed: its surface where the language, or the script, has no stems.

    `raw` and `surface` are those of its `Spelling`, `language` is a result of `stemmed_language`.
    """
    if not language or (not surface.isascii() and is_unspaced(surface)):  # the surface: folding makes 一 of ㈠
        return surface
    stemmed = stem(raw[:MAX_TOKEN_LENGTH], language)
    return (stemmed if stemmed.isalnum() else _NOT_INDEXED.sub("", stemmed))[:MAX_TOKEN_LENGTH] or surface
