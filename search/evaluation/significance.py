"""Whether a difference between two systems on the same queries could be chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

PERMUTATIONS: Final = 100_000
SEED: Final = 2007
_BLOCK: Final = 2_000
"""Permutations drawn in one step, to bound the memory."""
_SLACK: Final = 1e-12
"""Means that differ by less are equal: the order of summing moves them by as much."""


def paired_randomisation(
    ours: Sequence[float], theirs: Sequence[float], *, permutations: int = PERMUTATIONS, seed: int = SEED
) -> float:
    """The two-sided p-value of Fisher's randomisation test for the means of two systems, query by query.

    If the systems were alike, each query's two scores could as well be the other way round. The p-value is the share of
    such exchanges, drawn at random, that make the means differ at least as much as they do. The observed one is counted
    with them, so that it is never 0. The same arguments give the same value.

    Smucker, Allan, Carterette: "A comparison of statistical significance tests for information retrieval evaluation",
    CIKM 2007, section 2.
    """
    differences = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    observed = abs(float(differences.sum())) - _SLACK * len(differences)
    random = np.random.default_rng(seed)
    as_extreme = 0
    for start in range(0, permutations, _BLOCK):
        shape = min(_BLOCK, permutations - start), len(differences)
        signs = random.integers(0, 2, shape, np.int8) * np.int8(2) - np.int8(1)
        as_extreme += int(np.count_nonzero(np.abs(signs @ differences) >= observed))
    return (as_extreme + 1) / (permutations + 1)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values of several comparisons as they count together: who tries much finds something by chance.

    Holm: "A simple sequentially rejective multiple test procedure", Scandinavian Journal of Statistics 6, 1979.
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for place, at in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, p_values[at] * (len(p_values) - place)))
        adjusted[at] = highest
    return adjusted
