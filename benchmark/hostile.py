"""`python -m benchmark.hostile [ROUNDS] [--seed N]`: changes the files of a small index at random, and opens it.

Each round changes one file, or swaps two, and asks questions in a process of its own, whose memory and time are
bounded. What may happen is a right answer, or an error of ours; a wrong answer only if the checksums were made to fit,
as somebody would who means harm. What may not happen is a crash, a hang, an error of another kind, much memory, or a
wrong answer that the checksums could have told; nor an error about a damaged file that does not name it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np

from search.document import Document, Heading
from search.engines import open_engine
from search.engines.disk.format import container as containers
from search.engines.disk.format.manifest import NAME, PREVIOUS_NAME, read_manifest
from search.engines.plan import FacetPlan, Plan, TimelinePlan
from search.engines.protocols import Engine
from search.errors import BackfileError
from search.query.match import Match, MatchAll, MatchEvery, MatchFuzzy, MatchPhrase, MatchPrefix, MatchTerm
from search.query.terms import query_term
from search.schema import TEXT_FIELDS

SECONDS: Final = 20
"""How long one round may take before it counts as a hang."""
MEMORY: Final = 1 << 30
"""How much more memory than before one round may ask for, in bytes."""
_MODEL: Final = "0123456789abcdef"
_WORDS: Final = ("flood", "bridge", "river", "water", "town", "mayor", "rain", "north", "press", "cable")
_FORCED: Final = "forced"
_HEADER: Final = containers._HEADER


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one round: what was done, and "right", "refused", "wrong", or what may not happen."""

    change: str
    what: str
    detail: str = ""

    @property
    def is_allowed(self) -> bool:
        return self.what in ("right", "refused") or (self.what == "wrong" and self.change.startswith(_FORCED))


# --- the index -----------------------------------------------------------------------------------------------------


def make_index(directory: Path) -> None:
    """An index of three segments with deletions and vectors."""
    choice = random.Random(7)  # noqa: S311 - no secret
    engine = open_engine(str(directory))
    for part in range(3):
        with engine.writer() as writer:
            for number in range(40):
                writer.add(_article(choice, f"{part}-{number:02}", part))
            if part:
                writer.delete(f"{part - 1}-03")
    with engine.searcher() as searcher:
        stamps = searcher.stamps([f"0-{number:02}" for number in range(10, 20)])
    vectors = np.eye(8, dtype=np.float32)
    engine.add_vectors(_MODEL, {stamp.content_hash: vectors[:2] for stamp in stamps.values()})


def _article(choice: random.Random, name: str, part: int) -> Document:
    words = " ".join(choice.choices(_WORDS, k=40))
    return Document(
        name, f"{words.split()[0]} {name}", f"{words}\n\nHeading\n\n{words}", headings=(Heading("Heading", 2, 60),),
        url=f"https://news.example/{name}", sections=(f"News > {choice.choice(_WORDS)}",), authors=("Ann Lee",),
        tags=tuple(choice.sample(_WORDS, 2)), published=datetime(2020 + part, 1 + len(words) % 12, 3, tzinfo=UTC),
        language=choice.choice(("en", "de")),
    )  # fmt: skip


def answers(engine: Engine) -> str:
    """What an index says to questions of every kind."""
    fields, terms = tuple(TEXT_FIELDS), [query_term(word, ("en", "de")) for word in _WORDS[:4]]
    matches: list[Match] = [
        MatchAll(), *(MatchTerm(fields, term) for term in terms),
        MatchEvery(tuple(MatchTerm(fields, term) for term in terms[:2])),
        MatchPhrase(fields, tuple(terms[:2])), MatchPhrase(fields, tuple(terms[1:]), 3),
        MatchPrefix(fields, "br"), MatchFuzzy(fields, "floot", 1),
    ]  # fmt: skip
    with engine.searcher() as searcher:
        facets = (FacetPlan("section"), FacetPlan("tag"), FacetPlan("lang"))
        asked = {"limit": 30, "facets": facets, "timeline": TimelinePlan(), "bring": "text", "matched": True}
        found: list[object] = [searcher.search(Plan(match, **asked)) for match in matches]  # type: ignore[arg-type]
        found += [searcher.document(name) for name in ("0-00", "1-39", "none", "2-20")]
        found += [list(searcher.articles("1-30")), searcher.terms("f", 9), searcher.similar_terms("floot", 2, 9)]
        found += [searcher.find_values("section", "news", "words", 9), searcher.top_values("tag", 9)]
        found += [searcher.stamps(["0-01", "2-02"]), searcher.id_of_url("https://news.example/1-01")]
        found += [sorted(searcher.vectors(_MODEL, ["0-10", "0-11"])), searcher.document_frequencies(_WORDS)]
    return repr(found)


