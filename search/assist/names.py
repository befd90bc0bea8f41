"""The names in a text, by how they are written: what a reader of the text may want to search for next.

No list of names and no model is asked. A name is a run of capitalised words within a sentence, or a word in katakana;
what is none after all has no article in the archive, or a share of them that no name has. Distinctive words are offered
too, and in scripts without spaces the runs of characters that distinctive pairs make.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final, Literal

from search.analysis import fold, is_stop_word
from search.assist.count_budget import CountBudget
from search.assist.distinctive import MAX_TEXT, DistinctiveTerm
from search.document import Document
from search.query import to_text
from search.query.tree import Phrase
from search.records import record
from search.request.planning import Planner
from search.request.request import SearchRequest

MAX_NAMES: Final = 16
MAX_TERMS: Final = 8
"""Distinctive words that are offered beside the names."""
MAX_WORDS: Final = 6
"""A longer run of capitals is a headline."""
MAX_SHARE: Final = 0.1
"""The share of all articles that may have a name of one word: more have the day of the week."""
_ALWAYS: Final = 50
"""Articles that are no reason to leave a name out, however small the archive is."""
NOUNS_SHARE: Final = 0.25
"""Where more of the words within sentences are capitalised, they are nouns, or all: then one alone is no name."""
_ENOUGH_WORDS: Final = 20
_HEADLINE_WORDS: Final = 14
_HEADLINE_SHARE: Final = 0.6
_SEARCHES: Final = 40

_UNSPACED: Final = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD: Final = re.compile(rf"[^\W\d_{_UNSPACED}](?:[^\W{_UNSPACED}]|['’-](?=\w))*")
_KATAKANA: Final = re.compile(r"[\u30a1-\u30fa][\u30a1-\u30fa\u30fb\u30fc]{2,}")
_SUFFIX: Final = re.compile(r"(?<=\w{2})['’][^\W\d_]{1,6}$")
"""What an apostrophe sets off from a name: Joly's, Bakı'da. Before a capital it is part of the name: O'Brien."""
_PAIR: Final = re.compile(f"[{_UNSPACED}]{{2}}")
"""What a text without spaces is cut into."""
_LONGEST_RUN: Final = 12
_LONGEST_CODE: Final = 14
_PARTICLES: Final = frozenset("al bin da de del della den der di do dos du el ibn la le of ten ter van von zu".split())  # noqa: SIM905
"""Small words within names."""
_SPACES: Final = frozenset(" \u00a0\u202f")
_OPENING: Final = " \t\u00a0\"'“”„«»‘’‹›([—–-"
_ENDS: Final = frozenset(".!?…:;\n。！？؟")


@dataclass(frozen=True, slots=True)
class FoundName:
    """A name in a text, or one of its most distinctive words; `request` finds `articles`."""

    text: str
    kind: Literal["name", "term"]
    articles: int
    request: SearchRequest


@record
class _Word:
    """A word of a text without what an apostrophe adds (`ended`), what stands between it and the word before (`gap`),
    and whether it `begins` a sentence."""

    text: str
    gap: str
    begins: bool
    ended: bool

    @property
    def is_capitalised(self) -> bool:
        return self.text[0].isupper()


def found_names(
    planner: Planner, own: Document, terms: Sequence[DistinctiveTerm], *, stored: bool
) -> tuple[FoundName, ...]:
    """The names in the article or draft that other articles have too, then its most distinctive other words."""
    names = names_in(own)
    words = _offered_terms(own, terms)
    wanted = list(dict.fromkeys([*(text for name in names[: 2 * MAX_NAMES] for text in name), *words]))
    budget = CountBudget(planner, searches=_SEARCHES)
    requests = [SearchRequest(q=to_text(Phrase(text)), time_zone=planner.time_zone) for text in wanted[:_SEARCHES]]
    counted = dict(zip(wanted, zip(requests, budget.totals(requests), strict=True), strict=False))
    most = max(_ALWAYS, int(MAX_SHARE * planner.status.articles))

    def fits(text: str) -> bool:
        total = counted[text][1] if text in counted else 0
        return total > stored and (total <= most or " " in text)

    chosen = _shortest_list(next((text for text in name if fits(text)), "") for name in names)[:MAX_NAMES]
    others = [text for text in words if fits(text) and not _within(text, chosen)][:MAX_TERMS]
    rows = [*((text, "name") for text in chosen), *((text, "term") for text in others)]
    return tuple(FoundName(text, kind, counted[text][1], counted[text][0]) for text, kind in rows)  # type: ignore[arg-type]


def names_in(own: Document) -> list[tuple[str, ...]]:
    """The names in an article or draft, those that it has most often first: each with shorter readings of it, for
    where the first is none."""
    found: Counter[tuple[str, ...]] = Counter()
    body = own.body[:MAX_TEXT]
    singles = not _capitalises_nouns(body)
    for text in (own.title, own.summary, *body.split("\n")):
        words = list(_words(text))
        ends = text.rstrip().endswith((".", "!", "?", "…", "。"))
        if not ends and len(words) <= _HEADLINE_WORDS and _is_headline(words, own.language):
            continue
        for run in _runs(words):
            found.update([readings] if (readings := _readings(run, own.language, singles=singles)) else [])
        found.update((name,) for name in _KATAKANA.findall(text))
    return [readings for readings, _ in found.most_common()]


