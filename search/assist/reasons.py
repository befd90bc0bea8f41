"""Why two articles are related, in a reader's words: the names and subjects that both are about.

The words that two articles share tell a search engine that they are related. A reader wants to hear of people, places
and things: so names come first and whole ("Simon Lees", not "Lees"), then words of the title; other words stand in
only where there are few of these, and what is written as code (a class, a path, part of an address) never does.
Everything is read from the article itself: how each word is written in it, and what stands beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from search.analysis import fold
from search.assist.distinctive import MAX_TEXT, DistinctiveTerm
from search.document import Document

MAX_REASONS: Final = 4
"""The most that is said of one article."""
ENOUGH: Final = 2
"""With so many names or subjects, nothing less telling is added."""
NOUN_CAPITALS: Final = frozenset({"de", "lb", "nds"})
"""Languages that write every noun with a capital letter, which then is no sign of a name."""
MAX_PLACES: Final = 40
"""Occurrences of a word that are looked at."""
_CODE_BEFORE: Final = re.compile(r"[_/\\$@#={}<>\[|~^`]$|\w[.:]$|::$|->$|--$")
_CODE_AFTER: Final = re.compile(r"[_/\\={}<>\]|~^`(]|\.\w|::")
_NAME_BEFORE: Final = re.compile(r"(?:^|[^\w'’-])(\w[\w'’-]*) $")
_SENTENCE_ENDS: Final = re.compile(r"(?:^|\n|[.!?:•…“\"«„(\[–—-])\s*$")
_HUMP: Final = re.compile(r"[a-z][A-Z]")


@dataclass(frozen=True, slots=True)
class Written:
    """How an article writes a word: as a `name`, in its title (`subject`), or as `code`. `shown` is its usual spelling
    in running text, `before` the name that stands in front of it, as a surface; "" if there is none."""

    shown: str
    name: bool
    subject: bool
    code: bool
    before: str = ""


class Reasons:
    """Says why articles are related to one article, whose distinctive `terms` these are."""

    def __init__(self, own: Document, terms: Sequence[DistinctiveTerm]) -> None:
        self._own = own
        self._terms = {term.surface: term for term in terms}

    def of(self, shared: Sequence[DistinctiveTerm]) -> tuple[str, ...]:
        """The reasons that these shared terms are, the most telling first; at most MAX_REASONS."""
        usable = [(term, self._written(term.surface)) for term in shared]
        names = self._whole_names([term.surface for term, written in usable if written.name and not written.code])
        if len(names) >= ENOUGH:
            return tuple(names[:MAX_REASONS])
        others = [(term, written) for term, written in usable if not written.name and self._is_word(written)]
        others.sort(key=lambda row: (not row[1].subject, -row[0].rarity if row[1].subject else 0.0))
        return tuple([*names, *(written.shown for _, written in others)][: ENOUGH + (not names)])

    def _is_word(self, written: Written) -> bool:
        """Whether a word that is no name says something to a reader: it is no code, and no sign such as "SHA1"."""
        nouns = self._own.language in NOUN_CAPITALS
        shown = written.shown
        return not written.code and len(shown) > 2 and shown.isalpha() and (shown[:1].isupper() or not nouns)

    def _may_be_name(self, shown: str, surface: str) -> bool:
        """Whether a capital letter makes a name of a word; one with a digit is a sign, unless the title has it too."""
        sign = any(character.isdigit() for character in shown) and surface not in self._subjects
        return shown[:1].isupper() and not sign and self._own.language not in NOUN_CAPITALS

    @cached_property
    def _text(self) -> str:
        return _running_text(self._own)

    @cached_property
    def _subjects(self) -> frozenset[str]:
        return _folded_words(" ".join((self._own.title, *self._own.tags, *self._own.sections)))

    @cached_property
    def _known(self) -> dict[str, Written]:
        return {}

    def _written(self, surface: str) -> Written:
        """How the article writes a term, looked up once."""
        found = self._known.get(surface)
        if found is None:
            found = self._known[surface] = self._look_up(self._terms[surface])
        return found

    def _whole_names(self, surfaces: Sequence[str]) -> list[str]:
        """The names, those that stand side by side in the article as one, in the order of their most telling part."""
        shared, followed = set(surfaces), {}
        for surface in surfaces:
            before = self._written(surface).before
            if before in shared and before not in followed:
                followed[before] = surface
        heads = {surface: surface for surface in surfaces}
        for surface in surfaces:
            start, seen = surface, {surface}
            while (before := self._written(start).before) in shared and followed.get(before) == start:
                if before in seen:
                    break
                start = before
                seen.add(start)
            heads[surface] = start
        return [self._chain(start, followed) for start in dict.fromkeys(heads[surface] for surface in surfaces)]

    def _chain(self, start: str, followed: dict[str, str]) -> str:
        words, at = [start], start
        while (following := followed.get(at)) is not None and following not in words:
            words.append(following)
            at = following
        return " ".join(self._written(word).shown for word in words)

    def _look_up(self, term: DistinctiveTerm) -> Written:
        spelled: Counter[str] = Counter()
        befores: Counter[str] = Counter()
        code = capital = inside = total = 0
        for place in _places(self._text, term.spelling):
            total += 1
            spelling = place.group()
            lead, tail = (
                self._text[max(0, place.start() - 30) : place.start()],
                self._text[place.end() : place.end() + 3],
            )
            if _CODE_BEFORE.search(lead) or _CODE_AFTER.match(tail):
                code += 1
                continue
            spelled[spelling] += 1
            if not _SENTENCE_ENDS.search(lead):
                inside += 1
                capital += not spelling[:1].islower()
                ahead = _NAME_BEFORE.search(lead)
                if ahead and ahead[1][:1].isupper() and spelling[:1].isupper():
                    befores[fold(ahead[1])] += 1
        shown = _usual(spelled, term.spelling)
        before, times = befores.most_common(1)[0] if befores else ("", 0)
        return Written(
            shown=shown,
            name=2 * capital > inside > 0 and self._may_be_name(shown, term.surface),
            subject=term.surface in self._subjects,
            code=2 * code > total or len(_HUMP.findall(shown)) > 1,
            before=before if 2 * times >= inside else "",
        )


def _running_text(own: Document) -> str:
    """Summary and body without headings and lines in capitals alone, in which every word looks like a name."""
    body = own.body[:MAX_TEXT]
    for heading in own.headings:
        if heading.offset < len(body):
            end = heading.offset + len(heading.text)
            body = body[: heading.offset] + " " * len(body[heading.offset : end]) + body[end:]
    lines = (line for line in f"{own.summary}\n{body}".split("\n") if line.upper() != line or line.lower() == line)
    return "\n".join(lines)


def _places(text: str, spelling: str) -> Iterator[re.Match[str]]:
    pattern = re.compile(rf"(?<!\w){re.escape(spelling)}(?!\w)", re.IGNORECASE)
    for number, found in enumerate(pattern.finditer(text)):
        if number == MAX_PLACES:
            return
        yield found


def _usual(spelled: Counter[str], spelling: str) -> str:
    """The usual spelling in running text; where there is only one in capitals, that with one capital."""
    shown = spelled.most_common(1)[0][0] if spelled else spelling
    return shown.capitalize() if shown.isupper() and len(shown) > 5 else shown


def _folded_words(text: str) -> frozenset[str]:
    return frozenset(fold(word) for word in re.findall(r"\w+", text))