# --- changes -------------------------------------------------------------------------------------------------------


def _flip(choice: random.Random, path: Path, _: Path) -> None:
    content = bytearray(path.read_bytes())
    for _number in range(choice.choice((1, 1, 1, 8))):
        content[choice.randrange(len(content))] ^= 1 << choice.randrange(8)
    path.write_bytes(content)


def _truncate(choice: random.Random, path: Path, _: Path) -> None:
    os.truncate(path, choice.randrange(path.stat().st_size))


def _extend(choice: random.Random, path: Path, _: Path) -> None:
    with path.open("ab") as stream:
        stream.write(choice.randbytes(choice.choice((1, 64, 4_096))))


def _zero(choice: random.Random, path: Path, _: Path) -> None:
    content = bytearray(path.read_bytes())
    start = choice.randrange(len(content))
    end = min(len(content), start + choice.choice((4, 64, 4_096, len(content))))
    content[start:end] = bytes(end - start)
    path.write_bytes(content)


def _swap(_: random.Random, path: Path, other: Path) -> None:
    aside = path.with_name("aside")
    path.rename(aside)
    other.rename(path)
    aside.rename(other)


def _remove(_: random.Random, path: Path, __: Path) -> None:
    path.unlink()


def _force(choice: random.Random, path: Path, _: Path) -> None:
    """Changes some items of a section, and makes all checksums fit."""
    raw = bytearray(path.read_bytes())
    if path.suffix == ".json":
        _force_manifest(choice, path)
        return
    magic, version, _crc, start, length = _HEADER.unpack_from(raw)
    content = json.loads(raw[start : start + length])
    name = choice.choice(sorted(content["sections"]))
    section = content["sections"][name]
    if choice.random() < 0.15:
        _force_directory(choice, content, section)
    size = np.dtype(section["type"]).itemsize
    for _number in range(choice.choice((1, 1, 4))):
        if section["items"] > 0 and section["offset"] >= 0:
            at = section["offset"] + size * choice.randrange(section["items"])
            value = choice.choice((0, 1, 2**31 - 1, 2 ** (8 * size) - 1, choice.randrange(2 ** (8 * size))))
            if at + size <= start:
                raw[at : at + size] = (value % 2 ** (8 * size)).to_bytes(size, "little")
    for each in content["sections"].values():
        end = each["offset"] + each["items"] * np.dtype(each["type"]).itemsize
        each["crc32"] = zlib.crc32(raw[max(0, each["offset"]) : max(0, end)])
    directory = json.dumps(content, indent=1).encode()
    head = _HEADER.pack(magic, version, zlib.crc32(directory), start, len(directory))
    path.write_bytes(head + raw[len(head) : start] + directory * 2)
    _sign(path, zlib.crc32(directory))