def mentions(text: str, name: str) -> bool:
    """Whether a text has the name, spelt so, as whole words, or with an ending of its language."""
    ending = r"\w{0,3}" if len(name) > 3 else ""
    return re.search(rf"(?<!\w){re.escape(name)}{ending}(?!\w)", text) is not None or (
        _KATAKANA.fullmatch(name) is not None and name in text
    )


def _offered_terms(own: Document, terms: Sequence[DistinctiveTerm]) -> list[str]:
    """The most distinctive words of the text. Pairs of characters are offered as the runs that they make in it."""
    words = [term.typed for term in terms if not _PAIR.fullmatch(term.typed) and not _is_code(term.typed)]
    pairs = {term.typed for term in terms if _PAIR.fullmatch(term.typed)}
    return [*_runs_of_pairs(own.body[:MAX_TEXT], pairs), *words][: 2 * MAX_TERMS]


def _runs_of_pairs(text: str, pairs: AbstractSet[str]) -> list[str]:
    """The longest pieces of which every two characters are one of the pairs, the most frequent first; none within
    another."""
    found: Counter[str] = Counter()
    start = 0
    for place in range(len(text) if pairs else 0):
        if text[place : place + 2] not in pairs:
            if 2 <= place - start < _LONGEST_RUN:
                found[text[start : place + 1]] += 1
            start = place + 1
    runs: list[str] = []
    for run, _ in found.most_common(MAX_TERMS):
        if not any(run in other or other in run for other in runs):
            runs.append(run)
    return runs


def _is_code(word: str) -> bool:
    """Whether a word is a check sum or the like, which nobody searches for."""
    return len(word) > _LONGEST_CODE and any(character.isdigit() for character in word)


def _words(text: str) -> Iterator[_Word]:
    end = 0
    for found in _WORD.finditer(text):
        whole = found.group()
        apostrophe = _SUFFIX.search(whole)
        cut = apostrophe is not None and whole[apostrophe.start() + 1 :].islower()
        name = whole[: apostrophe.start()] if apostrophe is not None and cut else whole
        yield _Word(name, text[end : found.start()], _begins(text, found.start()), cut)
        end = found.end()


def _begins(text: str, start: int) -> bool:
    before = text[max(0, start - 6) : start].rstrip(_OPENING)
    if not before:
        return start < 6 or text[start - 6 : start].strip(" ") == ""
    return before[-1] in _ENDS and not _is_initial(before)


def _is_initial(before: str) -> bool:
    """Whether the text ends in an initial, as in "J. K. "."""
    return before[-1] == "." and before[-2:-1].isupper() and not before[-3:-2].isalpha()


def _runs(words: Iterable[_Word]) -> Iterator[list[_Word]]:
    """Capitalised words that follow each other, with particles between them."""
    run: list[_Word] = []
    held: list[_Word] = []
    last: _Word | None = None
    for word in words:
        joined = last is not None and _joined(last, word)
        if word.is_capitalised and run and joined:
            run += [*held, word]
            held = []
        elif run and joined and word.text in _PARTICLES and len(held) < 2:
            held.append(word)
        else:
            if run:
                yield run
            run, held = ([word] if word.is_capitalised else []), []
        last = word
    if run:
        yield run


def _joined(one: _Word, other: _Word) -> bool:
    return not one.ended and not other.begins and (other.gap in _SPACES or (other.gap == ". " and len(one.text) == 1))


def _readings(run: Sequence[_Word], language: str, *, singles: bool) -> tuple[str, ...]:
    """How a run may be read as a name: whole, without the word that begins its sentence, or its last part alone."""
    words = list(run)
    while words and (is_stop_word(fold(words[0].text), language) or words[0].text in _PARTICLES):
        words = words[1:]
    while words and len(words[-1].text) == 1:
        words = words[:-1]
    if not words or len(words) > MAX_WORDS:
        return ()
    whole = [words, words[1:]] if words[0].begins else [words]
    joints = [place for place, word in enumerate(words) if word.text in _PARTICLES and place]
    parts = [words[: joints[0]]] if joints else []
    return tuple(dict.fromkeys(_text(part) for part in (*whole, *parts) if _is_name(part, singles=singles)))


def _text(words: Sequence[_Word]) -> str:
    return " ".join(word.text + "." if len(word.text) == 1 and len(words) > 1 else word.text for word in words)


def _is_name(words: Sequence[_Word], *, singles: bool) -> bool:
    if len(words) > 1:
        return words[0].is_capitalised
    return bool(words) and singles and len(words[0].text) > 1 and not words[0].begins


def _capitalises_nouns(text: str) -> bool:
    inner = [word for word in _words(text) if not word.begins and len(word.text) > 2]
    capitals = sum(word.is_capitalised for word in inner)
    return len(inner) >= _ENOUGH_WORDS and capitals > NOUNS_SHARE * len(inner)


def _is_headline(words: Sequence[_Word], language: str) -> bool:
    """Whether most words are capitalised, as in the headlines of some papers."""
    inner = [word for word in words[1:] if not is_stop_word(fold(word.text), language)]
    return sum(word.is_capitalised for word in inner) > _HEADLINE_SHARE * max(1, len(inner))


def _shortest_list(names: Iterable[str]) -> list[str]:
    """Each name once, without those that are part of another."""
    once = [name for name in dict.fromkeys(names) if name]
    return [name for name in once if not _within(name, [other for other in once if other != name])]


def _within(name: str, others: Iterable[str]) -> bool:
    folded = fold(name)
    return any(f" {folded} " in f" {fold(other)} " for other in others)
