"""A query as a program for the compiled kernel: it matches, weighs and combines all leaves of a segment in one call.

The kernel evaluates a query window by window, each part where its postings are, so it needs no doc set of a few.
What a program is, `search/native/evaluation/programs.c` says. The same in numpy is
`search.engines.disk.evaluation.evaluator`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

import numpy as np

from search.engines.conventions import Deadline
from search.engines.disk.evaluation.doc_sets import DocSet
from search.engines.disk.evaluation.leaves import LeafPostings, PostingsReader
from search.engines.disk.evaluation.scoring import Norms
from search.engines.disk.format.arrays import Floats, Mask
from search.engines.outcome import leaves
from search.query.match import (
    Leaf,
    Match,
    MatchAll,
    MatchAny,
    MatchBest,
    MatchDates,
    MatchEvery,
    MatchKeyword,
    MatchNone,
    MatchNot,
)
from search.ranking import K1

_DEEPEST: Final = 60
"""Levels of a query; a deeper one is left to numpy."""


class _Kind(IntEnum):
    """Of a node; those of matching.h."""

    ALL = 0
    NONE = 1
    LEAF = 2
    MASK = 3
    NOT = 4
    EVERY = 5
    ANY = 6
    BEST = 7


@dataclass(slots=True)
class Program:
    """The nodes, each as kind, number, least and number of children, parents first; and what they name."""

    nodes: array[int] = field(default_factory=lambda: array("i"))
    leaves: list[tuple[LeafPostings, float]] = field(default_factory=list)
    masks: list[Mask] = field(default_factory=list)

    def add(self, kind: _Kind, number: int = 0, least: int = 0, children: int = 0) -> None:
        """Appends a node."""
        self.nodes.extend((kind, number, least, children))

    def run(self, doc_set: DocSet, norms: Norms, deadline: Deadline, *, scored: bool) -> tuple[Mask, Floats | None]:
        """Which articles of a snapshot match and are not deleted, and their scores. Past the deadline, the segments
        that have not been looked at match nothing."""
        matches: Mask = np.zeros(doc_set.size, np.bool_)
        scores = np.zeros(doc_set.size) if scored and self.leaves else None
        nodes = self.nodes.tobytes()
        for part in doc_set.parts:
            if self.leaves and deadline.passed():
                break
            own = part.live
            found = tuple(
                (postings.parts[part.number].extents, postings.parts[part.number].arrays, factor)
                for postings, factor in self.leaves
            )
            own.segment.compiled.evaluate(
                nodes,
                K1,
                () if scores is None else norms.tables(part.number),
                found,
                tuple(mask[part.span] for mask in self.masks),
                None if own.articles == own.segment.size else own.live,
                matches[part.span],
                None if scores is None else scores[part.span],
            )
        return matches, scores


class Compiler:
    """Makes programs. `postings` gives those of a leaf, None if there was no time to read it; `holds` the articles that
    a condition holds for; `most` how many articles a query matches at most."""

    def __init__(
        self,
        reader: PostingsReader,
        postings: Callable[[Leaf], LeafPostings | None],
        holds: Callable[[MatchKeyword | MatchDates], Mask],
        most: Callable[[Match], int],
    ) -> None:
        self._reader = reader
        self._postings = postings
        self._holds = holds
        self._most = most

    def program(self, query: Match, *, scored: bool) -> Program | None:
        """The program of a query; None if it is too deep."""
        program = Program()
        return program if self._add(program, query, scored, _DEEPEST) else None

    def _add(self, program: Program, query: Match, scored: bool, depth: int) -> bool:
        if depth == 0:
            return False
        match query:
            case MatchAll():
                program.add(_Kind.ALL)
            case MatchNone():
                program.add(_Kind.NONE)
            case MatchKeyword() | MatchDates():
                program.add(_Kind.MASK, len(program.masks))
                program.masks.append(self._holds(query))
            case MatchNot(child):
                return self._add_not(program, child, depth)
            case MatchEvery(children):
                program.add(_Kind.EVERY, children=len(children))
                return self._add_all(program, sorted(children, key=self._cost), scored, depth)
            case MatchAny(children, least):
                program.add(_Kind.ANY, least=least, children=len(children))
                return self._add_all(program, children, scored, depth)
            case MatchBest(children):
                program.add(_Kind.BEST, children=len(children))
                return self._add_all(program, children, scored, depth)
            case _:
                self._add_leaf(program, query, scored)
        return True

    def _add_all(self, program: Program, children: Sequence[Match], scored: bool, depth: int) -> bool:
        return all(self._add(program, child, scored, depth - 1) for child in children)

    def _add_not(self, program: Program, child: Match, depth: int) -> bool:
        if any(self._postings(leaf) is None for leaf in leaves(child)):
            program.add(_Kind.NONE)
            return True
        program.add(_Kind.NOT)
        return self._add(program, child, False, depth - 1)

    def _add_leaf(self, program: Program, leaf: Leaf, scored: bool) -> None:
        found = self._postings(leaf)
        if not found or not found.max_docs:
            program.add(_Kind.NONE)
            return
        factor = leaf.boost * self._reader.idf(self._reader.doc_freq(leaf, found)) if scored else 0.0
        program.add(_Kind.LEAF, len(program.leaves))
        program.leaves.append((found, factor))

    def _cost(self, query: Match) -> tuple[int, int]:
        """Sorts the children of a MatchEvery: what is rare first, then what only sifts others."""
        match query:
            case MatchKeyword() | MatchDates():
                return 1, 0
            case MatchNot():
                return 2, 0
            case _:
                return 0, self._most(query)