def _force_directory(choice: random.Random, content: dict[str, Any], section: dict[str, Any]) -> None:
    if choice.random() < 0.5 and content["numbers"]:
        name = choice.choice(sorted(content["numbers"]))
        content["numbers"][name] = choice.choice((0, -1, 1, 2**31, 2**62, 41, "x", None))
    else:
        section[choice.choice(("items", "offset"))] = choice.choice((0, 64, -64, 2**40, section["items"] // 2))


def _sign(path: Path, crc32: int) -> None:
    """Has the manifest name the file as it is now."""
    manifest = path.with_name(NAME)
    content = json.loads(manifest.read_text())
    for segment in content["segments"]:
        for kind in ("file", "deletions", "vectors"):
            if segment[kind] and segment[kind]["name"] == path.name:
                segment[kind] |= {"size": path.stat().st_size, "crc32": crc32}
    _write_signed(manifest, content)


def _write_signed(manifest: Path, content: dict[str, Any]) -> None:
    content.pop("crc32", None)
    content["crc32"] = zlib.crc32(json.dumps(content, sort_keys=True).encode())
    manifest.write_text(json.dumps(content))


def _force_manifest(choice: random.Random, path: Path) -> None:
    content = json.loads(path.read_text())
    segment = choice.choice(content["segments"])
    odd: tuple[Any, ...] = (0, -1, 41, 2**31, 2**63, 1e300, "x", None, [], {}, True)
    match choice.randrange(4):
        case 0:
            segment[choice.choice(sorted(segment))] = choice.choice(odd)
        case 1:
            segment["file"][choice.choice(("name", "size", "crc32"))] = choice.choice((*odd, "../x.segment"))
        case 2:
            content[choice.choice(sorted(content))] = choice.choice(odd)
        case _:
            content["segments"] *= choice.choice((0, 2, 3))
    _write_signed(path, content)


CHANGES: Final[dict[str, Callable[[random.Random, Path, Path], None]]] = {
    "flip": _flip, "truncate": _truncate, "extend": _extend, "zero": _zero, "swap": _swap, "remove": _remove,
    _FORCED: _force,
}  # fmt: skip


# --- rounds --------------------------------------------------------------------------------------------------------


def rounds(number: int, seed: int) -> Iterator[Outcome]:
    """So many rounds; the same for the same seed."""
    with tempfile.TemporaryDirectory() as folder:
        whole, place = Path(folder, "whole"), Path(folder, "archive")
        make_index(whole)
        right = answers(open_engine(str(whole)))
        for turn in range(number):
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(whole, place)
            yield _round(place, right, random.Random(f"{seed} {turn}"))  # noqa: S311 - no secret


def _round(place: Path, right: str, choice: random.Random) -> Outcome:
    named = _files_of(place)
    name = choice.choice([*CHANGES, *[_FORCED] * 4])
    path, other = choice.sample(named, 2)
    if name in (_FORCED, "swap") and PREVIOUS_NAME in (path.name, other.name):
        path, other = named[0], named[-1]  # the commit before is one, and whole
    CHANGES[name](choice, path, other)
    found = _asked(place, right, f"{name} {path.suffix} {path.name}")
    if found.what == "refused" and name != _FORCED and not any(each.name in found.detail for each in (path, other)):
        return Outcome(found.change, "refused without its name", found.detail)
    return found


def _files_of(place: Path) -> list[Path]:
    """The files of an index, in an order that does not depend on their names, which are made by chance."""
    names = (file.name for file in read_manifest(place).files())
    return [place / name for name in (NAME, PREVIOUS_NAME, *names)]


def _asked(place: Path, right: str, change: str) -> Outcome:
    """Asks in a process of its own."""
    reader, writer = os.pipe()
    process = os.fork()
    if not process:
        os.close(reader)
        _answer(place, right, writer)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read()
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if code == -signal.SIGALRM:
        return Outcome(change, "hang", f"more than {SECONDS} s")
    if code or not told:
        return Outcome(change, "crash", f"exit code {code}")
    what, detail = json.loads(told)
    return Outcome(change, what, detail)


def _answer(place: Path, right: str, out: int) -> None:
    """Says what the index answers, and ends the process."""
    signal.alarm(SECONDS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, used + MEMORY))
    told: tuple[str, str]
    try:
        told = ("right", "") if answers(open_engine(str(place))) == right else ("wrong", "")
    except BackfileError as error:
        told = ("refused", str(error)) if "MemoryError" not in str(error) else ("memory", str(error))
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is not an error of ours
        told = ("another error", f"{type(error).__name__}: {error}"[:300])
    os.write(out, json.dumps(told).encode())
    os._exit(0)


def main() -> None:
    """Runs the rounds, prints what became of them, and ends with 1 if anything may not happen."""
    parser = argparse.ArgumentParser(prog="python -m benchmark.hostile", description=__doc__)
    parser.add_argument("rounds", nargs="?", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    counts: Counter[str] = Counter()
    failed = False
    for turn, outcome in enumerate(rounds(given.rounds, given.seed)):
        counts[f"{outcome.change.split()[0]}: {outcome.what}"] += 1
        if not outcome.is_allowed:
            failed = True
            sys.stdout.write(f"{turn}: {outcome.change}: {outcome.what} {outcome.detail}\n")
    for name, count in sorted(counts.items()):
        sys.stdout.write(f"{count:>8,}  {name}\n")
    sys.exit(int(failed))


if __name__ == "__main__":
    main()
