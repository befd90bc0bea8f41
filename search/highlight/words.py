"""The words of a query, to be found in any number of texts in any languages."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import TypeVar

from search.analysis import primary_language
from search.highlight.marking import Mark, block_end
from search.highlight.numbered_scan import NumberedScan
from search.highlight.term_scan import TermScan
from search.highlight.wanted import Choice, Groups, Occurrence, Stretches, Wanted
from search.native import kernel
from search.query.match import Term

Found = TypeVar("Found")


class Words:
    """The words of a query, numbered from 1. Not thread-safe.

    `compiled`: whether to look with the compiled kernel; it finds the same.
    """

    def __init__(self, *, compiled: bool = kernel is not None) -> None:
        self._compiled = compiled
        self._count = 0
        self._surfaces: dict[str, list[int]] = defaultdict(list)
        self._stems: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        self._choices: list[tuple[Choice, int]] = []
        self._wanted: dict[str, Wanted] = {}
        self._scans: dict[str, TermScan] = {}
        self._numbered: dict[str, NumberedScan] = {}

    def add_term(self, term: Term) -> int:
        """Adds a word that matches by its spelling or its stem; returns its number."""
        self._count += 1
        self._surfaces[term.surface].append(self._count)
        for language, stem in term.stems:
            self._stems[language][stem].append(self._count)
        return self._count

    def add(self, choice: Choice) -> int:
        """Adds a word that matches in every spelling of that choice; returns its number."""
        self._count += 1
        self._choices.append((choice, self._count))
        return self._count

    def occurrences(self, text: str, language: str, reach: int) -> Mapping[int, list[Occurrence]]:
        """The occurrences by number of word, those of one spelling in order. All words must have been added before."""
        language = primary_language(language)
        found = self._by_kernel(language, lambda scan: scan.occurrences(text, reach))
        return self._scan_in(language).occurrences(text, reach) if found is None else found

    def marks(self, texts: list[str], language: str, groups: Groups) -> list[list[Mark]]:
        """The matches of single words in each of the texts, ordered. All words must have been added before."""
        language = primary_language(language)
        found = self._by_kernel(language, lambda scan: scan.marks(texts, groups))
        if found is not None:
            return found
        scan = self._scan_in(language)
        return [_marks(scan.occurrences(text, 0), groups) for text in texts]

    def leading_marks(self, text: str, language: str, groups: Groups, stretches: Stretches) -> tuple[int, list[Mark]]:
        """How much of the text was read in these stretches, and the matches of single words in it, ordered.

        There must be a group.
        """
        read = self._by_kernel(primary_language(language), lambda scan: scan.leading_marks(text, groups, stretches))
        if read is not None:
            return read
        text = text[: stretches.limit]
        found: list[Mark] = []
        met = dict.fromkeys(groups.of_words.values(), 0)
        start = 0
        while start < len(text) and min(met.values()) < stretches.enough:
            end = block_end(text, max(stretches.first, 2 * start))
            for first, last, group in self.marks([text[start:end]], language, groups)[0]:
                found.append((first + start, last + start, group))
                met[group] += 1
            start = end
        return start, found

    def _by_kernel(self, language: str, look: Callable[[NumberedScan], Found]) -> Found | None:
        """What the compiled kernel finds. None without it, or if a text has a lone surrogate, which has no UTF-8."""
        if not self._compiled:
            return None
        try:
            return look(self._numbered_in(language))
        except UnicodeEncodeError:
            return None

    def _numbered_in(self, language: str) -> NumberedScan:
        scan = self._numbered.get(language)
        if scan is None:
            scan = self._numbered[language] = NumberedScan(language, self._wanted_in(language))
        return scan

    def _scan_in(self, language: str) -> TermScan:
        scan = self._scans.get(language)
        if scan is None:
            scan = self._scans[language] = TermScan(language, self._wanted_in(language))
        return scan

    def _wanted_in(self, language: str) -> Wanted:
        if language not in self._wanted:
            self._wanted[language] = Wanted(self._surfaces, self._stems.get(language, {}), self._choices)
        return self._wanted[language]


def _marks(found: Mapping[int, list[Occurrence]], groups: Groups) -> list[Mark]:
    """The marks of the occurrences of words. Of a pair of unspaced characters, a prefix marks only its own."""
    marks: list[Mark] = []
    for word, group in groups.of_words.items():
        prefix = groups.prefixes.get(word, 0)
        for _, start, end, pair in found.get(word, ()):
            marks.append((start, start + prefix if prefix and pair else end, group))
    marks.sort()
    return list(dict.fromkeys(marks)) if groups.may_repeat else marks
