"""`backfile evaluate duplicates`: how well fingerprints find near-copies, and how far apart other texts are."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt

from index.commands import require_locations
from index.duplicate_peers import PEERS, Signature
from index.duplicates import (
    MOST_BITS,
    NEAR,
    Found,
    Pair,
    Signatures,
    Texts,
    Truth,
    counted,
    differing_bits,
    find_truth,
    pairs_within,
    read_texts,
    sign,
)
from index.edited_copies import EDITS, SHARES, edited
from index.fingerprint import fingerprint
from index.judged_articles import read_documents
from search.commands.context import interruptible, json_option
from search.engines.grouping import MAX_DISTANCE
from search.errors import SourceError

OURS: Final = "backfile"
SHOWN_BITS: Final = range(11)
SURE: Final = 0.98
"""Systems are compared at the largest distance within which at least this share of the pairs are near-copies."""


@dataclass(frozen=True, slots=True)
class _System:
    """A way of signing texts, and the pairs of texts within a quarter of its bits."""

    name: str
    signatures: Signatures
    microseconds: float
    distances: dict[Pair, int]
    signature: Signature

    @property
    def bits(self) -> int:
        return 64 * int(self.signatures.shape[1])


@click.command()
@click.argument("paths", nargs=-1, required=True, metavar="SOURCE...", type=click.Path(), callback=require_locations)
@click.option("--against", type=click.Choice(list(PEERS)), multiple=True, help="Compare with this signature.")
@click.option("--edits", type=click.IntRange(0, 100_000), default=500, show_default=True, help="Articles to edit.")
@click.option("--pairs", type=click.IntRange(0, 10_000), default=0, help="List so many near pairs to read.")
@click.option("--seed", type=int, default=1, show_default=True, help="What is drawn at random.")
@json_option
def duplicates(
    paths: tuple[str, ...], against: tuple[str, ...], edits: int, pairs: int, seed: int, as_json: bool
) -> None:
    """Judge the fingerprints of the articles of every SOURCE by the wording of the articles themselves.

    Prints, for each number of differing bits, how many pairs of articles are found, how many of them have equal words,
    are near-copies (share 80 % of their wording) or are unrelated (share less than 40 %), and how many near-copies are
    missed; and which share of articles is found again after an edit. Each article is compared with all others, so the
    time grows with the square of their number: 20,000 take a minute or two.

    \b
    Examples:
      backfile evaluate duplicates articles.jsonl.gz --pairs 100
      backfile evaluate duplicates articles.jsonl.gz --against simhash --against datasketch
    """
    with interruptible():
        texts = read_texts(read_documents(paths))
        ours = _system(OURS, texts, lambda text: [fingerprint(text)])
        systems = [ours, *(_system(name, texts, PEERS[name]()) for name in dict.fromkeys(against))]
        truth = find_truth(texts, {pair for system in systems for pair in system.distances})
        found = list(counted(ours.distances, truth, MOST_BITS))
        compared = [_comparison(system, truth) for system in systems]
        report = {
            "articles": len(texts.ids),
            "too_short": texts.short,
            "equal_pairs": len(truth.equal),
            "near_copies": truth.near,
            "found": [asdict(row) for row in found],
            "systems": compared,
            "edits": list(_edit_rows(texts, systems, compared, edits, seed)) if edits else [],
            "pairs": _drawn(texts, ours, truth, pairs, seed),
        }
    click.echo(json.dumps(report) if as_json else "\n".join(_lines(report, found, truth)))


def _system(name: str, texts: Texts, signature: Signature) -> _System:
    signatures, microseconds = sign(texts.bodies, signature)
    if not len(texts.ids):
        raise SourceError("the articles", "none is long enough for a fingerprint")
    most = MOST_BITS * signatures.shape[1]
    return _System(name, signatures, microseconds, dict(pairs_within(signatures, most)), signature)


def _comparison(system: _System, truth: Truth) -> dict[str, Any]:
    rows = [row for row in counted(system.distances, truth, system.bits // 4) if row.near >= SURE * row.pairs]
    best = max(rows, key=lambda row: row.bits)
    return {
        "name": system.name,
        "bytes": system.bits // 8,
        "microseconds": system.microseconds,
        "bits": best.bits,
        "pairs": best.pairs,
        "precision": _share(best.near, best.pairs),
        "recall": _share(best.near, truth.near),
    }


def _edit_rows(
    texts: Texts, systems: Sequence[_System], compared: Sequence[dict[str, Any]], size: int, seed: int
) -> Iterator[dict[str, Any]]:
    """For each kind of edit and share, which share of the edited articles is found: by the fingerprint within each
    distance, and by each system within the distance at which it is compared."""
    for kind in EDITS:
        for share in SHARES:
            versions = list(edited(texts, kind, share, size=size, seed=seed))
            if versions:
                bits = [_moved(versions, system.signature) for system in systems]
                recall = [float(np.mean(bits[0] <= most)) for most in SHOWN_BITS]
                by_system = {
                    row["name"]: float(np.mean(own <= row["bits"])) for own, row in zip(bits, compared, strict=True)
                }
                yield {
                    "edit": kind, "share": share, "articles": len(versions), "recall": recall, "systems": by_system
                }  # fmt: skip


def _moved(versions: Sequence[tuple[str, str]], signature: Signature) -> npt.NDArray[np.int64]:
    """In how many bits each version differs from its original."""
    signed = np.array([[signature(text) for text in pair] for pair in versions], np.uint64)
    return differing_bits(signed[:, 0], signed[:, 1])


def _drawn(texts: Texts, ours: _System, truth: Truth, size: int, seed: int) -> list[dict[str, Any]]:
    """Pairs of different words whose fingerprints differ in few bits, the nearest first."""
    able = [(bits, pair) for pair, bits in ours.distances.items() if bits <= SHOWN_BITS[-1] and pair not in truth.equal]
    drawn = random.Random(seed).sample(sorted(able), min(size, len(able)))  # noqa: S311 - a sample, no secret
    return [
        {"bits": bits, "wording": truth.wording[pair], "ids": [texts.ids[number] for number in pair]}
        for bits, pair in sorted(drawn)
    ]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _lines(report: dict[str, Any], found: Sequence[Found], truth: Truth) -> Iterator[str]:
    yield (
        f"{report['articles']:,} articles with a fingerprint, {report['too_short']:,} too short for one; "
        f"{len(truth.equal):,} pairs with equal words, {truth.near:,} near-copies"
    )
    yield f"{'bits':>4}{'pairs':>9}{'equal':>9}{'near':>9}{'unrelated':>11}{'precision':>11}{'recall':>8}"
    for row in found:
        mark = " *" if row.bits == MAX_DISTANCE else ""
        yield (
            f"{row.bits:>4}{row.pairs:>9,}{row.equal:>9,}{row.near:>9,}{row.unrelated:>11,}"
            f"{_share(row.near, row.pairs):>11.3f}{_share(row.near, truth.near):>8.3f}{mark}"
        )
    yield f"* what counts as a near-copy in the archive; precision and recall are those of near-copies ({NEAR:.0%})"
    yield from _compared_lines(report["systems"])
    yield from _edit_lines(report["edits"])
    for row in report["pairs"]:
        yield f"{row['bits']:>2}  {row['wording']:.2f}  {row['ids'][0]}  {row['ids'][1]}"


def _compared_lines(systems: Sequence[dict[str, Any]]) -> Iterator[str]:
    yield ""
    yield f"{'':<16}{'bytes':>6}{'µs':>8}{'bits':>6}{'pairs':>8}{'precision':>11}{'recall':>8}"
    for row in systems:
        yield (
            f"{row['name']:<16}{row['bytes']:>6}{row['microseconds']:>8.1f}{row['bits']:>6}{row['pairs']:>8,}"
            f"{row['precision']:>11.3f}{row['recall']:>8.3f}"
        )


def _edit_lines(rows: Sequence[dict[str, Any]]) -> Iterator[str]:
    if not rows:
        return
    peers = [name for name in rows[0]["systems"] if name != OURS]
    yield ""
    yield (
        f"{'found again':<12}{'edited':>7}"
        + "".join(f"{bits:>5}" for bits in SHOWN_BITS)
        + "  bits  "
        + "  ".join(peers)
    )
    for row in rows:
        shares = "".join(f"{each:>5.0%}" for each in row["recall"])
        others = "  ".join(f"{row['systems'][name]:>{len(name)}.0%}" for name in peers)
        yield f"{row['edit']:<12}{row['share']:>7.0%}{shares}{'':>8}{others}".rstrip()
