"""The company of names: which other names stand in the same articles, compared by their sound, whatever the script."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import log, sqrt
from typing import Final

from search.naming.sound import skeletons, sound_of

MAX_KEPT: Final = 100
"""Companions of one name that are compared, the most frequent."""
MAX_HELD: Final = 200
"""Companions of one name that are held while articles are read; the rarest go first."""
MAX_SEEN: Final = 100_000
"""Companions of which a spelling is remembered, to be shown."""
_TELLING: Final = 3
"""Consonants of a companion that is known by them alone; a shorter one is known by its whole sound."""


def companion_key(surface: str) -> str:
    """What a companion is known by in every script."""
    sound = sound_of(surface)
    skeleton = skeletons(sound)[0] if sound else ""
    return skeleton if len(skeleton) >= _TELLING else sound


@dataclass(slots=True)
class Company:
    """The companions of some names, gathered article by article, and which of the names stand together."""

    names: Collection[str]
    companions: dict[str, Counter[str]] = field(default_factory=dict)
    together: Counter[tuple[str, str]] = field(default_factory=Counter)
    seen: dict[str, str] = field(default_factory=dict)
    weights: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, surfaces: Collection[str], pairs: Mapping[str, Iterable[str]]) -> None:
        """Adds an article by the names in it. `pairs` are the names that each is compared with."""
        wanted = [surface for surface in surfaces if surface in self.names]
        if not wanted:
            return
        keys = {companion_key(surface): surface for surface in surfaces}
        for name in wanted:
            own = self.companions.setdefault(name, Counter())
            own.update(keys.keys() - {companion_key(name)})
            if len(own) > MAX_HELD:
                self.companions[name] = Counter(dict(own.most_common(MAX_HELD // 2)))
            self.together.update((name, other) for other in pairs[name] if name < other and other in surfaces)
        if len(self.seen) < MAX_SEEN:
            self.seen.update(keys)

    def compare(
        self, first: str, second: str, frequency: Mapping[str, int], articles: int
    ) -> tuple[float, tuple[str, ...]]:
        """How alike the company of two names is (a cosine), and the companions that count most. `frequency`: articles
        by companion."""
        left, right = (self._weights(name, frequency, articles) for name in (first, second))
        alike = {companion_key(first), companion_key(second)}
        products = {key: left[key] * right[key] for key in left.keys() & right.keys() if key not in alike}
        telling = sorted(products, key=lambda key: (-products[key], key))
        return sum(products.values()), tuple(self.seen.get(key, key) for key in telling[:5])

    def _weights(self, name: str, frequency: Mapping[str, int], articles: int) -> dict[str, float]:
        """The companions of a name that say most, each with its part in a cosine."""
        if name not in self.weights:
            own = self.companions.get(name, Counter())
            found = {
                key: (1.0 + log(count)) * log(1.0 + articles / max(frequency.get(key, 1), 1))
                for key, count in own.items()
            }
            kept = sorted(found, key=lambda key: (-found[key], key))[:MAX_KEPT]
            size = sqrt(sum(found[key] ** 2 for key in kept)) or 1.0
            self.weights[name] = {key: found[key] / size for key in kept}
        return self.weights[name]
