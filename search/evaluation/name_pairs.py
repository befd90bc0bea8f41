"""How well spellings of one name are found: on an archive of short articles written around pairs that somebody judged.

The line above which a pair is suggested is drawn on four fifths of the pairs and measured on the rest, five times.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from search.document import Document
from search.engines import open_engine
from search.errors import ConfigError
from search.naming.mining import Suggestion, suggestions
from search.query.variants import NO_VARIANTS, key_of
from search.records import record

FOLDS: Final = 5
_ROUNDS: Final = 4
"""Articles about each name."""
_TEXTS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "Officials said that {0} was discussed in {1} while {2} and {3} waited for news.",
        "Nobody in {1} doubts that {0} will remain a subject, wrote a paper from {2} about {3}.",
    ),
    "ru": (
        "Вчера сообщили, что {0} и {1} стали темой встречи, на которой был {2} и говорили про {3}.",
        "Газета пишет, что {0} остаётся темой, а {1} ждёт, как решит {2} и почему {3}.",
    ),
    "ar": ("وقالت مصادر ان {0} كان موضوع اللقاء مع {1} وحضر {2} كما ذكر {3}",),
    "el": ("Χθες είπαν ότι η {0} ήταν θέμα, ενώ η {1} και ο {2} περίμεναν νέα από {3}.",),
}


@dataclass(frozen=True, slots=True)
class NamePairs:
    """Pairs of spellings of one name, pairs of names that only look alike, and the company of each name. `beside` are
    companions in both spellings: finding them is no mistake, and counts for nothing."""

    same: tuple[tuple[str, str], ...]
    different: tuple[tuple[str, str], ...]
    company: Mapping[str, tuple[str, ...]]
    beside: frozenset[tuple[str, str]]


@record
class PairScores:
    """What was suggested on pairs that had no part in drawing the line: `precision` of the suggestions, `recall` of the
    pairs, the `lines` drawn, the pairs `missed` and what was suggested wrongly."""

    pairs: int
    precision: float
    recall: float
    lines: tuple[float, ...]
    missed: tuple[tuple[str, str], ...]
    wrong: tuple[tuple[str, str], ...]


def read_pairs(path: Path) -> NamePairs:
    """The pairs in a TOML file: `pairs` and `different`, each with `a`, `b`, `company` and perhaps `company_b`.

    Raises ConfigError.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        company: dict[str, dict[str, None]] = defaultdict(dict)
        for row in (*table["pairs"], *table["different"]):
            company[row["a"]].update(dict.fromkeys(row["company"]))
            company[row["b"]].update(dict.fromkeys(row.get("company_b", row["company"])))
        beside = {
            _pair(names)
            for row in table["pairs"]
            for names in zip(row["company"], row.get("company_b", ()), strict=False)
        }
        same, different = (tuple((row["a"], row["b"]) for row in table[part]) for part in ("pairs", "different"))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"{path}: cannot be read as pairs of names ({error})") from error
    companions = {name: tuple(others) for name, others in company.items()}
    return NamePairs(same, different, companions, frozenset(beside - set(map(_pair, same))))


def articles_about(pairs: NamePairs) -> Iterator[Document]:
    """Short articles about each name, in the language of its script, with three of its companions in each."""
    for name, company in pairs.company.items():
        language = _language(name)
        for number in range(_ROUNDS):
            texts = _TEXTS[language]
            others = [company[(number + step) % len(company)] for step in range(3)]
            body = texts[number % len(texts)].format(name, *others)
            yield Document(f"{name} {number}", "", body=body, language=language)


def scored(pairs: NamePairs) -> PairScores:
    """The suggestions for an archive of these articles, cross-validated."""
    found = _mined(pairs)
    groups, known = _groups(pairs.same), _groups((*pairs.same, *pairs.beside))
    ranked = [
        (each.score, _pair(each.names), _are_one(each.names, groups))
        for each in found
        if _are_one(each.names, groups) or not _are_one(each.names, known)
    ]
    wanted = [_pair(names) for names in pairs.same]
    lines, hits, wrong, missed = [], 0, [], []
    for fold in range(FOLDS):
        held = set(wanted[fold::FOLDS])
        line = _line(
            [row for row in ranked if _fold(row[1], wanted) != fold], [each for each in wanted if each not in held]
        )
        lines.append(line)
        own = [row for row in ranked if _fold(row[1], wanted) == fold and row[0] >= line]
        hits += sum(right for _, _, right in own)
        wrong += [names for _, names, right in own if not right]
        missed += [names for names in wanted[fold::FOLDS] if names not in {pair for _, pair, _ in own}]
    precision = hits / max(hits + len(wrong), 1)
    recall = 1 - len(missed) / max(len(wanted), 1)
    return PairScores(len(wanted), precision, recall, tuple(lines), tuple(missed), tuple(wrong))


def _mined(pairs: NamePairs) -> Sequence[Suggestion]:
    engine = open_engine("memory:")
    with engine.writer() as writer:
        for document in articles_about(pairs):
            writer.add(document)
    with engine.searcher() as searcher:
        return suggestions(searcher, NO_VARIANTS, articles=100_000, seconds=600.0, least=0.0)


def _line(ranked: Sequence[tuple[float, tuple[str, str], bool]], wanted: Sequence[tuple[str, str]]) -> float:
    """The score above which suggestions have the best F1 measure."""
    best, at = 0.0, 1.0
    known = set(wanted)
    right = found = 0
    for number, (score, names, is_right) in enumerate(ranked, 1):
        right += is_right
        found += names in known
        precision, recall = right / number, found / max(len(known), 1)
        measure = 2 * precision * recall / (precision + recall) if found else 0.0
        if measure > best:
            best, at = measure, score
    return at


def _fold(names: tuple[str, str], wanted: Sequence[tuple[str, str]]) -> int:
    return wanted.index(names) % FOLDS if names in wanted else sum(map(ord, "".join(names))) % FOLDS


def _groups(pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, ...], int]:
    """A number for each name, the same for all spellings of one name."""
    groups: dict[tuple[str, ...], int] = {}
    for number, (first, second) in enumerate(pairs):
        merged = {groups[key] for key in map(key_of, (first, second)) if key in groups}
        groups |= {key: number for key, group in groups.items() if group in merged}
        groups |= dict.fromkeys(map(key_of, (first, second)), number)
    return groups


def _are_one(names: Sequence[str], groups: Mapping[tuple[str, ...], int]) -> bool:
    first, second = map(key_of, names)
    return first in groups and groups[first] == groups.get(second)


def _pair(names: Sequence[str]) -> tuple[str, str]:
    first, second = sorted(" ".join(key_of(name)) for name in names)
    return first, second


def _language(name: str) -> str:
    scripts = (("ru", "\u0400", "\u04ff"), ("ar", "\u0600", "\u06ff"), ("el", "\u0370", "\u03ff"))
    return next((tag for tag, first, last in scripts if first <= name[0] <= last), "en")
